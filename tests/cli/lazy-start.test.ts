/** What a start of the program loads: little, so that `version` and `--help` answer at once. */
import { expect, test } from "vitest";
import { importsOf, packageOf, readSourceTree } from "#kit/source-tree.ts";

const tree = readSourceTree();
/** An import that is loaded with its file: not a type's, not a lazy one. */
const EAGER = /(?:^|\n)(?:import|export)\s(?!type\b)(?:[^"';]*?\sfrom\s+)?["'][^"']+["']/g;

/** Everything that is loaded when `path` is: files of the tree, packages, `node:…`. */
function loadedBy(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const eager = [...(tree.get(path) ?? "").matchAll(EAGER)].map(([text]) => text).join("\n");
  for (const target of importsOf(path, eager)) loadedBy(target, found);
  return found;
}

function librariesOf(path: string): string[] {
  const outside = [...loadedBy(path)].filter((target) => !tree.has(target));
  return outside.map(packageOf).filter((name) => name !== undefined);
}

test("a start loads no library, so that `version` is answered without any", () => {
  expect(loadedBy("src/cli/main.ts")).toContain("src/cli/commands/version.ts");
  expect(librariesOf("src/cli/main.ts")).toEqual([]);
});

test("the command line, and so help, loads commander and nothing else", () => {
  expect(loadedBy("src/cli/program.ts").size).toBeGreaterThan(10);
  expect(librariesOf("src/cli/program.ts")).toEqual(["commander"]);
});

test("loadedBy() sees what an eager import drags in", () => {
  expect(loadedBy("src/cli/commands/run.ts")).toContain("zod");
  expect(loadedBy("src/shared/sqlite.ts")).toContain("libsql");
});
