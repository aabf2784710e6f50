/** How many attempts a node may have at once now: the one answer to whether it is open. */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { breakerInWords } from "./breaker.ts";

/** 0 when it takes none (`whyClosed`); 1 while its breaker tries it; else its slots. */
export function openSlots(mesh: Pick<Mesh, "clock">, node: NodeState): number {
  const isOpen =
    node.life.kind === "alive" &&
    !node.isDraining &&
    !node.record.isDrained &&
    node.record.cordon === undefined &&
    node.breaker.kind !== "open" &&
    mesh.clock.monotonicMs() >= node.restUntilMs;
  if (!isOpen) return 0;
  return node.breaker.kind === "half_open" ? 1 : node.record.hello.slots;
}

/** Why it takes none, or only one at a time, in words for people; undefined when nothing holds it back. */
export function whyClosed(mesh: Pick<Mesh, "clock">, node: NodeState): string | undefined {
  const nowMs = mesh.clock.monotonicMs();
  if (node.life.kind === "gone") return "it is gone";
  if (node.record.cordon !== undefined) return `it is cordoned: ${node.record.cordon.reason}`;
  if (node.record.isDrained) return drainInWords(node);
  if (node.closed !== undefined) return `it takes none: ${node.closed}`;
  if (node.isDraining) return "it is draining or stopping by itself";
  if (node.life.kind === "suspect") return "it is suspect: not heard lately";
  const broken = breakerInWords(node.breaker, nowMs);
  if (broken !== undefined) return broken;
  return nowMs < node.restUntilMs ? "it refused an offer just now" : undefined;
}

function drainInWords({ record: { drain } }: NodeState): string {
  return drain?.reason === undefined ? "it is drained" : `it is drained: ${drain.reason}`;
}

/** Whether a node that takes nothing now will again by itself: what belongs to it may wait for it. */
export function isStaying({ life, record, isDraining, isResuming }: NodeState): boolean {
  if (life.kind === "gone" || record.isDrained || record.cordon !== undefined) return false;
  return !isDraining || isResuming;
}
