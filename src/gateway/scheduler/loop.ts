/**
 * The scheduler's turn: gives waiting tests to nodes (order.ts, assign.ts), and keeps asking for what nobody answered.
 * Every effect is derivable from the books, so a tick repeats whatever a crash or the wire swallowed (L5):
 * a lease that is `unsent` or `unanswered` is offered, one that is `isRecalling` is recalled, a cancelled run's leases
 * are cancelled, again and again until answered.
 */

import { openSlots } from "#gateway/fleet/open-slots.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { createLease, isActive, type LeaseState, type RunState } from "#gateway/mesh/run-state.ts";
import type { Control } from "#proto/lease.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { type Assignment, assignTests, type NodeRoom, prefetchDepth } from "./assign.ts";
import { missingNeeds } from "./needs.ts";
import { type Bucket, queuedCount, takeHead } from "./queue.ts";
import { offerLeases, sendControl } from "./wire.ts";

/** Issues leases for all free room, once a turn; offers leave after the commit (L1). */
export function takeTurn(mesh: Mesh): void {
  if (queuedCount(mesh.queue) === 0) return;
  const nodes = [...mesh.nodes.values()].filter((node) => openSlots(mesh, node) > 0);
  if (nodes.length === 0) return;
  const assignments = assignTests({
    buckets: [...mesh.queue.buckets.values()],
    nodes: nodes.map((node) => roomOf(mesh, node)),
    prefetchPerSlot: prefetchOf(mesh, nodes),
  });
  if (assignments.length > 0) issueLeases(mesh, assignments);
}

function roomOf(mesh: Mesh, node: NodeState): NodeRoom {
  const { hello } = node.record;
  return {
    id: node.record.nodeId,
    slots: node.record.hello.slots,
    active: node.active.size,
    isReserved: [...node.active].some((lease) => isAlone(mesh, lease)),
    canRun: (entry) => missingNeeds(entry.test.definition, hello).length === 0,
  };
}

/** Whether the lease's test was put alone on its node for being suspected of killing nodes (C4). */
function isAlone(mesh: Mesh, lease: LeaseState): boolean {
  return mesh.aloneLeases.has(lease.id);
}

function prefetchOf(mesh: Mesh, nodes: readonly NodeState[]): number {
  const means = [...mesh.runs.values()]
    .filter((run) => run.end === undefined)
    .flatMap((run) => [...run.meanMs.values()]);
  const slotCount = nodes.reduce((sum, node) => sum + node.record.hello.slots, 0);
  const meanMs = means.length === 0 ? undefined : Math.max(...means);
  return prefetchDepth({ length: queuedCount(mesh.queue), slotCount, meanMs }, mesh.limits);
}

function issueLeases(mesh: Mesh, assignments: readonly Assignment[]): void {
  const perBucket = new Map<Bucket, number>();
  for (const { bucket } of assignments) perBucket.set(bucket, (perBucket.get(bucket) ?? 0) + 1);
  for (const [bucket, count] of perBucket) takeHead(mesh.queue, bucket, count);
  const shards = new Map<NodeState, LeaseState[]>();
  for (const assignment of assignments) {
    const node = mesh.nodes.get(assignment.nodeId);
    if (node === undefined) continue;
    const lease = issueLease(mesh, node, assignment);
    if (lease !== undefined) shards.set(node, [...(shards.get(node) ?? []), lease]);
  }
  for (const [node, leases] of shards) mesh.turn.afterCommit(() => offerLeases(mesh, node, leases));
}

function issueLease(mesh: Mesh, node: NodeState, { entry }: Assignment): LeaseState | undefined {
  const { test } = entry;
  const run = mesh.runs.get(entry.runId);
  if (run === undefined || run.end !== undefined) return undefined;
  const number = test.leases.length + 1;
  // A lost lease may have started unheard, and say so later: two attempts never have one number.
  const attemptNumber = 1 + test.leases.filter(mayHaveStarted).length;
  const parts = { runId: run.id, testIndex: test.index, number };
  const lease = createLease({
    ...parts,
    id: leaseIdOf(parts),
    attemptNumber,
    nodeId: node.record.nodeId,
  });
  test.leases.push(lease);
  delete test.nodelessSinceMs;
  node.active.add(lease);
  if (entry.isAlone) mesh.aloneLeases.add(lease.id);
  mesh.counters.issuedLeases += 1;
  mesh.turn.save({ kind: "lease_issued", leaseId: lease.id, nodeId: lease.nodeId, attemptNumber });
  return lease;
}

