/**
 * The scheduler's turn: gives waiting tests to nodes with room, by leases. What is decided is assign.ts's (pure), on what
 * rooms.ts finds in the books; offers leave after the commit (L1), and repeat.ts asks again for what nobody answered.
 */

import { openSlots } from "#gateway/fleet/open-slots.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { createLease, type LeaseState } from "#gateway/mesh/run-state.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { type Assignment, assignTests } from "./assign.ts";
import { holdLease } from "./held-lease.ts";
import { groupOf } from "./precedence.ts";
import { queuedCount, takeOut } from "./queue.ts";
import { roomsOf } from "./rooms.ts";
import { charge, costMs } from "./share.ts";
import { offerLeases } from "./wire.ts";

/**
 * Issues leases for all free room that came up since the last turn, once a turn. Nodes that had room and got nothing are
 * not looked at again before something has changed: a thousand idle nodes beside tests that wait for a lock cost nothing.
 *
 * @returns The nodes that were looked at.
 */
export function takeTurn(mesh: Mesh): readonly NodeState[] {
  const stirs = mesh.queue.stirs + mesh.locks.stirs;
  if (stirs !== mesh.seenStirs) lookAtAll(mesh);
  mesh.seenStirs = stirs;
  if (mesh.roomy.size === 0) return [];
  const nodes = [...mesh.roomy].filter((node) => openSlots(mesh, node) > 0);
  mesh.roomy.clear();
  if (nodes.length > 0 && queuedCount(mesh.queue) > 0)
    issueLeases(mesh, assignTests(roomsOf(mesh, nodes)));
  return nodes;
}

/** Looks at all nodes in the next turn: some may be open again for a reason of their own. */
export function lookAtAll(mesh: Mesh): void {
  for (const node of mesh.nodes.values()) mesh.roomy.add(node);
}

function issueLeases(mesh: Mesh, assignments: readonly Assignment[]): void {
  const taken = Map.groupBy(assignments, ({ bucket }) => bucket);
  for (const [bucket, all] of taken)
    takeOut(
      mesh.queue,
      bucket,
      all.map(({ entry }) => entry),
    );
  const shards = new Map<NodeState, LeaseState[]>();
  for (const assignment of assignments) {
    const node = mesh.nodes.get(assignment.nodeId);
    if (node === undefined) continue;
    const lease = issueLease(mesh, node, assignment);
    if (lease === undefined) continue;
    const shard = shards.get(node) ?? [];
    shards.set(node, shard);
    shard.push(lease);
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
  holdLease(mesh, run, lease);
  charge(run, lease, costMs(run, entry.expectedMs));
  run.share.servedAtMs = mesh.clock.monotonicMs();
  const group = run.precedence && groupOf(run.precedence, test);
  if (group !== undefined) group.nodeId = lease.nodeId; // G2
  if (entry.isAlone) mesh.aloneLeases.add(lease.id);
  mesh.counters.issuedLeases += 1;
  mesh.turn.save({ kind: "lease_issued", leaseId: lease.id, nodeId: lease.nodeId, attemptNumber });
  return lease;
}

/** Whether the lease has an attempt, or was lost so that nobody can know; one that was given back never starts (L3). */
function mayHaveStarted(lease: LeaseState): boolean {
  return lease.attempt !== undefined || lease.settlement?.kind === "lost";
}
