/**
 * The one place where a node's life changes (liveness.ts says to what), and where people are told of it: each change
 * once, the decisions among them after their commit. Grace is no news: every node has it when the gateway was away.
 */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { NodeLife } from "./liveness.ts";

/** Changes the node's life and logs it: suspect, heard again. That it is gone or came is said by whoever decides it. */
export function setLife(mesh: Mesh, node: NodeState, life: NodeLife): void {
  const before = node.life;
  node.life = life;
  if (before.kind === life.kind) return;
  const { name, nodeId } = node.record;
  if (life.kind === "suspect" && life.graceUntilMs === 0) {
    node.isToldSuspect = true;
    const silentMs = Math.round(mesh.clock.monotonicMs() - life.heardMs);
    mesh.log.warn("Node is suspect: it gets no offers", { name, nodeId, silentMs });
  }
  if (life.kind !== "alive" || !node.isToldSuspect) return;
  node.isToldSuspect = false;
  if (before.kind === "suspect") mesh.log.info("Node is heard again", { name, nodeId });
}

/** Says after the commit that a node is gone, and what that costs. */
export function tellGone(mesh: Mesh, node: NodeState, reason: string): void {
  const { nodeId, epoch } = node.record;
  const leases = node.active.size;
  mesh.turn.afterCommit(() => mesh.log.warn(reason, { nodeId, epoch, leases }));
}

export type Arrival = {
  /** Unknown until now. */
  readonly isNew: boolean;
  /** Another process than the one before. */
  readonly isNewBoot: boolean;
  readonly wasGone: boolean;
};

/** Says after the commit that a node came: one that only says hello again is no news. */
export function tellArrival(mesh: Mesh, node: NodeState, arrival: Arrival): void {
  if (!arrival.isNewBoot && !arrival.wasGone) return;
  const { name, nodeId, epoch, hello } = node.record;
  const what = arrival.isNew
    ? "Node joined"
    : arrival.isNewBoot
      ? "Node joined again, as a new process"
      : "Node is back";
  const fields = { name, nodeId, epoch, version: hello.programVersion, slots: hello.slots };
  mesh.turn.afterCommit(() => mesh.log.info(what, fields));
}

/** Whether a node has been gone for so long, with nothing to be waited for, that lists leave it out; reports never do. */
export function isForgotten(mesh: Mesh, node: NodeState): boolean {
  if (node.life.kind !== "gone" || node.active.size > 0) return false;
  const { goneSinceMs } = node;
  // After a restart only its last hello is known, which is older than its end: what was gone before stays forgotten.
  const goneForMs =
    goneSinceMs === undefined
      ? mesh.clock.wallMs() - helloWallMs(node)
      : mesh.clock.monotonicMs() - goneSinceMs;
  return goneForMs >= mesh.limits.goneShownMs;
}

/** The nodes that lists show: all that are not gone, and the newest of those that are. */
export function shownNodes(mesh: Mesh): readonly NodeState[] {
  const shown = [...mesh.nodes.values()].filter((node) => !isForgotten(mesh, node));
  const gone = shown.filter((node) => node.life.kind === "gone");
  const extra = gone.length - mesh.limits.goneShownMax;
  if (extra <= 0) return shown;
  const oldest = gone.sort((a, b) => helloWallMs(a) - helloWallMs(b)).slice(0, extra);
  const left = new Set(oldest);
  return shown.filter((node) => !left.has(node));
}

/** Its last hello, in the gateway's wall clock. */
const helloWallMs = ({ record }: NodeState): number => record.hello.wallMs + record.offsetMs;
