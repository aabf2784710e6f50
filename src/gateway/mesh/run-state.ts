/**
 * A run as the gateway thinks of it: the ledger of planned tests, their leases, what nodes reported of each.
 * Plain data. It is changed only by merge/ (facts of nodes) and scheduler/ (decisions), each of which records the
 * same change in the turn's `changes`, so that the store can rebuild it: state = fold of what was committed.
 */
import type { Estimate } from "#gateway/history/estimate.ts";
import type { Quarantine } from "#gateway/quarantine/quarantine.ts";
import type { Precedence } from "#gateway/scheduler/precedence.ts";
import type { RunShare } from "#gateway/scheduler/share.ts";
import type { RunOptions } from "#proto/api.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { ChildSteps, LossCode, StepStatus } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { LeaseId, NodeId, RunId, Sha256 } from "#proto/ids.ts";
import type { RunOrigin, RunStatus, Verdict } from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";

export type SettlementCause =
  | "node_died" // its connection is gone: a strike for what it ran (C4)
  | "node_silent" // frozen or cut off
  | "missing" // the node does not hold it any more (L4)
  | "recalled" // given back unstarted (L3)
  | "refused" // the node said no
  | "event_rejected" // the node said something unreadable of it (E5)
  | "drained" // its node did not end it by the deadline of its drain
  | "cancelled";

/** The gateway's decision about a lease: a numbered row of the run. */
export type Settlement = {
  readonly kind: "lost" | "cancelled" | "recalled";
  readonly cause: SettlementCause;
  readonly reason: string;
  /** When, in the gateway's clock: all that is known of how long a lost attempt ran. */
  readonly wallMs: number;
  /** The outcome arrived before the test was offered again, so it counts after all (C1). */
  readonly isRevoked: boolean;
};

export type StepResult = {
  readonly status: StepStatus;
  readonly durationMs: number;
  readonly warnings?: readonly string[] | undefined;
  readonly error?: Failure | undefined;
  /** It failed, and what follows ran all the same. */
  readonly soft?: true;
  /** Of a step that holds others. */
  readonly children?: ChildSteps;
};

export type AttemptEnd = {
  readonly status: "passed" | "failed" | "lost" | "cancelled";
  readonly durationMs: number;
  readonly error?: Failure | undefined;
  readonly loss?: LossCode | undefined;
  readonly warnings?: readonly string[] | undefined;
};

/** What a node reported of a started lease: only `merge/fold.ts` writes it. */
export type AttemptState = {
  /** In the gateway's clock, milliseconds since the epoch (C5). */
  readonly startedWallMs: number;
  readonly slotIndex: number;
  readonly steps: Map<number, StepResult>;
  readonly artifacts: ArtifactNote[];
  end?: AttemptEnd;
};

export type LeaseState = {
  readonly id: LeaseId;
  readonly runId: RunId;
  readonly testIndex: number;
  /** 1-based, never reused within the test: the fence. */
  readonly number: number;
  readonly attemptNumber: number;
  readonly nodeId: NodeId;
  /** `sent`: asked, not answered. `accepted`: the node said so, or was seen to hold it. Not stored: L5 asks again. */
  offer: "unsent" | "sent" | "unanswered" | "accepted";
  /** When the offer was answered, gateway's monotonic clock. */
  acceptedAtMs: number;
  /** Heartbeats in a row that did not name it (L4). */
  missedHeartbeats: number;
  isRecalling: boolean;
  /** What its run was charged for it (share.ts), milliseconds; absent: nothing, or what it took. */
  chargedMs?: number;
  settlement?: Settlement;
  attempt?: AttemptState;
};

/** Why a test ends without a further lease. */
export type TestClosing = {
  /** The last two are skipped rather than lost. */
  readonly code: "no_node" | "cancelled" | "run_timeout" | "max_failures" | "after_failed";
  readonly reason: string;
};

export type TestState = {
  readonly index: number;
  readonly definition: TestDefinition;
  readonly leases: LeaseState[];
  /** What its history lets expect; absent: nothing. */
  estimate?: Estimate;
  /** Decided without a lease: no node, cancelled, out of time. */
  closed?: TestClosing;
  /** Its verdict as it stands; final when the run has ended. Derived (verdict.ts), kept to count and to tell once. */
  decided?: { readonly verdict: Verdict; readonly reason?: string | undefined };
  /** Since when no node could run it, gateway's monotonic clock. */
  nodelessSinceMs?: number;
};

