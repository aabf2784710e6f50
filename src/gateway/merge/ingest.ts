/**
 * Takes batches of numbered events from nodes (E2, E5). The fence is one number per node store: what is ≤ n was
 * committed before and is skipped, what follows n+1 without a gap is folded, a batch that begins past n+1 is not taken.
 * The answer leaves only after the commit of the folded state and the new n.
 */

import { takeBaselines } from "#gateway/baselines/take.ts";
import { noteOutcome } from "#gateway/history/learn.ts";
import {
  findLease,
  type LeasePlace,
  type Mesh,
  nodeName,
  type StoreState,
} from "#gateway/mesh/mesh.ts";
import { noteHeld, type RunState } from "#gateway/mesh/run-state.ts";
import { releaseLease } from "#gateway/scheduler/held-lease.ts";
import { dropLocks } from "#gateway/scheduler/locks.ts";
import {
  mayRevoke,
  reviewTest,
  revokeSettlement,
  sayAttemptEnded,
  settleLease,
} from "#gateway/scheduler/settle.ts";
import { type EventBatch, type EventReply, NodeEvent } from "#proto/event.ts";
import { LeaseId, type NodeId, type StoreId } from "#proto/ids.ts";
import { capArtifact } from "./artifact-caps.ts";
import { foldEvent } from "./fold.ts";
import { judgeTest } from "./verdict.ts";

/** Folds what follows on; returns the number to confirm once the turn is committed. */
export function ingestBatch(mesh: Mesh, batch: EventBatch): EventReply {
  const isKnown = mesh.stores.has(batch.storeId);
  const store = storeOf(mesh, batch.storeId, batch.nodeId);
  if (store.nodeId !== batch.nodeId) {
    return {
      kind: "refused",
      code: "unreadable",
      reason: `Store ${batch.storeId} belongs to another node`,
    };
  }
  const before = store.confirmed;
  mesh.counters.repeatedEvents += batch.events.filter(({ number }) => number <= before).length;
  for (const { number, event } of batch.events) {
    if (number <= store.confirmed) continue; // repeated (E2)
    if (number !== store.confirmed + 1) break; // a gap: asked for again by the answer (E2)
    takeEvent(mesh, { batch, number, event });
    store.confirmed = number;
  }
  if ((batch.events.at(-1)?.number ?? 0) > store.confirmed) mesh.counters.gapBatches += 1;
  if (!isKnown && store.confirmed === 0) mesh.stores.delete(batch.storeId); // nothing of it to remember
  if (store.confirmed !== before) {
    mesh.turn.save({
      kind: "store_advanced",
      storeId: batch.storeId,
      nodeId: batch.nodeId,
      confirmed: store.confirmed,
    });
  }
  return { kind: "confirmed", number: store.confirmed };
}

/** What is committed, or about to be, of a node's store; a store that was never heard of has nothing. */
export function storeOf(mesh: Mesh, storeId: StoreId, nodeId: NodeId): StoreState {
  const known = mesh.stores.get(storeId);
  if (known !== undefined) return known;
  const created: StoreState = { nodeId, confirmed: 0 };
  mesh.stores.set(storeId, created);
  return created;
}

type Incoming = { readonly batch: EventBatch; readonly number: number; readonly event: unknown };

function takeEvent(mesh: Mesh, incoming: Incoming): void {
  const parsed = NodeEvent.safeParse(incoming.event);
  if (!parsed.success) {
    return rejectEvent(
      mesh,
      incoming,
      `Unreadable: ${parsed.error.issues[0]?.path.join(".")} ${parsed.error.issues[0]?.message}`,
    );
  }
  const place = findLease(mesh, parsed.data.leaseId);
  if (place === undefined) {
    mesh.counters.unknownRunEvents += 1; // confirmed all the same, so outboxes drain (E5)
    return;
  }
  if (place.lease.nodeId !== incoming.batch.nodeId)
    return rejectEvent(mesh, incoming, "The lease is another node's");
  const node = mesh.nodes.get(incoming.batch.nodeId);
  const offsetMs = node?.record.offsetMs ?? 0;
  const event = withinCaps(mesh, place.run, parsed.data);
  const refusal = foldEvent(place.lease, event, offsetMs);
  if (refusal !== undefined) return rejectEvent(mesh, incoming, refusal);
  const { storeId } = incoming.batch;
  mesh.turn.save({ kind: "event_taken", storeId, number: incoming.number, event, offsetMs });
  applyOutcome(mesh, place, event);
}

