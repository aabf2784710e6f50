/** A file of histories: read with every bound checked, written whole or not at all, one test a line. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { z } from "zod";
import { mergeOutcomes } from "#gateway/history/outcomes.ts";
import { HISTORY_TESTS_MAX, HistoryFile, type TestHistory } from "#proto/history.ts";
import { MeshError, messageOf } from "#shared/errors.ts";

/** 200,000 tests with 20 outcomes each are below it. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;
const ISSUES_SHOWN_MAX = 5;

/**
 * Reads a file; undefined when there is none.
 *
 * @throws {MeshError} `usage` when it cannot be read, is too large, or is no file of histories that this program knows.
 */
export function readHistoryFile(path: string): readonly TestHistory[] | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, `it is not JSON (${messageOf(cause)})`, cause);
  }
  const version = z.object({ version: z.number() }).safeParse(json).data?.version ?? 1;
  if (version > 1) throw unreadable(path, `it is of version ${version}, this program knows 1`);
  const parsed = HistoryFile.safeParse(json);
  if (parsed.success) return parsed.data.tests;
  const issues = parsed.error.issues
    .slice(0, ISSUES_SHOWN_MAX)
    .map(({ path: at, message }) => `${at.map(String).join(".") || "its root"}: ${message}`);
  throw unreadable(path, `it is no file of histories (${issues.join("; ")})`);
}

function readText(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isFile()) throw unreadable(path, "it is no plain file");
    if (stat.size > FILE_BYTES_MAX)
      throw unreadable(path, `it has ${stat.size} bytes, at most ${FILE_BYTES_MAX} are read`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw unreadable(path, messageOf(cause), cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): MeshError {
  return new MeshError("usage", `Cannot read the history ${path}: ${why}`, { cause });
}

/** The file's text, by key and platform: the same histories are the same text. Of too many tests the newest are kept. */
export function historyText(tests: readonly TestHistory[]): string {
  const lines = newestTests(tests)
    .toSorted(byName)
    .map((test) => JSON.stringify(test));
  return `{"format":"panoptic-history","version":1,"tests":[\n${lines.join(",\n")}\n]}\n`;
}

function newestTests(tests: readonly TestHistory[]): readonly TestHistory[] {
  if (tests.length <= HISTORY_TESTS_MAX) return tests;
  const lastMs = ({ outcomes }: TestHistory) => outcomes[0]?.wallMs ?? 0;
  return tests.toSorted((a, b) => lastMs(b) - lastMs(a)).slice(0, HISTORY_TESTS_MAX);
}

function byName(a: TestHistory, b: TestHistory): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.platform < b.platform ? -1 : 1;
}

/** Puts the file in its place when it is written whole; whoever reads it sees the old one or the new one. @throws {MeshError} `usage` */
export function writeHistoryFile(path: string, tests: readonly TestHistory[]): void {
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(fresh, historyText(tests));
    const file = openSync(fresh, "r");
    fsyncSync(file);
    closeSync(file);
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw new MeshError("usage", `Cannot write the history ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Both, with the newest outcomes of each test. */
export function mergeHistories(
  known: readonly TestHistory[],
  more: readonly TestHistory[],
): TestHistory[] {
  const merged = new Map(known.map((test) => [`${test.platform} ${test.key}`, test]));
  for (const test of more) {
    const name = `${test.platform} ${test.key}`;
    const before = merged.get(name);
    const outcomes = mergeOutcomes(before?.outcomes ?? [], test.outcomes);
    merged.set(name, { ...test, outcomes });
  }
  return [...merged.values()];
}
