/** The one place where a lease comes into a node's hands in our books, and leaves them, with all that hangs on it. */
import { noteLeaseOver } from "#gateway/fleet/health.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { LeaseState, RunState, Settlement } from "#gateway/mesh/run-state.ts";
import { attemptMsMax, dropLocks, keepLocks, renewLocks, takeLocks } from "./locks.ts";
import { isBounded, recharge } from "./share.ts";

/** Issued, found in the store, or wanted again. */
export function holdLease(mesh: Mesh, run: RunState, lease: LeaseState): void {
  const node = mesh.nodes.get(lease.nodeId);
  if (node !== undefined && !node.active.has(lease)) {
    node.active.add(lease);
    run.share.activeCount += 1;
  }
  renewLocks(mesh.locks, lease.id);
  takeLocks(mesh.locks, lease, locksOf(run, lease));
}

/** Ended or settled: its slot is free in our books. Its locks are another matter (K-2). */
export function releaseLease(mesh: Mesh, run: RunState, lease: LeaseState): void {
  recharge(run, lease, tookMs(mesh, lease));
  const node = mesh.nodes.get(lease.nodeId);
  if (node?.active.delete(lease) !== true) return;
  noteLeaseOver(mesh, node, lease);
  run.share.activeCount -= 1;
  mesh.roomy.add(node);
  // A bounded run may have one more now, anywhere.
  if (isBounded(run, mesh.quotas)) mesh.queue.stirs += 1;
}

function tookMs(mesh: Mesh, { attempt }: LeaseState): number {
  if (attempt === undefined) return 0;
  return attempt.end?.durationMs ?? Math.max(0, mesh.clock.wallMs() - attempt.startedWallMs);
}

/** K-2, K-3: what a settlement means for the locks of its lease. */
export function settleLocks(mesh: Mesh, run: RunState, lease: LeaseState): void {
  const { settlement } = lease;
  if (settlement === undefined) return;
  if (lease.attempt?.end !== undefined || isOver(settlement))
    return dropLocks(mesh.locks, lease.id);
  const boundMs = boundOf(mesh, run, lease);
  keepLocks(mesh.locks, lease.id, mesh.clock.monotonicMs() + boundMs);
}

/** A lease of an open run, found in the store at the start: its locks are held until the same moment as before. */
export function restoreLocks(mesh: Mesh, run: RunState, lease: LeaseState): void {
  const { settlement } = lease;
  if (settlement === undefined || lease.attempt?.end !== undefined || isOver(settlement)) return;
  const leftMs = settlement.wallMs + boundOf(mesh, run, lease) - mesh.clock.wallMs();
  if (leftMs <= 0) return;
  takeLocks(mesh.locks, lease, locksOf(run, lease));
  keepLocks(mesh.locks, lease.id, mesh.clock.monotonicMs() + leftMs);
}

/** Its node gave it back, refused it, or does not hold it: it never runs, or runs no more. */
function isOver({ kind, cause }: Settlement): boolean {
  return kind === "recalled" || cause === "missing";
}

function boundOf(mesh: Mesh, run: RunState, lease: LeaseState): number {
  const definition = run.tests[lease.testIndex]?.definition;
  return definition === undefined ? 0 : attemptMsMax(definition, mesh.limits);
}

const locksOf = (run: RunState, lease: LeaseState) =>
  run.tests[lease.testIndex]?.definition.schedule?.locks ?? [];
