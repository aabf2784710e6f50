/** Pure: what the nodes that could run a queued test are doing instead. */
import { openSlots, whyClosed } from "#gateway/fleet/open-slots.ts";
import { sparedNodes } from "#gateway/fleet/spare.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { mayRun } from "#gateway/scheduler/matching.ts";
import { explainNodeless } from "#gateway/scheduler/nodeless.ts";
import type { WhyReason } from "#proto/why.ts";
import type { Queued } from "./explain-queued.ts";

/** More nodes than these are counted, not named. */
const NAMED_MAX = 3;

export type NodesExplained = {
  readonly reasons: readonly WhyReason[];
  /** Nodes that could run it and take tests, busy or not. */
  readonly openNodes: readonly NodeState[];
};

export function explainNodes(mesh: Mesh, { test, bucket }: Queued): NodesExplained {
  const all = [...mesh.nodes.values()];
  const able = all.filter((node) => node.life.kind !== "gone" && mayRun(node, bucket));
  const openNodes = able.filter((node) => openSlots(mesh, node) > 0);
  if (able.length === 0) {
    const text = explainNodeless(all, test.definition) ?? "The node of its group is gone";
    return { reasons: [{ code: "no_node", text }], openNodes };
  }
  const closed = able.filter((node) => !openNodes.includes(node));
  if (openNodes.length === 0) return { reasons: closedReasons(mesh, closed), openNodes };
  const free = openNodes.filter((node) => node.active.size < openSlots(mesh, node));
  const isSpared = sparedNodes(mesh);
  if (openNodes.every((node) => isSpared(node, bucket)))
    return { reasons: [sparedReason(mesh)], openNodes };
  if (bucket.isAlone) return { reasons: aloneReasons(openNodes), openNodes };
  const reasons = free.length === 0 ? [busyReason(openNodes), ...closedReasons(mesh, closed)] : [];
  return { reasons, openNodes };
}

function busyReason(nodes: readonly NodeState[]): WhyReason {
  const which = nodes.length === 1 ? "The node" : `All ${nodes.length} nodes`;
  const verb = nodes.length === 1 ? "is" : "are";
  return { code: "busy", text: `${which} that could run it ${verb} busy: ${namesOf(nodes)}` };
}

/** spare.ts */
function sparedReason({ limits: { healthyNodesMin } }: Mesh): WhyReason {
  const left =
    healthyNodesMin === 1 ? "one healthy node is" : `${healthyNodesMin} healthy nodes are`;
  const text = `A node process died while it ran it, and only ${left} left: other work goes first`;
  return { code: "spared", text };
}

/** One a kind of reason, with the first nodes by name. */
function closedReasons(mesh: Mesh, nodes: readonly NodeState[]): readonly WhyReason[] {
  const byText = new Map<
    string,
    { readonly code: WhyReason["code"]; readonly nodes: NodeState[] }
  >();
  for (const node of nodes) {
    const why = whyClosed(mesh, node);
    if (why === undefined) continue;
    const known = byText.get(why.text) ?? { code: why.code, nodes: [] };
    byText.set(why.text, known);
    known.nodes.push(node);
  }
  return [...byText].map(([text, { code, nodes: held }]) => ({
    code,
    text: `${namesOf(held)} ${text}`,
  }));
}

/** C4 */
function aloneReasons(nodes: readonly NodeState[]): readonly WhyReason[] {
  if (nodes.some((node) => node.active.size === 0)) return [];
  const text = "Node processes died while they ran it: it waits for a node with nothing else";
  return [{ code: "alone", text }];
}

function namesOf(nodes: readonly NodeState[]): string {
  const names = nodes.slice(0, NAMED_MAX).map(({ record }) => record.name);
  const more = nodes.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}
