/** The mesh of a run's own, as its options want it. Loaded when there is one: a run on a gateway needs none of it. */
import type { StepGate } from "#node/attempts/gate.ts";
import type { Context } from "../context.ts";
import type { EmbeddedMesh } from "../mesh/embedded-mesh.ts";
import { leaveByFault } from "../serving.ts";
import type { RunCommandOptions } from "./run-options.ts";

const NODES_DEFAULT = 2;

/** Starts it; returns when every node has joined. @throws {MeshError} When a part does not start. */
export async function startOwnMesh(
  options: Pick<RunCommandOptions, "nodes" | "slots" | "profile">,
  context: Context,
  gate?: StepGate,
): Promise<EmbeddedMesh> {
  const { config, terminal } = context;
  const { startEmbeddedMesh } = await import("../mesh/embedded-mesh.ts");
  return startEmbeddedMesh({
    nodeCount: options.nodes ?? NODES_DEFAULT,
    slots: options.slots,
    profile: options.profile,
    clock: context.clock,
    limits: config.limits,
    onTrouble: (text) => terminal.warn(`panoptic: ${text}`),
    searchPath: config.searchPath,
    onFault: (thrown) => leaveByFault(thrown, context),
    onLog: () => undefined,
    ...(gate === undefined ? {} : { gate }),
  });
}
