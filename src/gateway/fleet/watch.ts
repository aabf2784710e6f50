/** What the passing of time means for the lives of nodes: liveness.ts decides, here it is done. */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { sendControl } from "#gateway/scheduler/wire.ts";
import { setLife } from "./life.ts";
import { judgeLife } from "./liveness.ts";
import { declareGone } from "./registry.ts";

/** Called on each tick while the gateway itself hears NATS: else nobody's silence means anything (V2). */
export function watchLives(mesh: Mesh): void {
  const nowMs = mesh.clock.monotonicMs();
  for (const node of [...mesh.nodes.values()]) judgeNode(mesh, node, nowMs);
}

function judgeNode(mesh: Mesh, node: NodeState, nowMs: number): void {
  const judged = judgeLife(node.life, nowMs, mesh.limits);
  setLife(mesh, node, judged.life);
  if (judged.act === "probe")
    mesh.turn.afterCommit(() => sendControl(mesh, node, { kind: "probe", meshId: mesh.meshId }));
  if (judged.act === "declare_silent") declareGone(mesh, node, "node_silent");
}
