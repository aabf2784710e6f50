/** Speaks on a mesh's NATS as a gateway and as a node of its own, with the keys of the gateway's data folder. */
import { join } from "node:path";
import { NodeId } from "#proto/ids.ts";
import { gatewayInboxPrefix, nodeInboxPrefix } from "#proto/subjects.ts";
import type { Bus } from "#shared/bus.ts";
import { systemClock } from "#shared/clock.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { createLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import { newUserSeed, openNatsAuthority, publicKeyOf } from "#shared/nats/credentials.ts";
import type { FuzzMesh } from "../fuzz-mesh.ts";

export type WireClient = AsyncDisposable & {
  readonly gateway: Bus;
  readonly node: Bus;
  readonly meshId: string;
  /** The node as which `node` speaks. */
  readonly nodeId: NodeId;
  /** The real one, and its term. */
  readonly realNodeId: NodeId;
  readonly epoch: number;
};

/** Connects both. */
export async function connectWire(fuzz: FuzzMesh): Promise<WireClient> {
  const { stdout } = await fuzz.mesh.ask("token");
  const { natsUrl, meshId } = decodeJoinToken(stdout);
  const authority = openNatsAuthority(join(fuzz.mesh.gatewayDir, "nats-keys.json"), systemClock);
  const nodeId = NodeId.parse("node-of-the-fuzzer");
  const seed = newUserSeed();
  const jwt = authority.issue(nodeId, publicKeyOf(seed));
  const log = createLog("fuzz");
  const gateway = await connectNatsBus({
    url: natsUrl,
    credential: authority.gateway,
    inboxPrefix: gatewayInboxPrefix(),
    name: "fuzzer as gateway",
    log,
  });
  const node = await connectNatsBus({
    url: natsUrl,
    credential: { kind: "key", jwt: () => jwt, seed },
    inboxPrefix: nodeInboxPrefix(nodeId),
    name: "fuzzer as node",
    log,
  });
  const answer = await (await fuzz.call("/v1/nodes")).json();
  const real = (
    answer as { nodes: readonly { id: string; name: string; epoch: number }[] }
  ).nodes.find(({ name }) => name === "node-1");
  if (real === undefined) throw new Error("Cannot find the node to fuzz");
  return {
    gateway,
    node,
    meshId,
    nodeId,
    realNodeId: NodeId.parse(real.id),
    epoch: real.epoch,
    [Symbol.asyncDispose]: async () => {
      await node.close();
      await gateway.close();
    },
  };
}