/** The artifacts of a run that the gateway takes, as their events named them. */
export type TakenArtifacts = { readonly sizes: Map<Sha256, number>; bytes: number };

/** Why a run ends before its time. */
export type CancelCode = "cancelled" | "run_timeout" | "max_failures";

export type RunState = {
  readonly id: RunId;
  readonly createdWallMs: number;
  readonly options: RunOptions;
  /** Where its tests come from, when they are not all of its suites'. */
  readonly origin?: RunOrigin | undefined;
  readonly tests: readonly TestState[];
  readonly idempotencyKey?: string | undefined;
  readonly bodySha256: string;
  /** The list that held when it was created; absent: none. */
  readonly quarantine?: Quarantine | undefined;
  /** Values of secrets while the run lives: memory only; at rest they are sealed (K1). */
  secrets: Readonly<Record<string, string>>;
  cancel?: {
    readonly reason: string;
    readonly code: CancelCode;
    readonly sinceMs: number;
  };
  end?: {
    readonly status: RunStatus;
    readonly exitCode: number;
    readonly reason?: string | undefined;
    readonly wallMs: number;
  };
  /** A lease was issued; absent: not known (fleet/min-nodes.ts finds out). */
  hasBegun?: boolean;
  /** Since when it waits for enough nodes to begin, gateway's monotonic clock. */
  shortSinceMs?: number;
  /** It was told once that tests wait for a node. */
  isWaiting: boolean;
  noticeCount: number;
  /** Tests that have no verdict yet. */
  openCount: number;
  /** What its artifacts take on the gateway: each content once, however many name it. */
  readonly taken: TakenArtifacts;
  /** Tests whose verdict is failed, as it stands, but those that are excused (quarantine/excuse.ts). */
  failureCount: number;
  /** How far it is beside other runs. */
  readonly share: RunShare;
  /** Which of its tests wait for others; made when the run is queued. */
  precedence?: Precedence;
  /** Its tests that others wait for, with the time of the longest chain from there (chains.ts). */
  chains?: ReadonlyMap<TestState, number>;
  /** Median-like running mean of attempt times by platform, for prefetch. */
  readonly meanMs: Map<string, number>;
};

/** What comes after all tests of a suite still runs when too many of them have failed; not when the run is cancelled. */
export function outlastsCancel({ cancel }: RunState, { definition }: TestState): boolean {
  return cancel?.code === "max_failures" && definition.schedule?.role === "afterAll";
}

/** A lease that may still bring an outcome that the gateway waits for. */
export function isActive(lease: LeaseState): boolean {
  return (
    lease.attempt?.end === undefined &&
    (lease.settlement === undefined || lease.settlement.isRevoked)
  );
}

/** Passed or failed, and not fenced off by a settlement (C1). */
export function isCounted(lease: LeaseState): boolean {
  const status = lease.attempt?.end?.status;
  if (status !== "passed" && status !== "failed") return false;
  return lease.settlement === undefined || lease.settlement.isRevoked;
}

/** An outcome that came after its lease was settled and its test offered again, or its run closed: shown, never counted (C1, R1). */
export function isLate(lease: LeaseState): boolean {
  return (
    lease.attempt?.end !== undefined &&
    lease.settlement !== undefined &&
    !lease.settlement.isRevoked
  );
}

export function activeLease(test: TestState): LeaseState | undefined {
  const last = test.leases.at(-1);
  return last !== undefined && isActive(last) ? last : undefined;
}

/** The node said or showed that it has the lease; what it said before that may still arrive, for a heartbeat (L4). */
export function noteHeld(lease: LeaseState, nowMs: number): void {
  if (lease.offer !== "accepted") lease.acceptedAtMs = nowMs;
  lease.offer = "accepted";
  lease.missedHeartbeats = 0;
}

/** A lease as it is issued: not offered yet. */
export function createLease(
  parts: Pick<LeaseState, "id" | "runId" | "testIndex" | "number" | "attemptNumber" | "nodeId">,
): LeaseState {
  return { ...parts, offer: "unsent", acceptedAtMs: 0, missedHeartbeats: 0, isRecalling: false };
}
