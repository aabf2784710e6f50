import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyValueText } from "#suite/test-key.ts";
import { finishedStep, testsOf } from "./suite-kit.ts";

const FOLDER = join(import.meta.dirname, "fixtures/good");
const MARK = "# KEY: ";

const GOOD_FILES = {
  "rows.csv": '\uFEFFid, first name ,file\r\n001,Ann,a.png\r\n\r\n002,"Bob, Jr",b.png\r\n',
  "rows.json": '[{ "user": { "name": "Ann ${vars.x}" }, "file": "a.png" }]',
  "a.png": "a",
  "b.png": "b",
};

const read = (file: string) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  return {
    text,
    tests: testsOf(text, {
      file: `some/folder/${file}`,
      files: GOOD_FILES,
      secrets: ["SHOP_PASSWORD", "TOKEN"],
    }),
  };
};

test.each(readdirSync(FOLDER))(
  "%s: expands to its keys, and every step can be performed",
  (file) => {
    const { text, tests } = read(file);
    const hashed = (key: string) => key.replaceAll(/=[0-9a-f]{8}(?=[,\]])/g, "=HASH");
    const marks = text
      .split("\n")
      .flatMap((line) => (line.trim().startsWith(MARK) ? [line.trim().slice(MARK.length)] : []));
    if (!file.endsWith(".json"))
      expect(tests.map((one) => hashed(one.key))).toEqual(marks.map(hashed));
    for (const one of tests) for (const step of one.steps) finishedStep(step);
  },
);

test("values.yaml: static names are filled in with their types, what the node knows stays", () => {
  const [one] = read("values.yaml").tests;
  expect(one).toMatchObject({
    baseUrl: "http://127.0.0.1:4400",
    timeoutMs: 5000,
    retries: 2,
    needs: { labels: ["lab-2"] },
    tags: ["127.0.0.1", "n2"],
    secrets: ["TOKEN"],
  });
  expect(one?.steps[0]).toMatchObject({ timeoutMs: 5000, line: 22, column: 9 });
  expect(one?.steps[0]?.args).toMatchObject({
    body: {
      value: { all: ["a", "b"], text: '["a","b"]!', literal: "$${vars.many}", who: "127.0.0.1" },
    },
    auth: { bearer: "${secrets.TOKEN}" },
  });
});

test("hooks.yaml: steps around a test are planned with it, by platform or for all", () => {
  const [page, api] = read("hooks.yaml").tests;
  const planned = (one: typeof page) =>
    one?.steps.map((step) => `${step.phase} ${step.kind} line ${step.line}`);
  expect(planned(page)).toEqual([
    "before goto line 2",
    "main click line 9",
    "after request line 4",
  ]);
  expect(planned(api)).toEqual([
    "before request line 2",
    "main expect line 12",
    "after request line 4",
  ]);
  expect(page?.steps[2]?.args["body"]).toEqual({
    kind: "json",
    value: { run: "${run.id}", attempt: "${attempt.number}" },
  });
});

test("matrix-fields.yaml: a matrix key that is a field of a test sets that field", () => {
  const { tests } = read("matrix-fields.yaml");
  expect(tests.slice(0, 4).map((one) => [one.platform, one.retries])).toEqual([
    ["web", 0],
    ["web", 2],
    ["http", 0],
    ["http", 2],
  ]);
  expect(
    tests.slice(4, 8).map((one) => [one.viewport.width, one.viewport.touch, one.timeoutMs]),
  ).toEqual([
    [390, true, 5000],
    [390, true, 100],
    [800, false, 5000],
    [800, false, 100],
  ]);
  expect(tests.at(-1)).toMatchObject({ name: "bob" });
});

test("files.yaml: files travel with the tests that name them, and their text is only text", () => {
  const [first, second, third] = read("files.yaml").tests;
  expect(first?.files.map((file) => file.path)).toEqual(["a.png"]);
  expect(second?.files).toMatchObject([{ path: "b.png", bytes: 1 }]);
  expect(first?.steps[0]?.args).toMatchObject({ url: "http://127.0.0.1/001" });
  expect(third?.steps[1]?.args["value"]).toBe("Ann $${vars.x}");
});

test("json-suite.json: JSON is read as it is", () => {
  const [one] = read("json-suite.json").tests;
  expect(one).toMatchObject({ key: "json › unicode 😀 and /", line: 5 });
});

test("yaml-features.yaml: merge keys, aliases and blocks are YAML 1.2", () => {
  const [aliased, merged] = read("yaml-features.yaml").tests;
  expect(aliased?.steps.map((step) => step.line)).toEqual([6, 7]);
  expect(merged).toMatchObject({ timeoutMs: 7000, tags: ["merged"] });
  expect(merged?.steps.map((step) => step.args["js"] ?? step.args["value"])).toEqual([
    "(() => {\n  return 1;\n})()\n",
    "1 + 1",
    "0x1F",
    "yes",
  ]);
});

test("keyValueText() hashes what is long or nested, whatever the order of keys", () => {
  expect(keyValueText({ a: 1, b: [2] })).toBe(keyValueText({ b: [2], a: 1 }));
  expect(keyValueText("x".repeat(61))).toMatch(/^[0-9a-f]{8}$/);
  expect(keyValueText("😀".repeat(60))).toBe("😀".repeat(60));
});
