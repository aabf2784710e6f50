/** A real gateway with its real nats-server and two real nodes in this process, and what lies in their data folders. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, type GatewayOptions, startGateway } from "#gateway/gateway.ts";
import { createHttpDriver } from "#node/drivers/http/driver.ts";
import { type NodeOptions, type RunningNode, startNode } from "#node/node.ts";
import { decodeJoinToken } from "#shared/join-token.ts";

export type JoinedNode = {
  readonly node: RunningNode;
  readonly dataDir: string;
  /** Errors by which it ended unasked. */
  readonly ended: (Error | undefined)[];
};

export type SecuredMesh = AsyncDisposable & {
  readonly gateway: () => Gateway;
  readonly gatewayDir: string;
  readonly newFolder: () => string;
  readonly join: (change?: Partial<NodeOptions>) => Promise<JoinedNode>;
  /** Stops the gateway, does something to its folder, and starts it again. */
  readonly restart: (between?: () => void) => Promise<void>;
};

export async function startSecuredMesh(
  options: Partial<GatewayOptions> = {},
): Promise<SecuredMesh> {
  await using parts = new AsyncDisposableStack();
  const folders = parts.use(new AsyncDisposableStack());
  const newFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), "panoptic-security-"));
    folders.defer(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  const gatewayDir = newFolder();
  let gateway = await startGateway({ ...options, dataDir: gatewayDir });
  parts.defer(() => gateway.stop());
  const joinMesh = async (change: Partial<NodeOptions> = {}): Promise<JoinedNode> => {
    const dataDir = change.dataDir ?? newFolder();
    const ended: (Error | undefined)[] = [];
    const node = await startNode({
      token: decodeJoinToken(gateway.joinToken()),
      slots: 1,
      drivers: [createHttpDriver()],
      onStopped: (error) => void ended.push(error),
      ...change,
      dataDir,
    });
    nodes.defer(() => node.stop());
    return { node, dataDir, ended };
  };
  const restart = async (between: () => void = () => undefined) => {
    await gateway.stop();
    between();
    gateway = await startGateway({ ...options, dataDir: gatewayDir });
  };
  const nodes = parts.use(new AsyncDisposableStack());
  const started = parts.move();
  return {
    gateway: () => gateway,
    gatewayDir,
    newFolder,
    join: joinMesh,
    restart,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

export type KeptCredential = {
  readonly seed: string;
  readonly pass: { readonly nodeId: string; readonly blobKey: string; readonly natsJwt: string };
};

/** What a node keeps in its data folder. */
export function credentialIn(dataDir: string): KeptCredential {
  return JSON.parse(readFileSync(join(dataDir, "credential.json"), "utf8")) as KeptCredential;
}
