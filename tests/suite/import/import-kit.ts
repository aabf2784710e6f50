/** What the tests of import share: files as text, the steps that they come to, the real reader as judge. */
import { importFile } from "#suite/import/import-file.ts";
import { loadSuite } from "#suite/load.ts";
import { FaultLog } from "#suite/reading/fault-log.ts";
import { jsonOf } from "#suite/reading/located.ts";
import { parseYamlTree } from "#suite/reading/yaml-tree.ts";
import { faultText } from "#suite/source.ts";
import { fileOf } from "../suite-kit.ts";

type Suite = {
  readonly secrets?: readonly string[];
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly beforeEach?: readonly unknown[];
  readonly afterEach?: readonly unknown[];
  readonly serial?: boolean;
  readonly tests: ReadonlyArray<{
    readonly name: string;
    readonly steps: readonly unknown[];
    readonly [field: string]: unknown;
  }>;
};

export type Outcome = {
  readonly text: string;
  readonly suite: Suite;
  /** `LINE what (why)`. */
  readonly missing: readonly string[];
  readonly advice: readonly string[];
};

/** Imports a file, and lets the real reader read what came of it. @throws {Error} when either refuses. */
export function imported(
  text: string,
  files: Readonly<Record<string, string>> = {},
  file = "script.spec.ts",
): Outcome {
  const outcome = importFile({ file, text }, undefined, (path) => files[path]);
  if (outcome.kind === "refused") throw new Error(outcome.faults.map(faultText).join("\n"));
  const loaded = loadSuite({ file: "s.yaml", text: outcome.text }, () => fileOf("{}"));
  if (loaded.kind === "refused")
    throw new Error(`${loaded.faults.map(faultText).join("\n")}\n${outcome.text}`);
  const root = parseYamlTree(outcome.text, new FaultLog("s.yaml")).root;
  return {
    text: outcome.text,
    suite: (root === undefined ? {} : jsonOf(root)) as Suite,
    missing: outcome.missing.map(
      ({ file: named, line, what, why }) =>
        `${named === undefined ? "" : `${named}:`}${line} ${what} (${why})`,
    ),
    advice: outcome.advice.map(({ line, text: said }) => `${line} ${said}`),
  };
}

/** The faults of a file that is refused. @throws {Error} when it is not. */
export function refusedFaults(text: string, file = "script.spec.ts"): readonly string[] {
  const outcome = importFile({ file, text }, undefined, () => undefined);
  if (outcome.kind === "refused") return outcome.faults.map(faultText);
  throw new Error(`Imported:\n${outcome.text}`);
}

/** A test file with these lines as its only test; the first stands on line 3. */
export function scriptOf(...lines: readonly string[]): string {
  return [
    "import { test, expect, devices } from '@playwright/test';",
    "test('t', async ({ page, context, request }) => {",
    ...lines,
    "});",
    "",
  ].join("\n");
}

/** The steps of lines of a script. */
export function stepsOf(...lines: readonly string[]): readonly unknown[] {
  return imported(scriptOf(...lines)).suite.tests[0]?.steps ?? [];
}

/** A flow with these commands; the first stands on line 3. */
export function flowOf(...lines: readonly string[]): string {
  return ["url: http://shop.test", "---", ...lines, ""].join("\n");
}

/** The steps of commands of a flow. */
export function flowSteps(...lines: readonly string[]): readonly unknown[] {
  return imported(flowOf(...lines), {}, "flow.yaml").suite.tests[0]?.steps ?? [];
}
