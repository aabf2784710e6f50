/** A test as it travels: expanded, normalised, with everything a node needs but the values of secrets. */
import { z } from "zod";
import { BrowserArgs } from "./browser-context.ts";
import { EvidencePolicy, WebOptions } from "./evidence.ts";
import { Sha256, TestKey } from "./ids.ts";
import { Json } from "./matcher.ts";
import { Schedule } from "./schedule.ts";
import { NESTED_STEPS_MAX, STEP_DEPTH_MAX } from "./steps/flow.ts";
import { TlsArgs } from "./tls.ts";

export const Platform = z.enum(["web", "http"]);
export type Platform = z.infer<typeof Platform>;

/** Where a step or a test stands in the file that a person wrote; line and column are 1-based. */
export const Place = z.object({
  file: z.string(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
});
export type Place = z.infer<typeof Place>;

export const StepPhase = z.enum(["before", "main", "after"]);
export type StepPhase = z.infer<typeof StepPhase>;

/** A further action inside a planned step: a picture after it, a film during it. */
export const StepPart = z.object({
  /** A verb of proto/step.ts. */
  verb: z.string(),
  args: z.record(z.string(), Json),
});
export type StepPart = z.infer<typeof StepPart>;

/** One planned step; its index in `TestDefinition.steps` is its identity within the test. */
export type PlannedStep = {
  readonly name: string;
  readonly kind: string;
  readonly verb?: string | undefined;
  readonly phase: StepPhase;
  readonly timeoutMs?: number | undefined;
  readonly optional?: boolean | undefined;
  readonly soft?: boolean | undefined;
  readonly file?: string | undefined;
  readonly line: number;
  readonly column: number;
  readonly args: Record<string, Json>;
  readonly around?: { readonly before: StepPart[]; readonly after: StepPart[] } | undefined;
  readonly skip?: string | undefined;
  readonly blocks?: Record<string, PlannedStep[]> | undefined;
};
export const PlannedStep: z.ZodType<PlannedStep> = z.object({
  /** The person's `name`, else a short text made of verb and target. */
  name: z.string().max(500),
  /** The verb as the person wrote it. */
  kind: z.string(),
  /** The verb of proto/step.ts, where the person's format has another word for it. */
  verb: z.string().optional(),
  phase: StepPhase,
  /** Own bound in milliseconds; absent: the test's `stepTimeoutMs`. */
  timeoutMs: z.number().min(0).optional(),
  optional: z.boolean().optional(),
  /** Its failure is an attempt's failure, and does not keep what follows from running. */
  soft: z.boolean().optional(),
  /** The file in which it stands, where that is not the test's. */
  file: z.string().optional(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
  /** The normal form of proto/step.ts without `kind`; strings may hold node-side `${…}` (see there). */
  args: z.record(z.string(), Json),
  /** Performed as parts of the step, each within the step's bound: `before` it, and `after` it when it passed. */
  around: z
    .object({ before: z.array(StepPart).max(10), after: z.array(StepPart).max(10) })
    .optional(),
  /** Why it is not executed (`--skip-unsupported`): its status is skipped, and the next one runs. */
  skip: z.string().max(1000).optional(),
  /** The steps inside a step of proto/steps/flow.ts, by block: `then`, `else`, `steps` … */
  blocks: z.lazy(() => z.record(z.string(), z.array(PlannedStep))).optional(),
});

/** What a node must be. Expressions: `chromium >= 120`, `linux`, `>= 8`; read by src/shared/capability.ts. */
export const NodeTraits = z.object({
  /** `chromium`, `chromium >= 120`; a web test without it needs any browser. */
  browser: z.string().optional(),
  /** `linux`, `darwin`, `windows`. */
  os: z.string().optional(),
  /** `x64`, `arm64`. */
  arch: z.string().optional(),
  /** Processors: `>= 4`. */
  cpus: z.string().optional(),
  /** `>= 8 GB`. */
  memory: z.string().optional(),
  /** Name of one node. */
  node: z.string().optional(),
  labels: z.array(z.string()).default([]),
});
export type NodeTraits = z.infer<typeof NodeTraits>;

const OwnNeeds = NodeTraits.extend({
  /** The pool whose nodes alone may run it; absent: the run's, else `default`. */
  pool: z.string().optional(),
  /** A node that has any of these may not run it. */
  not: NodeTraits.optional(),
});

/** The most different needs that the tests of one group may have. */
export const GROUP_NEEDS_MAX = 20;

export const Needs = OwnNeeds.extend({
  /** What the others of its group need, where that is something else: all of them run on one node. */
  also: z
    .array(OwnNeeds.extend({ platform: Platform }))
    .max(GROUP_NEEDS_MAX)
    .optional(),
});
export type Needs = z.infer<typeof Needs>;

export const Viewport = z.object({
  width: z.number().int().min(1).max(10_000),
  height: z.number().int().min(1).max(10_000),
  touch: z.boolean(),
});
export type Viewport = z.infer<typeof Viewport>;

/** A file that travels with the run as a blob. */
export const TestFile = z.object({
  /** Relative to the suite's folder, with forward slashes, never leaving it. */
  path: z.string().min(1),
  sha256: Sha256,
  bytes: z.number().int().min(0),
});
export type TestFile = z.infer<typeof TestFile>;

/** Whoever runs steps inside steps may rely on this bound. */
function isNestedWithin(steps: readonly PlannedStep[]): boolean {
  let count = -steps.length;
  let level = steps;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (depth > STEP_DEPTH_MAX || count > NESTED_STEPS_MAX) return false;
    level = level.flatMap(({ blocks }) => Object.values(blocks ?? {}).flat());
  }
  return true;
}

export const TestDefinition = z.object({
  key: TestKey,
  /** The name of its history, where the key has more (a repetition, a node); absent: the key. */
  historyKey: TestKey.optional(),
  name: z.string(),
  suite: z.string(),
  /** The suite file as the person named it. */
  file: z.string(),
  line: z.number().int().min(1),
  tags: z.array(z.string()),
  platform: Platform,
  /** Bound of one attempt, milliseconds. */
  timeoutMs: z.number().min(1),
  /** Bound of one step or expectation, milliseconds. */
  stepTimeoutMs: z.number().min(1),
  /** Further attempts after test failures. */
  retries: z.number().int().min(0),
  baseUrl: z.string().optional(),
  viewport: Viewport,
  /** Absent: the defaults of proto/evidence.ts. */
  evidence: EvidencePolicy.optional(),
  /** Absent: the defaults of proto/evidence.ts. */
  web: WebOptions.optional(),
  /** Absent: the context is as the device and the browser have it. */
  browser: BrowserArgs.optional(),
  /** How requests make TLS, unless a step says otherwise; absent: as usual. */
  tls: TlsArgs.optional(),
  needs: Needs,
  /** Absent: nothing is said. */
  schedule: Schedule.optional(),
  /** The reason why it is not run; absent: it runs. */
  skip: z.string().optional(),
  steps: z.array(PlannedStep).refine(isNestedWithin, "too many steps inside steps"),
  files: z.array(TestFile),
  /** Names of the secrets that its steps refer to or that the suite declares. */
  secrets: z.array(z.string()),
});
export type TestDefinition = z.infer<typeof TestDefinition>;
