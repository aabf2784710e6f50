import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  historyText,
  mergeHistories,
  readHistoryFile,
  writeHistoryFile,
} from "#cli/history/history-file.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import type { TestHistory } from "#proto/history.ts";
import { TestKey } from "#proto/ids.ts";

const historyOf = (key: string, ...times: readonly number[]): TestHistory => ({
  key: TestKey.parse(key),
  platform: "http",
  outcomes: times.map((wallMs) => ({
    status: "passed",
    durationMs: 1.5,
    wallMs,
    node: "0123456789",
  })),
});

test("what writeHistoryFile() writes, readHistoryFile() reads; the order of the tests does not matter", () => {
  const path = join(temporaryPlace("panoptic-history-"), "h.json");
  const tests = [historyOf("b", 2, 1), historyOf("a", 3)];
  expect(readHistoryFile(path)).toBeUndefined();
  writeHistoryFile(path, tests);
  expect(readHistoryFile(path)).toEqual([historyOf("a", 3), historyOf("b", 2, 1)]);
  expect(readFileSync(path, "utf8")).toBe(historyText([...tests].reverse()));
});

test("mergeHistories() keeps tests that only one side has, and the newest outcomes of both", () => {
  const merged = mergeHistories(
    [historyOf("a", 2, 1), historyOf("b", 1)],
    [historyOf("a", 3, 2), historyOf("c", 9)],
  );
  expect(historyText(merged)).toBe(
    historyText([historyOf("a", 3, 2, 1), historyOf("b", 1), historyOf("c", 9)]),
  );
});

test("a file that cannot be written leaves the old one, and nothing beside it", () => {
  const dir = temporaryPlace("panoptic-history-");
  const path = join(dir, "h.json");
  mkdirSync(path); // a folder cannot be replaced by a file
  expect(() => writeHistoryFile(path, [])).toThrow(/^Cannot write the history .*h\.json: /);
  expect(readdirSync(dir)).toEqual(["h.json"]);
});

test.each([
  ["no JSON", "{", /it is not JSON/],
  ["another format", '{"format":"x","version":1,"tests":[]}', /no file of histories \(format/],
  [
    "a newer version",
    '{"format":"panoptic-history","version":7,"tests":[]}',
    /version 7, this program knows 1/,
  ],
  [
    "an odd outcome",
    '{"format":"panoptic-history","version":1,"tests":[{"key":"a","platform":"web","outcomes":[]}]}',
    /no file of histories \(tests\.0\.outcomes/,
  ],
])("readHistoryFile() refuses %s by the file's name", (_, text, said) => {
  const path = join(temporaryPlace("panoptic-history-"), "odd.json");
  writeFileSync(path, text);
  expect(() => readHistoryFile(path)).toThrow(said);
  expect(() => readHistoryFile(path)).toThrow(/odd\.json/);
});