const REFUSED_BLOBS_MAX = 10_000;

/** R3: an artifact that the gateway does not take is missing from here on, and its upload is refused. */
function withinCaps(mesh: Mesh, run: RunState, event: NodeEvent): NodeEvent {
  if (event.kind !== "artifact_found") return event;
  const artifact = capArtifact(event.artifact, run.taken, mesh.limits);
  const { sha256, missing } = artifact;
  if (sha256 === undefined) return event;
  if (missing === undefined) mesh.refusedBlobs.delete(sha256);
  else if (mesh.refusedBlobs.size < REFUSED_BLOBS_MAX) mesh.refusedBlobs.set(sha256, missing);
  return { ...event, artifact };
}

/** E5: it raises n, and its attempt is lost with the reason. */
function rejectEvent(mesh: Mesh, incoming: Incoming, reason: string): void {
  mesh.counters.rejectedEvents += 1;
  mesh.turn.save({
    kind: "event_rejected",
    storeId: incoming.batch.storeId,
    number: incoming.number,
    reason,
  });
  const leaseId = LeaseId.safeParse((incoming.event as { leaseId?: unknown } | undefined)?.leaseId);
  const place = leaseId.success ? findLease(mesh, leaseId.data) : undefined;
  if (place === undefined || place.lease.nodeId !== incoming.batch.nodeId) return;
  settleLease(mesh, place.run, {
    lease: place.lease,
    settlement: {
      kind: "lost",
      cause: "event_rejected",
      reason: `An event of the node could not be accepted: ${reason}`,
    },
  });
}

function applyOutcome(mesh: Mesh, place: LeasePlace, event: NodeEvent): void {
  const { run, test, lease } = place;
  if (event.kind === "attempt_started") {
    noteHeld(lease, mesh.clock.monotonicMs());
    const started = {
      testIndex: test.index,
      key: test.definition.key,
      attempt: lease.attemptNumber,
      node: nodeName(mesh, lease.nodeId),
    };
    mesh.turn.afterCommit(() => mesh.listener.onStart(run.id, started));
    return;
  }
  if (event.kind !== "attempt_ended") return;
  const isOutcome = event.status === "passed" || event.status === "failed";
  // C1: settled, but nothing was offered in its place: the outcome counts and the queued replacement is withdrawn.
  if (isOutcome && mayRevoke(run, test, lease)) revokeSettlement(mesh, lease);
  if (isOutcome) learnDuration(run.meanMs, test.definition.platform, event.durationMs);
  afterEnd(mesh, place);
}

function afterEnd(mesh: Mesh, { run, test, lease }: LeasePlace): void {
  releaseLease(mesh, run, lease);
  dropLocks(mesh.locks, lease.id); // K-2
  if (run.end !== undefined) return;
  noteOutcome(mesh, test, lease);
  takeBaselines(mesh, run, lease);
  if (judgeTest(test, mesh.limits).kind !== "decided") sayAttemptEnded(mesh, run, { test, lease });
  reviewTest(mesh, run, test);
}

/** A running mean that forgets: each new time weighs an eighth. */
function learnDuration(means: Map<string, number>, platform: string, durationMs: number): void {
  const before = means.get(platform);
  means.set(platform, before === undefined ? durationMs : before + (durationMs - before) / 8);
}
