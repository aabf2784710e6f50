/**
 * Asks again for everything that has no answer yet. Every effect is derivable from the books, so a tick repeats whatever
 * a crash or the wire swallowed (L5): a lease that is `unsent` or `unanswered` is offered, one that is `isRecalling` is
 * recalled, a cancelled run's leases are cancelled, again and again until answered.
 */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import {
  isActive,
  type LeaseState,
  outlastsCancel,
  type RunState,
} from "#gateway/mesh/run-state.ts";
import type { Control } from "#proto/lease.ts";
import { offerLeases, sendControl } from "./wire.ts";

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
      mesh.turn.afterCommit(() => askBack(mesh, node, { kind: "recall", leases: recalled }));
    const cancelled = leases.filter((lease) => isCancelled(mesh, lease));
    if (cancelled.length > 0)
      mesh.turn.afterCommit(() => askBack(mesh, node, { kind: "cancel", leases: cancelled }));
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
    const leases = [...node.active].filter(
      (lease) => lease.runId === run.id && isCancelled(mesh, lease),
    );
    if (leases.length > 0)
      mesh.turn.afterCommit(() => askBack(mesh, node, { kind: "cancel", leases }));
  }
}

function isCancelled(mesh: Mesh, lease: LeaseState): boolean {
  const run = mesh.runs.get(lease.runId);
  const test = run?.tests[lease.testIndex];
  if (run?.cancel === undefined) return false;
  return test === undefined || !outlastsCancel(run, test);
}

/** Asks a node to give back or to end leases; its answer settles them. */
export function askBack(
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
