/** P: the nodes of a forecast: those of a mesh as they are now, or such as a person states them. */
import { openSlots } from "#gateway/fleet/open-slots.ts";
import type { NodeRecord } from "#gateway/mesh/change.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { Capabilities } from "#proto/hello.ts";
import { BootId, Epoch, MeshId, NodeId, StoreId } from "#proto/ids.ts";
import type { FleetPart } from "#proto/plan.ts";
import type { TestDefinition } from "#proto/test.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";

export type ForecastNode = {
  readonly record: NodeRecord;
  /** 1 is typical, 2 takes twice as long. */
  readonly speed: number;
};

/** The nodes that take tests now, as if they had none. */
export function openNodes(mesh: Mesh): readonly ForecastNode[] {
  return [...mesh.nodes.values()]
    .filter((node) => openSlots(mesh, node) > 0)
    .map(({ record, speed }) => ({ record, speed }));
}

/** `node-1` and so on, typical ones. */
export function stateFleet(parts: readonly FleetPart[]): readonly ForecastNode[] {
  return parts
    .flatMap(({ nodes, slots }) => Array.from({ length: nodes }, () => slots))
    .map((slots, index) => ({ record: recordOf(`node-${index + 1}`, slots), speed: 1 }));
}

/** What a stated fleet is asked: nobody says what its nodes have, so they have what a test needs. */
export function withoutNeeds(test: TestDefinition): TestDefinition {
  const { node } = test.needs;
  return { ...test, needs: { labels: [], ...(node === undefined ? {} : { node }) } };
}

function recordOf(name: string, slots: number): NodeRecord {
  const nodeId = NodeId.parse(name);
  const ids = { bootId: BootId.parse(name), storeId: StoreId.parse(name) };
  const capabilities = Capabilities.parse({
    able: [{ platform: "web", browser: "chromium" }, { platform: "http" }],
    unable: [],
    labels: [],
    os: "any",
    arch: "any",
    cpuCount: 1,
    memoryBytes: 1,
  });
  return {
    nodeId,
    name,
    ...ids,
    epoch: Epoch.parse(1),
    isGone: false,
    isDrained: false,
    offsetMs: 0,
    hello: {
      versions: { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
      meshId: MeshId.parse("mesh-forecast"),
      nodeId,
      ...ids,
      name,
      programVersion: "",
      capabilities,
      slots,
      isDraining: false,
      held: [],
      lastEvent: 0,
      wallMs: 0,
    },
  };
}
