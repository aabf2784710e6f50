/** A node as people see it over the API. */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { NodeSummary } from "#proto/api.ts";
import { whyClosed } from "./open-slots.ts";

export function nodeSummary(mesh: Mesh, node: NodeState): NodeSummary {
  const { record, life } = node;
  const { capabilities } = record.hello;
  const nowMs = mesh.clock.monotonicMs();
  const heardMs = life.kind === "gone" ? undefined : Math.round(nowMs - life.heardMs);
  return {
    id: record.nodeId,
    name: record.name,
    state: life.kind,
    isDraining: record.isDrained || (node.isDraining && !node.isResuming),
    epoch: record.epoch,
    version: record.hello.programVersion,
    platform: `${capabilities.os} ${capabilities.arch}`,
    slots: record.hello.slots,
    busy: node.active.size,
    speed: Math.round(node.speed * 100) / 100,
    labels: capabilities.labels,
    ...(capabilities.pool === undefined ? {} : { pool: capabilities.pool }),
    able: capabilities.able.map((one) =>
      [one.platform, one.browser, one.version, one.isRemote === true ? "(remote)" : undefined]
        .filter((word) => word !== undefined)
        .join(" "),
    ),
    unable: capabilities.unable.map((one) => `${one.platform}: ${one.reason}`),
    ...(heardMs === undefined ? {} : { lastHeardMs: heardMs }),
    ...(node.closed === undefined || life.kind === "gone" ? {} : { closed: node.closed }),
    ...orders(node),
    ...breakerOf(node, nowMs),
    ...held(mesh, node),
  };
}

/** What people told of it. */
function orders({ record: { isDrained, drain, cordon } }: NodeState): Partial<NodeSummary> {
  const told = {
    ...(drain?.reason === undefined ? {} : { reason: drain.reason }),
    ...(drain?.deadlineWallMs === undefined
      ? {}
      : { deadlineAt: new Date(drain.deadlineWallMs).toISOString() }),
  };
  return {
    ...(isDrained && drain !== undefined ? { drain: told } : {}),
    ...(cordon === undefined ? {} : { cordon: { reason: cordon.reason } }),
  };
}

function breakerOf({ breaker }: NodeState, nowMs: number): Partial<NodeSummary> {
  if (breaker.kind === "closed") return {};
  const retryMs = Math.max(0, Math.round(breaker.untilMs - nowMs));
  return {
    breaker: breaker.kind === "open" ? { state: "open", retryMs } : { state: "half_open" },
  };
}

function held(mesh: Mesh, node: NodeState): Partial<NodeSummary> {
  const why = node.life.kind === "gone" ? undefined : whyClosed(mesh, node);
  return why === undefined ? {} : { held: why.text };
}
