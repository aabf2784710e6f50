/** P: which tests a change of files is about: those of a suite that changed, and those of suites that name what changed. */
import { extname } from "node:path";
import type { TestKey } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { LoadedFile } from "../run/load-suites.ts";
import { countText, NAMED_MAX } from "./last-failed.ts";

/** How a file changed, by its absolute path: `modified`, `new`, `renamed from a.yaml` … */
export type Changes = ReadonlyMap<string, string>;

export type AffectedInput = {
  readonly suites: readonly LoadedFile[];
  readonly tests: readonly TestDefinition[];
  readonly changes: Changes;
  /** Makes the short form of an absolute path. */
  readonly shown: (path: string) => string;
};

export type Affected = {
  readonly keys: readonly TestKey[];
  /** A line for each changed file that concerns a test, and what it is about. */
  readonly lines: readonly string[];
};

/** These may make tests, or steps of all of them; any other file is used by the tests alone that name it. */
const MAKES_TESTS = new Set([".yaml", ".yml", ".json", ".csv"]);

/** Finds the tests, in their order. */
export function findAffected({ suites, tests, changes, shown }: AffectedInput): Affected {
  const byFile = Map.groupBy(tests, ({ file }) => file);
  const keys = new Set<TestKey>();
  const about = new Map<string, number>();
  for (const suite of suites) {
    for (const path of [suite.path, ...suite.named]) {
      if (!changes.has(path)) continue;
      const concerned = concernedBy(path, suite, byFile.get(suite.file) ?? []);
      for (const { key } of concerned) keys.add(key);
      about.set(path, (about.get(path) ?? 0) + concerned.length);
    }
  }
  const lines = [...about].map(
    ([path, count]) => `  ${shown(path)}: ${changes.get(path)}, ${countText(count)}`,
  );
  const rest = lines.length - NAMED_MAX;
  return {
    keys: tests.filter(({ key }) => keys.has(key)).map(({ key }) => key),
    lines: rest > 0 ? [...lines.slice(0, NAMED_MAX), `  … and ${rest} more files`] : lines,
  };
}

function concernedBy(
  path: string,
  suite: LoadedFile,
  tests: readonly TestDefinition[],
): readonly TestDefinition[] {
  if (path === suite.path || MAKES_TESTS.has(extname(path).toLowerCase())) return tests;
  const users = tests.filter(({ files }) =>
    files.some((file) => path.endsWith(`/${plain(file.path)}`)),
  );
  return users.length === 0 ? tests : users;
}

const plain = (path: string): string => path.replace(/^(\.\/)+/, "");
