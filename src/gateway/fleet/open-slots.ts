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
    // Asked of every node in every turn: the clock is read only for who rests.
    (node.restUntilMs === 0 || mesh.clock.monotonicMs() >= node.restUntilMs);
  if (!isOpen) return 0;
  return node.breaker.kind === "half_open" ? 1 : node.record.hello.slots;
}

/** What keeps a node from taking tests, or all but one; as a predicate for people: `is drained: new kernel`. */
export type Closure = { readonly code: ClosureCode; readonly text: string };

export type ClosureCode =
  | "node_gone"
  | "node_suspect"
  | "node_cordoned"
  | "node_drained"
  | "node_closed"
  | "node_breaker"
  | "node_resting";

/** Why it takes none, or only one at a time; undefined when nothing holds it back. The strongest reason alone. */
export function whyClosed(mesh: Pick<Mesh, "clock">, node: NodeState): Closure | undefined {
  const nowMs = mesh.clock.monotonicMs();
  if (node.life.kind === "gone") return { code: "node_gone", text: "is gone" };
  const order = orderOf(node);
  if (order !== undefined) return order;
  if (node.closed !== undefined) return { code: "node_closed", text: `takes none: ${node.closed}` };
  if (node.isDraining) return { code: "node_closed", text: "is draining or stopping by itself" };
  if (node.life.kind === "suspect")
    return { code: "node_suspect", text: "is suspect: it was not heard lately" };
  const broken = breakerInWords(node.breaker, nowMs);
  if (broken !== undefined) return { code: "node_breaker", text: broken };
  if (nowMs < node.restUntilMs)
    return { code: "node_resting", text: "refused an offer a moment ago" };
  return undefined;
}

/** What a person told of the node that closes it. */
export function orderOf({ record }: NodeState): Closure | undefined {
  const { cordon, drain, isDrained } = record;
  if (cordon !== undefined) return { code: "node_cordoned", text: `is cordoned: ${cordon.reason}` };
  if (!isDrained) return undefined;
  const why = drain?.reason === undefined ? "" : `: ${drain.reason}`;
  return { code: "node_drained", text: `is drained${why}` };
}

/** Whether a node that takes nothing now will again by itself: what belongs to it may wait for it. */
export function isStaying({ life, record, isDraining, isResuming }: NodeState): boolean {
  if (life.kind === "gone" || record.isDrained || record.cordon !== undefined) return false;
  return !isDraining || isResuming;
}
