/**
 * All that the gateway knows while it runs, and the tools that every decision takes: one object, handed down.
 * What is in here is either committed or waits in the open turn; nothing outside acts on it before the commit.
 */

import type { Breaker } from "#gateway/fleet/breaker.ts";
import type { NodeLife } from "#gateway/fleet/liveness.ts";
import type { Pace } from "#gateway/history/pace.ts";
import type { LockBook } from "#gateway/scheduler/locks.ts";
import type { TestQueue } from "#gateway/scheduler/queue.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { RunNotice } from "#proto/api.ts";
import type { BootId, LeaseId, MeshId, NodeId, RunId, Sha256, StoreId } from "#proto/ids.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import type { NodeRecord, Turn } from "./change.ts";
import type { LeaseState, RunState, TestState } from "./run-state.ts";

export type NodeState = {
  record: NodeRecord;
  life: NodeLife;
  /** Its leases that are neither ended nor settled. */
  readonly active: Set<LeaseState>;
  /** What it was running when nobody answered there: strikes, until it shows that its process lives (C4). */
  struck: readonly LeaseState[];
  /** How much longer it takes than the mesh's typical node: 1 is as long, 2 twice as long. */
  speed: number;
  /** What that is made from. */
  readonly pace: Pace;
  /** Whether it gets offers after what it lost (fleet/breaker.ts). */
  breaker: Breaker;
  /** The last death of its process that the breaker counted: cause and term. */
  countedDeath?: string | undefined;
  /** While what runs after the deadline of its drain is being ended: since when, and when it was last asked to; monotonic. */
  drainEnding?: { readonly sinceMs: number; askedMs: number };
  /** No offers before this, after a refusal; monotonic. */
  restUntilMs: number;
  /** Says of itself that it takes nothing. */
  isDraining: boolean;
  /** A person resumed it, and it has not shown yet that it heard. */
  isResuming: boolean;
  /** Why the node takes no leases by its own decision, as it last said. */
  closed?: string | undefined;
  /** It was said that it is suspect, and nothing else since. */
  isToldSuspect: boolean;
  /** When this process declared it gone, monotonic; undefined when it is not, or was gone before. */
  goneSinceMs?: number | undefined;
};

export type StoreState = { readonly nodeId: NodeId; confirmed: number };

export type Counters = {
  rejectedEvents: number;
  repeatedEvents: number;
  unknownRunEvents: number;
  unreadableMessages: number;
  foreignMessages: number;
  staleHeartbeats: number;
  gapBatches: number;
  refusedHellos: number;
  settledLeases: number;
  issuedLeases: number;
};

/** What the rest of the gateway wants to hear of decisions, after their commit. */
export type MeshListener = {
  readonly onNotice: (runId: RunId, number: number, notice: RunNotice) => void;
  readonly onStart: (
    runId: RunId,
    started: {
      readonly testIndex: number;
      readonly key: string;
      readonly attempt: number;
      readonly node: string;
    },
  ) => void;
  readonly onRunEnded: (runId: RunId) => void;
};

export type Mesh = {
  readonly meshId: MeshId;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly turn: Turn;
  readonly listener: MeshListener;
  readonly runs: Map<RunId, RunState>;
  readonly nodes: Map<NodeId, NodeState>;
  readonly stores: Map<StoreId, StoreState>;
  readonly queue: TestQueue;
  /** Who holds which named lock. */
  readonly locks: LockBook;
  /** Nodes that may have room: all that got some since they were last looked at. A tick looks at all. */
  readonly roomy: Set<NodeState>;
  /** Of queue and locks, when all nodes were looked at last. */
  seenStirs: number;
  /** Runs that have as many failures as they may, and are not stopped yet. */
  readonly overFailed: Set<RunState>;
  /** Slots at once by project; a project without one has no bound. */
  readonly quotas: Map<string, number>;
  /** Leases whose test has a node for itself (C4); forgotten by a restart, which only makes it less lonely. */
  readonly aloneLeases: Set<LeaseId>;
  readonly counters: Counters;
  /** Offers under way by node, bounded by their time-out. */
  readonly offersInFlight: Set<LeaseId>;
  /** First hello of processes whose node id or name another live process has, monotonic (I1). */
  readonly rivals: Map<BootId, number>;
  /** Artifacts that some run refused, and why: their uploads are refused, too. Forgotten by a restart: then they are orphans. */
  readonly refusedBlobs: Map<Sha256, string>;
  /** When `gateway.up` was last said to remind nodes of hello, monotonic. */
  remindedMs: number;
  /** Runs `decide` in a turn of its own: its changes are committed, then its effects happen. */
  readonly act: (decide: () => void) => void;
  /** What people who watch the mesh should know, each change once. */
  readonly log: Log;
  /** Says what nobody can act on, once a minute a kind. */
  readonly warn: (kind: string, message: string) => void;
  /** What a test's pictures are compared with on one browser, as it is committed. */
  readonly baselines: GatewayStore["baselines"];
  /** Brings an ended run back from the store for a late event; undefined when it is unknown. */
  readonly recallRun: (runId: RunId) => RunState | undefined;
};

export type LeasePlace = {
  readonly run: RunState;
  readonly test: TestState;
  readonly lease: LeaseState;
};

/** Finds a lease by its id; ended runs are brought back from the store. */
export function findLease(mesh: Mesh, leaseId: LeaseId): LeasePlace | undefined {
  const parts = leasePartsOf(leaseId);
  const run = mesh.runs.get(parts.runId) ?? mesh.recallRun(parts.runId);
  const test = run?.tests[parts.testIndex];
  const lease = test?.leases.find((candidate) => candidate.number === parts.number);
  return run === undefined || test === undefined || lease === undefined
    ? undefined
    : { run, test, lease };
}

/** The name that people gave a node. */
export function nodeName(mesh: Mesh, nodeId: NodeId): string {
  return mesh.nodes.get(nodeId)?.record.name ?? nodeId;
}

/** Numbers a notice of the run, saves it, and tells it after the commit. */
export function sayNotice(mesh: Mesh, run: RunState, notice: RunNotice): void {
  run.noticeCount += 1;
  const number = run.noticeCount;
  mesh.turn.save({ kind: "notice_said", runId: run.id, notice: { number, notice } });
  mesh.turn.afterCommit(() => mesh.listener.onNotice(run.id, number, notice));
}
