/**
 * How a node becomes one of the mesh: it shows the public half of its key pair and gets a credential for itself alone.
 * A node id belongs to the first key that came with it, for good: whoever has a join token may join as a new node, and
 * as no other. The binding is on disk before the credential is said.
 */
import type { JoinAnswer, JoinRequest } from "#proto/api.ts";
import type { MeshId, NodeId } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { isUserPublicKey } from "#shared/nats/credentials.ts";
import { blobKeyOf } from "./blob-key.ts";
import type { GatewayStore } from "./store/gateway-store.ts";

export type JoinOptions = {
  readonly meshId: MeshId;
  readonly store: Pick<GatewayStore, "bindNodeKey">;
  readonly blobSecret: string;
  /** Signs a credential for the own nats-server; absent with an outside NATS. */
  readonly issue: ((nodeId: NodeId, publicKey: string) => string) | undefined;
};

/** Makes the answer to a join. @throws {MeshError} `usage`, `foreign_mesh` or `foreign_key` when it is refused; `disk_full`. */
export type Join = (request: JoinRequest) => JoinAnswer;

export function createJoin({ meshId, store, blobSecret, issue }: JoinOptions): Join {
  return ({ meshId: theirs, nodeId, publicKey }) => {
    if (!isUserPublicKey(publicKey)) {
      const text = "Cannot join: the public key is damaged, its checksum does not fit";
      throw new MeshError("usage", text);
    }
    if (theirs !== meshId) {
      const text = `Cannot join: the token is of mesh ${theirs}, this is ${meshId}; take a new one by \`panoptic token\``;
      throw new MeshError("foreign_mesh", text);
    }
    if (store.bindNodeKey(nodeId, publicKey) !== publicKey) {
      const text = `Cannot join: ${nodeId} has joined with another key; start this node on a new data folder, or put the credential.json back that it joined with`;
      throw new MeshError("foreign_key", text);
    }
    return {
      nodeId,
      blobKey: blobKeyOf(blobSecret, nodeId),
      ...(issue === undefined ? {} : { natsJwt: issue(nodeId, publicKey) }),
    };
  };
}
