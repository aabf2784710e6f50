/** How many attempts a node may be given at once now: the one answer to whether it is open. */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";

/** 0 when it takes none: not alive, in its rest after a refusal, drained by a person, or draining by itself. */
export function openSlots(mesh: Pick<Mesh, "clock">, node: NodeState): number {
  const isOpen =
    node.life.kind === "alive" &&
    !node.isDraining &&
    !node.record.isDrained &&
    mesh.clock.monotonicMs() >= node.restUntilMs;
  return isOpen ? node.record.hello.slots : 0;
}
