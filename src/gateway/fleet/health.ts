/** Where breakers meet the books: what ended leases say of their nodes, and when a node is tried again (breaker.ts). */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { LeaseState } from "#gateway/mesh/run-state.ts";
import { blameOf } from "./blame.ts";
import { type Breaker, type BreakerMoment, judgeBreaker, noteAttempt } from "./breaker.ts";
import { openSlots } from "./open-slots.ts";

/** A lease of the node is over: called once for each, with its end or settlement in it. */
export function noteLeaseOver(mesh: Mesh, node: NodeState, lease: LeaseState): void {
  const blame = blameOf(lease);
  if (blame.kind === "none") return;
  if (blame.kind === "lost" && blame.wholeNode !== undefined) {
    const death = `${blame.wholeNode} ${node.record.epoch}`;
    if (node.countedDeath === death) return; // B2
    node.countedDeath = death;
  }
  const isLost = blame.kind === "lost";
  setBreaker(mesh, node, noteAttempt(node.breaker, isLost, momentOf(mesh, node, isLost)));
}

/** What time has brought: called on each tick. */
export function judgeBreakers(mesh: Mesh): void {
  for (const node of mesh.nodes.values()) {
    const { breaker } = node;
    if (breaker.kind === "closed" && !breaker.recent.includes(true)) continue;
    setBreaker(mesh, node, judgeBreaker(breaker, momentOf(mesh, node, true)));
  }
}

/**
 * Whether so many nodes take offers without reserve: those whose breaker tries them are not counted.
 *
 * @param except A node that is not counted either.
 */
export function hasHealthyNodes(mesh: Mesh, wanted: number, except?: NodeState): boolean {
  let count = 0;
  // Asked for each of a thousand nodes when all of them lost something: counted as far as it is wanted.
  for (const node of mesh.nodes.values()) {
    if (count >= wanted) break;
    if (node !== except && node.breaker.kind === "closed" && openSlots(mesh, node) > 0) count += 1;
  }
  return count >= wanted;
}

function momentOf(mesh: Mesh, node: NodeState, isNeeded: boolean): BreakerMoment {
  const mayOpen = isNeeded && hasHealthyNodes(mesh, mesh.limits.healthyNodesMin, node);
  return { nowMs: mesh.clock.monotonicMs(), mayOpen };
}

function setBreaker(mesh: Mesh, node: NodeState, breaker: Breaker): void {
  const before = node.breaker.kind;
  node.breaker = breaker;
  if (before === breaker.kind) return;
  const { name, nodeId } = node.record;
  if (breaker.kind === "open") {
    const openMs = breaker.untilMs - mesh.clock.monotonicMs();
    mesh.turn.afterCommit(() =>
      mesh.log.warn("Node loses what it is given: it gets no offers for a while", {
        name,
        nodeId,
        openMs,
      }),
    );
    // What it has not started another may run; asked for like every recall (L5).
    for (const lease of node.active)
      if (lease.offer === "accepted" && lease.attempt === undefined) lease.isRecalling = true;
  } else {
    const what = breaker.kind === "closed" ? "Node is well again" : "Node is tried again";
    mesh.turn.afterCommit(() => mesh.log.info(what, { name, nodeId }));
  }
}
