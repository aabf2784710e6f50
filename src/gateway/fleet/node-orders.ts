/** What people tell of nodes: drain, cordon, resume. Each is kept before it is answered, and holds over restarts of both sides. */
import type { GatewayCore } from "#gateway/core.ts";
import type { NodeDrain, NodeRecord } from "#gateway/mesh/change.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { sendControl } from "#gateway/scheduler/wire.ts";
import type { NodeSummary } from "#proto/api.ts";
import type { DrainNode } from "#proto/fleet.ts";
import type { NodeId } from "#proto/ids.ts";
import { shownNodes } from "./life.ts";
import { nodeSummary } from "./node-summary.ts";

/** Each takes a node's id or name, is undefined when there is none, and resolves when it is committed. */
export type NodeOrders = {
  /** Drains: gives back what has not started; ends what runs after the deadline, if one was said. Or resumes: lifts a cordon, too. */
  readonly setDrained: (
    node: NodeId | string,
    isDrained: boolean,
    wish?: DrainNode,
  ) => Promise<NodeSummary | undefined>;
  /** Gives it no new leases; it keeps what it has, started or not. */
  readonly cordon: (node: NodeId | string, reason: string) => Promise<NodeSummary | undefined>;
};

export function createNodeOrders(core: GatewayCore): NodeOrders {
  const { mesh } = core;
  const change = async (
    name: string,
    act: (node: NodeState) => void,
  ): Promise<NodeSummary | undefined> => {
    const node = findNode(mesh, name);
    if (node === undefined) return undefined;
    await core.decide(() => act(node));
    return nodeSummary(mesh, node);
  };
  return {
    setDrained: (name, isDrained, wish = {}) =>
      change(name, (node) => {
        if (isDrained) drain(mesh, node, wish);
        else resume(mesh, node);
      }),
    cordon: (name, reason) =>
      change(name, (node) => save(mesh, node, { ...node.record, cordon: { reason } })),
  };
}

function drain(mesh: Mesh, node: NodeState, { reason, deadlineMs }: DrainNode): void {
  const before = node.record.isDrained ? node.record.drain : undefined;
  const deadlineWallMs =
    deadlineMs === undefined ? before?.deadlineWallMs : mesh.clock.wallMs() + deadlineMs;
  const told: NodeDrain = { reason: reason ?? before?.reason, deadlineWallMs };
  node.isResuming = false;
  save(mesh, node, { ...node.record, isDrained: true, drain: told });
  send(mesh, node, "drain");
}

function resume(mesh: Mesh, node: NodeState): void {
  const { drain: _over, cordon: _lifted, ...record } = node.record;
  node.isResuming = true;
  save(mesh, node, { ...record, isDrained: false });
  send(mesh, node, "resume");
}

function save(mesh: Mesh, node: NodeState, record: NodeRecord): void {
  node.record = record;
  mesh.turn.save({ kind: "node_saved", node: record });
}

function send(mesh: Mesh, node: NodeState, kind: "drain" | "resume"): void {
  const { epoch } = node.record;
  mesh.turn.afterCommit(() => sendControl(mesh, node, { kind, meshId: mesh.meshId, epoch }));
}

function findNode(mesh: Mesh, name: string): NodeState | undefined {
  const named = shownNodes(mesh).filter(
    ({ record }) => record.nodeId === name || record.name === name,
  );
  // A name may have been a gone node's before: the living one is meant.
  return named.find((node) => node.life.kind !== "gone") ?? named[0];
}
