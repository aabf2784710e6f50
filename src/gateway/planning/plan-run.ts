/**
 * Pure: from submitted suites to the tests of a run: read, expand, select, mask what names must not show, one test for
 * each node or repetition that is asked for, and of all of them one slice. Refuses with every fault at once.
 */
import { createHash } from "node:crypto";
import type { RunOptions, SubmitRun, SubmittedSuite } from "#proto/api.ts";
import type { RunOrigin } from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";
import { type TextPattern, toTextPattern } from "#shared/pattern/text-pattern.ts";
import { doAtOnce } from "#shared/steps.ts";
import { expandInSteps } from "#suite/expand.ts";
import { forgetDeselected, selectTests } from "#suite/select-tests.ts";
import {
  type Fault,
  faultText,
  type SuiteFile,
  type SuiteFiles,
  TESTS_PER_RUN_MAX,
} from "#suite/source.ts";
import { maskNames, sameKey } from "../mask-names.ts";
import type { SubmitOutcome } from "../service.ts";
import { fanOut } from "./fan-out.ts";
import { withGroupNeeds, withPools } from "./run-needs.ts";

export type Refused = Extract<SubmitOutcome, { kind: "refused" }>;

/** What a plan needs to know of the mesh. */
export type PlanningMesh = {
  /** Names of the nodes that are there and could run the test. */
  readonly nodesFor: (test: TestDefinition) => readonly string[];
  /** Why there is none. */
  readonly whyNodeless: (test: TestDefinition) => string;
};

export type RunPlan = {
  readonly kind: "planned";
  readonly tests: readonly TestDefinition[];
  /** By sha256: what the suites brought with them. */
  readonly files: ReadonlyMap<string, SuiteFile>;
  readonly warnings: readonly string[];
  readonly options: RunOptions;
  /** Absent: the run is all that its suites say. */
  readonly origin?: RunOrigin;
};

/** Plans a run, of all slices together; nothing is written. */
export function planRun(body: SubmitRun, mesh: PlanningMesh): RunPlan | Refused {
  return doAtOnce(planInSteps(body, mesh));
}

/** The same in steps: a run of 100,000 tests takes many seconds of planning. */
export function* planInSteps(
  body: SubmitRun,
  mesh: PlanningMesh,
): Generator<void, RunPlan | Refused> {
  const read = yield* readTests(body);
  yield;
  if (read.kind === "refused") return read;
  const made = fanOut({
    tests: withPools(read.tests, body.options.pool),
    repeatCount: body.options.repeatEach,
    nodesFor: mesh.nodesFor,
  });
  if (made.kind === "too_many") return refusedSize(made.count);
  if (made.kind === "nodeless") return refusedFanOut(made.tests, mesh);
  const same = sameKey(made.tests);
  if (same !== undefined)
    return refused(
      "suite_invalid",
      `Cannot run ${same.file}:${same.line}: two tests are both ${same.key} once the values of secrets in their names are masked; name them for something else`,
    );
  const { keys: _chosen, ...options } = body.options; // Unmasked (K1), and as many as tests.
  return { ...read, tests: withGroupNeeds(made.tests), options };
}

type ReadTests = Pick<RunPlan, "kind" | "tests" | "files" | "warnings">;

function* readTests(body: SubmitRun): Generator<void, ReadTests | Refused> {
  const kept = new Map<string, SuiteFile>();
  const sources = body.suites.map((submitted) => ({
    source: { file: submitted.file, text: submitted.text },
    files: filesOf(submitted, kept),
  }));
  const { options } = body;
  const expanded = yield* expandInSteps(sources, {
    env: body.env,
    secrets: new Set(Object.keys(body.secrets).filter((name) => body.secrets[name] !== "")),
    strict: true,
    retries: options.retries,
    testTimeoutMs: options.testTimeoutMs,
    skipUnsupported: options.skipUnsupported,
    trace: options.trace,
    video: options.video,
    screenshots: options.screenshots,
    har: options.har,
  });
  if (expanded.kind === "refused") return refusedSuites(expanded.faults);
  const grep = readPattern(options.grep);
  if (grep === "invalid")
    return refused(
      "suite_invalid",
      `Cannot use grep ${JSON.stringify(options.grep)}: it is no regular expression`,
    );
  yield;
  const keys = options.keys && new Set<string>(options.keys);
  const chosen = selectTests(expanded.tests, { tags: options.tags, grep, keys });
  const rest = forgetDeselected(chosen, expanded.tests);
  yield;
  const { tests, warnings } = maskNames(rest.tests, body.secrets);
  const told = [...expanded.warnings, ...rest.warnings].map(faultText);
  return { kind: "planned", tests, files: kept, warnings: [...told, ...warnings] };
}

function readPattern(text: string | undefined): TextPattern | "invalid" | undefined {
  if (text === undefined) return undefined;
  try {
    return toTextPattern(new RegExp(text));
  } catch {
    return "invalid"; // RegExp says no in no other way
  }
}

function filesOf(submitted: SubmittedSuite, kept: Map<string, SuiteFile>): SuiteFiles {
  const byPath = new Map(
    submitted.files.map((file) => {
      const bytes = new Uint8Array(Buffer.from(file.base64, "base64"));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return [file.path, { bytes, sha256 }] as const;
    }),
  );
  return (path) => {
    const file = byPath.get(path);
    if (file !== undefined) kept.set(file.sha256, file);
    return file;
  };
}

function refusedSize(count: number): Refused {
  return refused(
    "too_large",
    `Cannot run ${count} tests: each repetition and each node makes one, and a run has at most ${TESTS_PER_RUN_MAX}`,
  );
}

/** Waiting would not help: nobody can say how many tests it would be. */
function refusedFanOut(tests: readonly TestDefinition[], mesh: PlanningMesh): Refused {
  return {
    kind: "refused",
    code: "no_matching_node",
    reason:
      "Cannot run: `each: node` makes one test for each node that is there at submit, and no node is there that could run these tests; --wait-for-nodes does not wait for them",
    faults: tests.map(
      (test) => `${test.file}:${test.line}:1 ${mesh.whyNodeless(test)} (test ${test.key})`,
    ),
  };
}

function refusedSuites(told: readonly Fault[]): Refused {
  const faults = told.filter(({ severity }) => severity === "error");
  return {
    kind: "refused",
    code: "suite_invalid",
    reason: `Cannot run: ${faults.length} fault(s) in the suites`,
    faults: faults.map(faultText),
  };
}

/** A refusal in one sentence. */
export function refused(code: Refused["code"], reason: string): Refused {
  return { kind: "refused", code, reason, faults: [] };
}
