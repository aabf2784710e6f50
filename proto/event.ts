/** Events: facts that a node reports, numbered per node store; the only way results travel (E1 to E6). */
import { z } from "zod";
import { ArtifactNote } from "./artifact.ts";
import { Failure } from "./failure.ts";
import { LeaseId, MeshId, NodeId, StoreId } from "./ids.ts";

export const StepStatus = z.enum(["passed", "failed", "skipped", "lost"]);
export type StepStatus = z.infer<typeof StepStatus>;

/** Why an attempt is lost, or was cancelled. */
export const LossCode = z.enum([
  "browser_crash",
  "crashed",
  "disk_full",
  "node_stopped",
  "drained",
  "driver_fault",
  "event_rejected",
  "file_missing",
]);
export type LossCode = z.infer<typeof LossCode>;

export const AttemptStarted = z.object({
  kind: z.literal("attempt_started"),
  leaseId: LeaseId,
  attemptNumber: z.number().int().min(1),
  /** 0-based slot on the node. */
  slotIndex: z.number().int().min(0),
  /** The node's wall clock, milliseconds. */
  wallMs: z.number(),
});
export type AttemptStarted = z.infer<typeof AttemptStarted>;

/** The most outcomes of steps inside a step that one event names. */
export const CHILDREN_MAX = 200;

/** What became of a step inside a step. */
export const ChildStep = z.object({
  name: z.string(),
  kind: z.string(),
  status: StepStatus,
  durationMs: z.number().min(0),
  /** Levels of steps around it, below the planned step; 0: it stands directly in it. */
  depth: z.number().int().min(0).optional(),
  /** The block that it stands in: `then`, `catch` …; absent: `steps`. */
  block: z.string().optional(),
  /** Which round of the loop around it, from 1. */
  iteration: z.number().int().min(1).optional(),
  /** Where it stands in a file other than the test's. */
  file: z.string().optional(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
  optional: z.boolean().optional(),
  soft: z.boolean().optional(),
  /** What was seen, of a condition that did not hold. */
  note: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  error: Failure.optional(),
});
export type ChildStep = z.infer<typeof ChildStep>;

/** Outcomes of steps inside a step that are not named one by one. */
export const ChildCount = z.object({
  name: z.string(),
  status: StepStatus,
  count: z.number().int().min(1),
});
export type ChildCount = z.infer<typeof ChildCount>;

/** What became of the steps inside a step: in the order in which they began, then what is only counted. */
export const ChildSteps = z.object({
  told: z.array(ChildStep).max(CHILDREN_MAX),
  counted: z.array(ChildCount).max(CHILDREN_MAX).optional(),
});
export type ChildSteps = z.infer<typeof ChildSteps>;

export const StepEnded = z.object({
  kind: z.literal("step_ended"),
  leaseId: LeaseId,
  /** Index in the test definition's `steps`. */
  stepIndex: z.number().int().min(0),
  status: StepStatus,
  durationMs: z.number().min(0),
  /** It failed and what follows ran all the same; the attempt has failed by it. */
  soft: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  error: Failure.optional(),
  /** Of a step that holds others. */
  children: ChildSteps.optional(),
});
export type StepEnded = z.infer<typeof StepEnded>;

export const ArtifactFound = z.object({
  kind: z.literal("artifact_found"),
  leaseId: LeaseId,
  artifact: ArtifactNote,
});
export type ArtifactFound = z.infer<typeof ArtifactFound>;

export const AttemptEnded = z.object({
  kind: z.literal("attempt_ended"),
  leaseId: LeaseId,
  status: z.enum(["passed", "failed", "lost", "cancelled"]),
  durationMs: z.number().min(0),
  error: Failure.optional(),
  loss: LossCode.optional(),
  warnings: z.array(z.string()).optional(),
});
export type AttemptEnded = z.infer<typeof AttemptEnded>;

export const NodeEvent = z.discriminatedUnion("kind", [
  AttemptStarted,
  StepEnded,
  ArtifactFound,
  AttemptEnded,
]);
export type NodeEvent = z.infer<typeof NodeEvent>;

export const NumberedEvent = z.object({
  /** 1, 2, 3 … per store, without a gap. */
  number: z.number().int().min(1),
  /** Kept unread until it is its turn, so that one that the gateway cannot accept is rejected alone (E5). */
  event: z.unknown(),
});
export type NumberedEvent = z.infer<typeof NumberedEvent>;

export const EventBatch = z.object({
  meshId: MeshId,
  nodeId: NodeId,
  storeId: StoreId,
  events: z.array(NumberedEvent).min(1).max(5000),
});
export type EventBatch = z.infer<typeof EventBatch>;

export const EventReply = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("confirmed"), number: z.number().int().min(0) }),
  z.object({
    kind: z.literal("refused"),
    code: z.enum(["foreign_mesh", "unreadable", "not_ready"]),
    reason: z.string(),
  }),
]);
export type EventReply = z.infer<typeof EventReply>;

/** Nice to see and may be lost. */
export const LiveNote = z.object({ leaseId: LeaseId, text: z.string().max(4000) });
export type LiveNote = z.infer<typeof LiveNote>;
