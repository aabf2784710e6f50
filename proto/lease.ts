/** Offers, recalls, cancels and drains: everything the gateway asks of a node about leases (L1 to L5). */
import { z } from "zod";
import { BASELINES_PER_TEST_MAX, BaselineFile } from "./baseline.ts";
import { BootId, Epoch, LeaseId, MeshId, RunId } from "./ids.ts";
import { TestDefinition } from "./test.ts";

export const HeldLease = z.object({
  leaseId: LeaseId,
  state: z.enum(["accepted", "running", "ended"]),
});
export type HeldLease = z.infer<typeof HeldLease>;

export const LeaseOffer = z.object({
  leaseId: LeaseId,
  runId: RunId,
  /** What `${attempt.number}` is: 1 for the first attempt of the test. */
  attemptNumber: z.number().int().min(1),
  definition: TestDefinition,
  /** Values of the test's secrets: only here, and only in the node's memory (K1). */
  secrets: z.record(z.string(), z.string()),
  /** What its pictures are compared with, on the node's browser and system; absent: there are none. */
  baselines: z.array(BaselineFile).max(BASELINES_PER_TEST_MAX).optional(),
  /** Its pictures become the baselines where there are none or others, if it passes. */
  updateBaselines: z.boolean().optional(),
});
export type LeaseOffer = z.infer<typeof LeaseOffer>;

/** Gateway → node: a shard. */
export const Offer = z.object({
  meshId: MeshId,
  epoch: Epoch,
  leases: z.array(LeaseOffer).min(1).max(1000),
});
export type Offer = z.infer<typeof Offer>;

export const RefusalCode = z.enum([
  "stale_epoch",
  "full",
  "draining",
  "stopping",
  "disk_full",
  "unable",
  "already_over",
  "foreign_mesh",
  "unreadable",
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

export const OfferReply = z.object({
  bootId: BootId.optional(),
  answers: z.array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("accepted"), leaseId: LeaseId }),
      z.object({
        kind: z.literal("refused"),
        leaseId: LeaseId,
        code: RefusalCode,
        reason: z.string().max(2000),
      }),
    ]),
  ),
});
export type OfferReply = z.infer<typeof OfferReply>;

export const Control = z.discriminatedUnion("kind", [
  /** Are you there? Answered whatever the epoch. */
  z.object({ kind: z.literal("probe"), meshId: MeshId }),
  /** Give back what has not started. */
  z.object({
    kind: z.literal("recall"),
    meshId: MeshId,
    epoch: Epoch,
    leaseIds: z.array(LeaseId).min(1).max(20_000),
  }),
  /** End what runs, give back what has not started. */
  z.object({
    kind: z.literal("cancel"),
    meshId: MeshId,
    epoch: Epoch,
    leaseIds: z.array(LeaseId).min(1).max(20_000),
    /** The deadline of the node's drain is over: what runs is lost as `drained`, in these words. Absent: it is cancelled. */
    drained: z.string().max(2000).optional(),
  }),
  z.object({ kind: z.literal("drain"), meshId: MeshId, epoch: Epoch }),
  z.object({ kind: z.literal("resume"), meshId: MeshId, epoch: Epoch }),
  /** End the node's process after its running attempts. */
  z.object({ kind: z.literal("stop"), meshId: MeshId, epoch: Epoch }),
]);
export type Control = z.infer<typeof Control>;

export const ControlReply = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("done"),
    bootId: BootId,
    leases: z.array(
      z.object({
        leaseId: LeaseId,
        outcome: z.enum(["given_back", "running", "cancelling", "ended", "unknown"]),
      }),
    ),
  }),
  z.object({ kind: z.literal("refused"), code: RefusalCode, reason: z.string().max(2000) }),
]);
export type ControlReply = z.infer<typeof ControlReply>;
