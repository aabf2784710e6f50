/** A whole mesh for one run: gateway in this process, nodes beside it, everything in one temporary folder; gone when closed. */
import { mkdirSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { startGateway } from "#gateway/gateway.ts";
import type { StepGate } from "#node/attempts/gate.ts";
import { type RunningNode, startNode } from "#node/node.ts";
import type { Clock } from "#shared/clock.ts";
import { useTempDir } from "#shared/config.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import type { Limits } from "#shared/limits.ts";
import type { Endpoint } from "../endpoint.ts";
import { startLocalNodes } from "./local-nodes.ts";
import { type ProfileName, readProfile } from "./profile.ts";
import { makeTempFolder } from "./temp-folder.ts";

export type EmbeddedMeshOptions = {
  readonly nodeCount: number;
  readonly slots?: number | undefined;
  readonly profile?: ProfileName | undefined;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly searchPath: string;
  readonly onFault: (thrown: unknown) => void;
  /** Told when a node died and is started again. */
  readonly onTrouble: (text: string) => void;
  readonly onLog: (line: string) => void;
  /** Holds attempts still: the only node is in this process then, with one slot. */
  readonly gate?: StepGate;
};

export type EmbeddedMesh = AsyncDisposable & { readonly endpoint: Endpoint };

const HELD_NAME = "node-1";

/**
 * Starts the mesh and returns when every node has joined.
 *
 * @throws {MeshError} When a part does not start; what had started is ended.
 */
export async function startEmbeddedMesh(options: EmbeddedMeshOptions): Promise<EmbeddedMesh> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(await makeTempFolder("run"), ({ remove }) => remove());
  started.defer(useTempDir(folder.path));
  const gateway = await startGateway({ ...options, dataDir: folder.path });
  started.defer(() => gateway.stop());
  const nodesDir = join(folder.path, "nodes");
  const joinToken = gateway.joinToken();
  if (options.gate === undefined) {
    const count = options.nodeCount;
    const local = { ...options, count, nodesDir, joinToken, onReady: () => undefined };
    const nodes = startLocalNodes(local);
    started.defer(() => nodes.stop());
    await nodes.ready;
  } else {
    const node = await startHeldNode(options, { gate: options.gate, nodesDir, joinToken });
    started.defer(() => node.stop("at_once"));
  }
  const parts = started.move();
  return {
    endpoint: { url: gateway.url, apiKey: gateway.apiKey },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

type Held = {
  readonly gate: StepGate;
  readonly nodesDir: string;
  readonly joinToken: string;
};

/** What holds an attempt talks to it directly, so they are in one process. */
function startHeldNode(
  { limits, searchPath, onFault, profile }: EmbeddedMeshOptions,
  { gate, nodesDir, joinToken }: Held,
): Promise<RunningNode> {
  const dataDir = join(nodesDir, HELD_NAME);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { slots: _one, ...keeping } = readProfile(profile ? { profile } : {}, totalmem());
  return startNode({
    ...keeping,
    token: decodeJoinToken(joinToken),
    dataDir,
    name: HELD_NAME,
    slots: 1,
    limits,
    searchPath,
    gate,
    onStopped: (error) => {
      if (error !== undefined) onFault(error);
    },
  });
}
