/** The source tree keeps the laws of the README; the laws themselves are in tests/kit/tidy-laws.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, readSourceTree, type SourceTree } from "#kit/source-tree.ts";
import {
  bannedWords,
  headless,
  longFiles,
  lostHops,
  lostNames,
  reservedUses,
  secondDoors,
  strayImports,
  unusedFiles,
} from "#kit/tidy-laws.ts";

const tree = readSourceTree();
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

/** What a law says of the tree with one more file, beyond what it says of the tree. */
function found(law: (of: SourceTree) => string[], path: string, text: string): string[] {
  const before = new Set(law(tree));
  return law(new Map([...tree, [path, text]])).filter((fault) => !before.has(fault));
}

describe("the tree", () => {
  test("is read: an empty tree would keep every law", () => expect(tree.size).toBeGreaterThan(100));
  test("imports only along the law of dependencies", () => expect(strayImports(tree)).toEqual([]));
  test("has one door for each library", () => expect(secondDoors(tree)).toEqual([]));
  test("has no file of more than 300 lines", () => expect(longFiles(tree)).toEqual([]));
  test("has no file that nobody uses", () => expect(unusedFiles(tree)).toEqual([]));
  test("uses the words of the README", () => expect(bannedWords(tree)).toEqual([]));
  test("has a header in every file", () => expect(headless(tree)).toEqual([]));
  test("has no header that names what is gone", () => expect(lostNames(tree)).toEqual([]));
  test("reads clocks, environment and runtimes in one place each", () =>
    expect(reservedUses(tree)).toEqual([]));
  test("has every file and function of the ten hops", () =>
    expect(lostHops(tree, readme)).toEqual([]));
});

describe("the laws find what is planted", () => {
  test("strayImports() finds gateway and node meeting", () => {
    const path = "src/gateway/scheduler/planted.ts";
    const text = '/** P */\nimport { startNode } from "#node/node.ts";\n';
    expect(found(strayImports, path, text)).toEqual([`${path} -> src/node/node.ts`]);
  });
  test("strayImports() finds an import of the CLI by a relative path and a lazy one", () => {
    const path = "src/shared/planted.ts";
    const text = '/** P */\nimport "../cli/main.ts";\nconst x = await import("#suite/load.ts");\n';
    expect(found(strayImports, path, text)).toEqual([
      `${path} -> src/cli/main.ts`,
      `${path} -> src/suite/load.ts`,
    ]);
  });
  test("secondDoors() finds a second door, also to a part of a library and to an unknown one", () => {
    const path = "src/gateway/scheduler/planted.ts";
    const text =
      '/** P */\nimport { Hono } from "hono/tiny";\nimport type {\n  A,\n} from "libsql";\nimport x from "left-pad";\nconst y = require("yaml");\n';
    expect(found(secondDoors, path, text)).toEqual([
      `${path} -> hono`,
      `${path} -> libsql`,
      `${path} -> left-pad`,
      `${path} -> yaml`,
    ]);
  });
  test("longFiles() finds 301 lines and allows 300", () => {
    expect(found(longFiles, "src/planted.ts", "x\n".repeat(301))).toEqual(["src/planted.ts"]);
    expect(found(longFiles, "src/planted.ts", "x\n".repeat(300))).toEqual([]);
  });
  test("unusedFiles() finds a file that nobody imports", () => {
    expect(found(unusedFiles, "src/node/planted.ts", "/** P */\n")).toEqual([
      "src/node/planted.ts",
    ]);
  });
  test("bannedWords() finds another word in a name, not in a comment or a text", () => {
    const text =
      '/** A worker of others. */\nconst workerCount = 1; // a job\nconst said = "task";\n';
    expect(found(bannedWords, "src/node/planted.ts", text)).toEqual([
      "src/node/planted.ts: workerCount",
    ]);
  });
  test("headless() finds a file without a header", () => {
    expect(found(headless, "src/planted.ts", "export const x = 1;\n")).toEqual(["src/planted.ts"]);
  });
  test("lostNames() finds a header that names what is gone", () => {
    expect(found(lostNames, "src/planted.ts", "/** As `plantedAndGone` does. */\n")).toEqual([
      "src/planted.ts: plantedAndGone",
    ]);
  });
  test("reservedUses() finds the clock, the environment and a runtime", () => {
    const text = "/** P */\nDate.now();\nprocess.env;\nBun.sleep(1);\n";
    expect(found(reservedUses, "src/planted.ts", text)).toHaveLength(3);
  });
  test("lostHops() finds a function that is gone and a hop that is missing", () => {
    const text = "## The run in ten hops\n1. `src/cli/commands/run.ts:plantedAndGone`\n## Next\n";
    expect(lostHops(tree, text)).toEqual([
      "src/cli/commands/run.ts:plantedAndGone",
      "1 hops instead of 10",
    ]);
  });
});
