/** Makes the mesh and its runs as they are in memory. */

import type { CoreOptions, NewRun } from "#gateway/core.ts";
import { CLOSED_BREAKER } from "#gateway/fleet/breaker.ts";
import type { NodeLife } from "#gateway/fleet/liveness.ts";
import { newPace } from "#gateway/history/pace.ts";
import { createQuarantine } from "#gateway/quarantine/quarantine.ts";
import { createLockBook } from "#gateway/scheduler/locks.ts";
import { createQueue } from "#gateway/scheduler/queue.ts";
import { createShare } from "#gateway/scheduler/share.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { RunId } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { silentLog } from "#shared/log.ts";
import type { NodeRecord } from "./change.ts";
import type { Journal } from "./journal.ts";
import type { Mesh, NodeState } from "./mesh.ts";
import type { RunState, TestState } from "./run-state.ts";

type MeshParts = Pick<
  CoreOptions,
  "meshId" | "limits" | "clock" | "bus" | "listener" | "log" | "warn"
> & {
  /** Absent: a mesh that offers nothing. */
  readonly store?: Pick<GatewayStore, "baselines">;
};

export function createMesh(
  options: MeshParts,
  journal: Pick<Journal, "turn" | "act">,
  recallRun: (runId: RunId) => RunState | undefined,
): Mesh {
  return {
    meshId: options.meshId,
    limits: options.limits,
    clock: options.clock,
    bus: options.bus,
    turn: journal.turn,
    listener: options.listener,
    runs: new Map(),
    nodes: new Map(),
    stores: new Map(),
    queue: createQueue(),
    locks: createLockBook(),
    roomy: new Set(),
    seenStirs: 0,
    overFailed: new Set(),
    quotas: new Map(),
    aloneLeases: new Set(),
    counters: {
      rejectedEvents: 0,
      repeatedEvents: 0,
      unknownRunEvents: 0,
      unreadableMessages: 0,
      foreignMessages: 0,
      staleHeartbeats: 0,
      gapBatches: 0,
      refusedHellos: 0,
      settledLeases: 0,
      issuedLeases: 0,
    },
    offersInFlight: new Set(),
    rivals: new Map(),
    refusedBlobs: new Map(),
    remindedMs: Number.NEGATIVE_INFINITY,
    act: journal.act,
    log: options.log ?? silentLog,
    warn: options.warn ?? (() => undefined),
    baselines: options.store?.baselines ?? (() => []),
    recallRun,
  };
}

/** A node as the books have it before it was heard: nothing is with it, nothing is known of its own mind. */
export function newNodeState(record: NodeRecord, life: NodeLife): NodeState {
  return {
    record,
    life,
    active: new Set(),
    struck: [],
    speed: 1,
    breaker: CLOSED_BREAKER,
    pace: newPace(),
    restUntilMs: 0,
    isDraining: false,
    isResuming: false,
    isToldSuspect: false,
  };
}

export function newRunState(created: NewRun, clock: Clock): RunState {
  const createdWallMs = clock.wallMs(); // what had expired then is decided by it, after a restart too (quarantine)
  return {
    id: created.runId,
    createdWallMs,
    options: created.options,
    origin: created.origin,
    tests: created.definitions.map((definition, index): TestState => {
      const estimate = created.estimates?.[index];
      return { index, definition, leases: [], ...(estimate === undefined ? {} : { estimate }) };
    }),
    idempotencyKey: created.idempotencyKey,
    bodySha256: created.bodySha256,
    quarantine: created.quarantine && createQuarantine(created.quarantine, createdWallMs),
    secrets: created.secrets,
    isWaiting: false,
    noticeCount: 0,
    openCount: created.definitions.length,
    taken: { sizes: new Map(), bytes: 0 },
    failureCount: 0,
    share: createShare(clock.monotonicMs()),
    meanMs: new Map(),
  };
}
