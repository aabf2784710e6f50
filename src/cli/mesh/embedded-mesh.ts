/** A whole mesh for one run: gateway in this process, nodes beside it, everything in one temporary folder; gone when closed. */
import { join } from "node:path";
import { startGateway } from "#gateway/gateway.ts";
import type { Clock } from "#shared/clock.ts";
import { useTempDir } from "#shared/config.ts";
import type { Limits } from "#shared/limits.ts";
import type { Endpoint } from "../endpoint.ts";
import { startLocalNodes } from "./local-nodes.ts";
import { makeTempFolder } from "./temp-folder.ts";

export type EmbeddedMeshOptions = {
  readonly nodeCount: number;
  readonly slots?: number | undefined;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly searchPath: string;
  readonly onFault: (thrown: unknown) => void;
  /** Told when a node died and is started again. */
  readonly onTrouble: (text: string) => void;
  readonly onLog: (line: string) => void;
};

export type EmbeddedMesh = AsyncDisposable & { readonly endpoint: Endpoint };

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
  const nodes = startLocalNodes({
    ...options,
    count: options.nodeCount,
    nodesDir: join(folder.path, "nodes"),
    joinToken: gateway.joinToken(),
    onReady: () => undefined,
  });
  started.defer(() => nodes.stop());
  await nodes.ready;
  const parts = started.move();
  return {
    endpoint: { url: gateway.url, apiKey: gateway.apiKey },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