/** Whether the lease has an attempt, or was lost so that nobody can know; one that was given back never starts (L3). */
function mayHaveStarted(lease: LeaseState): boolean {
  return lease.attempt !== undefined || lease.settlement?.kind === "lost";
}

/** L5: asks again for everything that has no answer yet. Called once a second and at start. */
export function repeatUnanswered(mesh: Mesh): void {
  for (const node of mesh.nodes.values()) {
    if (node.life.kind === "gone") continue;
    repeatDrain(mesh, node);
    const leases = [...node.active];
    const unanswered = leases.filter(
      (lease) => lease.offer === "unsent" || lease.offer === "unanswered",
    );
    if (unanswered.length > 0) mesh.turn.afterCommit(() => offerLeases(mesh, node, unanswered));
    const recalled = leases.filter((lease) => lease.isRecalling);
    if (recalled.length > 0)
      mesh.turn.afterCommit(() => control(mesh, node, { kind: "recall", leases: recalled }));
    const cancelled = leases.filter((lease) => isCancelled(mesh, lease));
    if (cancelled.length > 0)
      mesh.turn.afterCommit(() => control(mesh, node, { kind: "cancel", leases: cancelled }));
  }
}

/** What a person said of the node, until its heartbeat shows that it heard. */
function repeatDrain(mesh: Mesh, node: NodeState): void {
  if (!node.isDraining) node.isResuming = false;
  const isDrainDue = node.record.isDrained && !node.isDraining;
  if (!isDrainDue && !node.isResuming) return;
  const message: Control = {
    kind: isDrainDue ? "drain" : "resume",
    meshId: mesh.meshId,
    epoch: node.record.epoch,
  };
  mesh.turn.afterCommit(() => sendControl(mesh, node, message));
}

/** Asks the nodes to end the run's leases (R2). */
export function cancelLeases(mesh: Mesh, run: RunState): void {
  for (const node of mesh.nodes.values()) {
    const leases = [...node.active].filter((lease) => lease.runId === run.id);
    if (leases.length > 0)
      mesh.turn.afterCommit(() => control(mesh, node, { kind: "cancel", leases }));
  }
}

/**
 * A node with a free slot and nothing waiting for it: takes back half of what the fullest node has not started (L3).
 * The recalled tests are queued when the node has given them back.
 */
export function recallForIdle(mesh: Mesh): void {
  const nodes = [...mesh.nodes.values()].filter((node) => openSlots(mesh, node) > 0);
  for (const idle of nodes.filter((node) => isIdle(mesh, node))) {
    const victim = nodes
      .filter((node) => node !== idle)
      .map((node) => ({ node, spare: spareLeases(mesh, node, idle) }))
      .sort((a, b) => b.spare.length - a.spare.length)[0];
    if (victim === undefined || victim.spare.length === 0) continue;
    const leases = victim.spare.slice(-Math.ceil(victim.spare.length / 2));
    for (const lease of leases) lease.isRecalling = true;
    mesh.turn.afterCommit(() => control(mesh, victim.node, { kind: "recall", leases }));
  }
}

/** A free slot, and nothing in the queue that it could run. */
function isIdle(mesh: Mesh, node: NodeState): boolean {
  if (node.active.size >= node.record.hello.slots) return false;
  return ![...mesh.queue.buckets.values()].some(({ waiting: [first] }) => {
    return (
      first !== undefined && missingNeeds(first.test.definition, node.record.hello).length === 0
    );
  });
}

/** Accepted leases beyond the node's slots that another node could run. */
function spareLeases(mesh: Mesh, node: NodeState, idle: NodeState): readonly LeaseState[] {
  const unstarted = [...node.active].filter(
    (lease) => lease.offer === "accepted" && lease.attempt === undefined,
  );
  if (node.active.size <= node.record.hello.slots || unstarted.some((lease) => lease.isRecalling))
    return [];
  return unstarted.filter((lease) => {
    const definition = mesh.runs.get(lease.runId)?.tests[lease.testIndex]?.definition;
    return definition !== undefined && missingNeeds(definition, idle.record.hello).length === 0;
  });
}

function isCancelled(mesh: Mesh, lease: LeaseState): boolean {
  return mesh.runs.get(lease.runId)?.cancel !== undefined;
}

function control(
  mesh: Mesh,
  node: NodeState,
  asked: { readonly kind: "recall" | "cancel"; readonly leases: readonly LeaseState[] },
): void {
  const leaseIds = asked.leases.filter(isActive).map((lease) => lease.id);
  if (leaseIds.length === 0) return;
  const message: Control = {
    kind: asked.kind,
    meshId: mesh.meshId,
    epoch: node.record.epoch,
    leaseIds,
  };
  sendControl(mesh, node, message);
}
