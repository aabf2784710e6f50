/** Reads suites of both formats for lint; a suite with errors is refused, since what it means is not known. */
import type { Platform, TestDefinition } from "#proto/test.ts";
import { nativeSteps } from "../convert/native-steps.ts";
import { expandTests } from "../native/expand-tests.ts";
import { companionsOf } from "../native/flow-steps.ts";
import { STEP_FIELDS } from "../native/step.ts";
import { expandOriginal } from "../original/expand-original.ts";
import { readSuite } from "../read-suite.ts";
import { FaultLog } from "../reading/fault-log.ts";
import { type Located, type LocatedMapping, locateJson } from "../reading/located.ts";
import type { Fault, SuiteFiles, SuiteSource } from "../source.ts";
import { type LintStep, type LintSuite, type LintTest, textIn, under } from "./lint-suite.ts";

export type ReadLint =
  | { readonly kind: "read"; readonly suite: LintSuite }
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

const HOOKS = ["beforeAll", "beforeEach", "afterEach", "afterAll"];

/** Reads a suite whole, as `validate` does. */
export function readLint(source: SuiteSource, files: SuiteFiles): ReadLint {
  const log = new FaultLog(source.file);
  const suite = readSuite(source, files, log);
  const common = { file: source.file, text: source.text };
  if (suite?.format === "original") {
    const tests = expandOriginal(suite, { skipUnsupported: true }, log);
    if (!log.hasErrors) return { kind: "read", suite: { ...common, ...originalParts(tests) } };
  }
  if (suite?.format === "native") {
    expandTests(suite, { env: "unread" }, log);
    const { root } = suite.tree;
    if (!log.hasErrors && root?.kind === "mapping")
      return { kind: "read", suite: { ...common, ...nativeParts(root) } };
  }
  return { kind: "refused", faults: log.all };
}

type Parts = Omit<LintSuite, "file" | "text">;

function nativeParts(root: LocatedMapping): Parts {
  const tests = under(root, "tests");
  const held = ["flows", "sessions"].map((key) => under(root, key));
  return {
    format: "native",
    root,
    hooks: HOOKS.flatMap((key) => hookLists(under(root, key))),
    flows: held.flatMap((node) =>
      node?.kind === "mapping" ? node.entries.flatMap(({ value }) => flowLists(value)) : [],
    ),
    tests:
      tests?.kind === "list"
        ? tests.items.flatMap((node) => (node.kind === "mapping" ? [readTest(node, root)] : []))
        : [],
  };
}

/** A list for all tests, or one a platform. */
function hookLists(node: Located | undefined): readonly (readonly LintStep[])[] {
  if (node?.kind === "list") return [readSteps(node)];
  return node?.kind === "mapping" ? node.entries.map(({ value }) => readSteps(value)) : [];
}

/** A flow is a list of steps, or a mapping that has one. */
function flowLists(node: Located): readonly (readonly LintStep[])[] {
  if (node.kind === "list") return [readSteps(node)];
  const steps = under(node, "steps");
  return steps === undefined ? [] : [readSteps(steps)];
}

function readTest(node: LocatedMapping, root: LocatedMapping): LintTest {
  const steps = under(node, "steps");
  const platform = under(node, "platform") ?? under(under(root, "defaults"), "platform");
  return {
    name: textIn(under(node, "name")) ?? "",
    at: { line: node.line, column: node.column },
    platform: platformIn(platform),
    node,
    isSkipped: under(node, "skip") !== undefined,
    steps: steps === undefined ? [] : readSteps(steps),
  };
}

function platformIn(node: Located | undefined): Platform | undefined {
  if (node === undefined) return "web";
  const text = textIn(node);
  return text === "web" || text === "http" ? text : undefined;
}

function readSteps(node: Located): readonly LintStep[] {
  if (node.kind !== "list") return [];
  return node.items.flatMap((item) => (item.kind === "mapping" ? readStep(item) : []));
}

function readStep(node: LocatedMapping): readonly LintStep[] {
  const verb = node.entries.find((entry) => isVerb(entry.key, node));
  if (verb === undefined) return [];
  const beside = node.entries.filter((entry) => entry !== verb);
  const blocks = new Set(["then", "else", "steps", "try", "catch", "finally"]);
  const held = node.entries.filter(({ key }) => blocks.has(key));
  return [
    {
      verb: verb.key,
      args: verb.value,
      at: { line: node.line, column: node.column },
      node,
      beside: beside.filter(({ key }) => STEP_FIELDS.has(key)),
      blocks: held.map(({ value }) => readSteps(value)),
    },
  ];
}

/** What is neither a field of any step nor stands beside the verb that is there. */
function isVerb(key: string, node: LocatedMapping): boolean {
  if (STEP_FIELDS.has(key)) return false;
  return !node.entries.some((other) => other.key !== key && companionsOf(other.key).includes(key));
}

/** Steps of the original format as native ones, at the place of their action. */
function originalParts(tests: readonly TestDefinition[]): Parts {
  return {
    format: "original",
    root: undefined,
    hooks: [],
    flows: [],
    tests: tests.map((test) => ({
      name: test.name,
      at: { line: test.line, column: 1 },
      platform: test.platform,
      node: undefined,
      isSkipped: test.skip !== undefined,
      steps: test.steps.flatMap((step) => {
        const at = { line: step.line, column: step.column ?? 1 };
        return nativeSteps({ ...test, steps: [step] }).flatMap(({ entries }) => {
          const [verb, args] = Object.entries(entries).find(([key]) => !STEP_FIELDS.has(key)) ?? [];
          if (verb === undefined || args === undefined) return [];
          const made = { verb, args: locateJson(args, at), at, node: undefined };
          return [{ ...made, beside: [], blocks: [] }];
        });
      }),
    })),
  };
}
