/**
 * Drains whose deadline is over: what still runs on the node is ended there, lost as `drained`, and queued again
 * elsewhere. The node says so itself, as it says everything of its attempts; one that does not answer within
 * `cancelAnswerMs` is not waited for. Derivable from the store, so it is asked again until nothing is left (L5).
 */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { settleLease } from "#gateway/scheduler/settle.ts";
import { sendControl } from "#gateway/scheduler/wire.ts";

/** Between two times that the same node is asked. */
const ASK_MS = 1_000;

/** Called on each tick. */
export function endOverdueDrains(mesh: Mesh): void {
  const nowWallMs = mesh.clock.wallMs();
  for (const node of mesh.nodes.values()) {
    const { isDrained, drain } = node.record;
    const isOver = isDrained && nowWallMs >= (drain?.deadlineWallMs ?? Number.POSITIVE_INFINITY);
    if (!isOver || node.active.size === 0) delete node.drainEnding;
    else if (node.life.kind !== "gone") endDrain(mesh, node);
  }
}

function endDrain(mesh: Mesh, node: NodeState): void {
  const nowMs = mesh.clock.monotonicMs();
  node.drainEnding ??= { sinceMs: nowMs, askedMs: Number.NEGATIVE_INFINITY };
  const reason = drainedReason(node);
  if (nowMs - node.drainEnding.sinceMs >= mesh.limits.cancelAnswerMs)
    return giveUp(mesh, node, reason);
  if (nowMs - node.drainEnding.askedMs < ASK_MS) return;
  node.drainEnding.askedMs = nowMs;
  const leaseIds = [...node.active].map((lease) => lease.id);
  const { epoch } = node.record;
  mesh.turn.afterCommit(() =>
    sendControl(mesh, node, {
      kind: "cancel",
      meshId: mesh.meshId,
      epoch,
      leaseIds,
      drained: reason,
    }),
  );
}

function giveUp(mesh: Mesh, node: NodeState, reason: string): void {
  for (const lease of [...node.active]) {
    const run = mesh.runs.get(lease.runId);
    if (run === undefined) continue;
    const settlement = {
      kind: "lost",
      cause: "drained",
      reason: `${reason}; it did not answer in time`,
    } as const;
    settleLease(mesh, run, { lease, settlement });
  }
}

function drainedReason({ record: { name, drain } }: NodeState): string {
  const why = drain?.reason === undefined ? "" : ` (${drain.reason})`;
  return `Node ${name} was drained${why}: its deadline is over`;
}
