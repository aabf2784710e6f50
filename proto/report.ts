/** report.json: what people and scripts read when a run is over. Published as a JSON Schema; only ever grows within a schemaVersion. */
import { z } from "zod";
import { ArtifactKind } from "./artifact.ts";
import { ChildSteps, StepStatus } from "./event.ts";
import { Failure } from "./failure.ts";
import { StepPhase } from "./test.ts";

export const REPORT_SCHEMA_VERSION = 1;

/** The `reason` of a run without an end and of its tests without a verdict: in a report they are incomplete and lost. */
export const NOT_ENDED_REASON = "The run has not ended";
/** The `code` of the error of an attempt that runs now. */
export const RUNNING_CODE = "running";

export const Verdict = z.enum(["passed", "failed", "flaky", "skipped", "lost"]);
export type Verdict = z.infer<typeof Verdict>;

export const RunStatus = z.enum(["passed", "failed", "incomplete"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const ReportStep = z.object({
  name: z.string(),
  kind: z.string(),
  status: StepStatus,
  /** Why it was skipped on purpose. */
  reason: z.string().optional(),
  durationMs: z.number().min(0),
  /** Absent: `main`. */
  phase: StepPhase.optional(),
  /** In the test's `file`, 1-based. */
  line: z.number().int().min(1).optional(),
  optional: z.boolean().optional(),
  /** It failed, what follows ran all the same, and the attempt has failed by it. */
  soft: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  error: Failure.optional(),
  /** Of a step that holds others: what became of those. */
  children: ChildSteps.optional(),
});
export type ReportStep = z.infer<typeof ReportStep>;

export const ReportArtifact = z.object({
  name: z.string(),
  kind: ArtifactKind,
  state: z.enum(["stored", "pending", "missing"]),
  reason: z.string().optional(),
  bytes: z.number().int().min(0),
  sha256: z.string().optional(),
  /** Relative to the report's folder. */
  path: z.string().optional(),
});
export type ReportArtifact = z.infer<typeof ReportArtifact>;

export const ReportAttempt = z.object({
  /** As the attempt itself was told; 1 for the first. A gap is one that was lost before anybody heard whether it began. */
  number: z.number().int().min(1),
  status: z.enum(["passed", "failed", "lost", "cancelled"]),
  counted: z.boolean(),
  late: z.boolean(),
  /** The node's name. */
  node: z.string(),
  /** 0-based slot on the node. */
  slot: z.number().int().min(0).optional(),
  /** RFC 3339 UTC in the gateway's clock. */
  startedAt: z.string(),
  durationMs: z.number().min(0),
  error: Failure.optional(),
  warnings: z.array(z.string()).optional(),
  steps: z.array(ReportStep),
  artifacts: z.array(ReportArtifact),
});
export type ReportAttempt = z.infer<typeof ReportAttempt>;

/** Who mends a test that is quarantined, why it is, and until when (RFC 3339). */
export const ReportQuarantine = z.object({
  owner: z.string(),
  reason: z.string(),
  until: z.string(),
});
export type ReportQuarantine = z.infer<typeof ReportQuarantine>;

export const ReportTest = z.object({
  key: z.string(),
  /** What its history goes by, where the key says more (a repetition, a node). */
  historyKey: z.string().optional(),
  name: z.string(),
  suite: z.string(),
  file: z.string(),
  line: z.number().int().min(1),
  platform: z.string(),
  tags: z.array(z.string()),
  verdict: Verdict,
  /** Why it was skipped or lost. */
  reason: z.string().optional(),
  /** It was skipped because of others: too many had failed, or one that it comes after. */
  skippedBy: z.enum(["max_failures", "after_failed"]).optional(),
  /** It is on the quarantine list: its failure is shown, and does not fail the run. */
  quarantined: ReportQuarantine.optional(),
  /** 0 to 1, over its last outcomes (README, "History and flaky tests"); absent: 0. */
  flakiness: z.number().min(0).max(1).optional(),
  attempts: z.array(ReportAttempt),
});
export type ReportTest = z.infer<typeof ReportTest>;

export const ReportNode = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  platform: z.string(),
  slots: z.number().int(),
  labels: z.array(z.string()),
  browsers: z.array(z.string()),
});
export type ReportNode = z.infer<typeof ReportNode>;

export const Totals = z.object({
  planned: z.number().int().min(0),
  passed: z.number().int().min(0),
  failed: z.number().int().min(0),
  flaky: z.number().int().min(0),
  skipped: z.number().int().min(0),
  lost: z.number().int().min(0),
  /** Of `failed` those that are quarantined, and so do not fail the run; absent: none. */
  quarantined: z.number().int().min(0).optional(),
});
export type Totals = z.infer<typeof Totals>;

/** One of several static slices, with what `merge` must know of the others. */
export const ReportShard = z.object({
  /** 1-based. */
  index: z.number().int().min(1),
  count: z.number().int().min(1),
  /** What all slices of one build share and no other has. */
  build: z.string().optional(),
  /** sha256 of the whole slicing, hexadecimal: equal for slices that belong together. */
  plan: z.string(),
  /** The keys of each slice's tests, the first slice's first. */
  slices: z.array(z.array(z.string())),
  /** The suite files by the names of the suites. */
  files: z.record(z.string(), z.string()),
});
export type ReportShard = z.infer<typeof ReportShard>;

/** Where a run's tests come from, when they are not all of its suites'. */
export const RunOrigin = z.object({
  shard: ReportShard.optional(),
  /** The run whose tests run again. */
  rerunOf: z.string().optional(),
});
export type RunOrigin = z.infer<typeof RunOrigin>;

export const Report = z.object({
  schemaVersion: z.literal(REPORT_SCHEMA_VERSION),
  run: z.object({
    id: z.string(),
    status: RunStatus,
    exitCode: z.number().int(),
    /** Why it is incomplete: cancelled, out of time … */
    reason: z.string().optional(),
    startedAt: z.string(),
    durationMs: z.number().min(0),
    shard: ReportShard.optional(),
    /** The runs of the slices that were merged, one a slice that was there. */
    mergedFrom: z.array(z.string()).optional(),
    rerunOf: z.string().optional(),
  }),
  totals: Totals,
  nodes: z.array(ReportNode),
  tests: z.array(ReportTest),
});
export type Report = z.infer<typeof Report>;
