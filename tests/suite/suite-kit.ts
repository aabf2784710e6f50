/** What the tests of the suite reader share: suites as text, files in memory. */
import { createHash } from "node:crypto";
import type { Json } from "#proto/matcher.ts";
import { Step } from "#proto/step.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { fillTemplate } from "#shared/template.ts";
import { type ExpandOptions, expandSuites } from "#suite/expand.ts";
import { type Fault, faultText, type SuiteFile, type SuiteFiles } from "#suite/source.ts";

/** A file of the suite's folder, as it would be read from disk. */
export function fileOf(content: string | Uint8Array): SuiteFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Looks files up in memory. */
export function filesOf(files: { readonly [path: string]: string | Uint8Array }): SuiteFiles {
  return (path) => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined;
    return content === undefined ? undefined : fileOf(content);
  };
}

export type ExpandInput = Partial<Omit<ExpandOptions, "secrets">> & {
  readonly file?: string;
  readonly secrets?: readonly string[];
  readonly files?: { readonly [path: string]: string | Uint8Array };
};

/** Expands one suite as `run` would. */
export function expandText(text: string, input: ExpandInput = {}) {
  const { file = "suite.yaml", files = {}, secrets = ["P"], ...options } = input;
  return expandSuites([{ source: { file, text }, files: filesOf(files) }], {
    env: {},
    strict: true,
    ...options,
    secrets: new Set(secrets),
  });
}

/** The tests of a suite that is right. */
export function testsOf(text: string, input: ExpandInput = {}): readonly TestDefinition[] {
  const outcome = expandText(text, input);
  if (outcome.kind === "refused") throw new Error(outcome.faults.map(faultText).join("\n"));
  return outcome.tests;
}

/** The only test of a suite that is right. */
export function testOf(text: string, input: ExpandInput = {}): TestDefinition {
  const [test, ...others] = testsOf(text, input);
  if (test === undefined || others.length > 0)
    throw new Error(`Expected one test, found ${others.length + (test === undefined ? 0 : 1)}`);
  return test;
}

/** The errors of a suite that is wrong. */
export function errorsOf(text: string, input: ExpandInput = {}): readonly Fault[] {
  const outcome = expandText(text, input);
  return outcome.kind === "refused"
    ? outcome.faults.filter((fault) => fault.severity === "error")
    : [];
}

/** The errors as `LINE:COLUMN message`. */
export function errorLines(text: string, input: ExpandInput = {}): readonly string[] {
  return errorsOf(text, input).map((fault) => `${fault.line}:${fault.column} ${fault.message}`);
}

/** One step of a test of a platform, written in YAML's flow style. */
export function stepOf(
  platform: "web" | "http",
  step: string,
  input: ExpandInput = {},
): PlannedStep {
  const [planned] = testOf(suiteWithStep(platform, step), input).steps;
  if (planned === undefined) throw new Error("Expected a step");
  return planned;
}

/** A suite of one test of one step, which starts at line 9, column 9. */
export function suiteWithStep(platform: "web" | "http", step: string): string {
  return [
    "name: s",
    "secrets: [P]",
    "vars: { n: 5, list: [a, b], path: /x }",
    "tests:",
    "  - name: t",
    `    platform: ${platform}`,
    "    data: [{ id: 7, text: '12' }]",
    "    steps:",
    `      - ${step}`,
    "",
  ].join("\n");
}

const NODE_VALUES: { readonly [scope: string]: Json } = {
  saved: 205,
  secrets: "secret",
  run: "run-1",
  attempt: 1,
};

/** What a driver gets: node-side names filled in and parsed. */
export function finishedStep(step: PlannedStep): Step {
  const args = fillTemplate(step.args, (scope) => NODE_VALUES[scope]);
  return Step.parse({ kind: step.verb ?? step.kind, ...(args as { [key: string]: Json }) });
}
