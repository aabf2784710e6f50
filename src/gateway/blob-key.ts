/** P: the blob keys of nodes: `NODE.MAC`, one for each node, made of one secret so that none need be kept. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { NodeId } from "#proto/ids.ts";

/** The key by which that node brings and fetches blobs. */
export function blobKeyOf(secret: string, nodeId: NodeId): string {
  return `${nodeId}.${macOf(secret, nodeId).toString("base64url")}`;
}

/** The node whose key it is; undefined when it is none of ours. Takes equal time for every wrong MAC. */
export function nodeOfBlobKey(secret: string, key: string): NodeId | undefined {
  const [name, mac = "", ...more] = key.split(".");
  const nodeId = NodeId.safeParse(name);
  if (!nodeId.success || more.length > 0) return undefined;
  const wanted = macOf(secret, nodeId.data);
  const given = Buffer.from(mac, "base64url");
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? nodeId.data : undefined;
}

function macOf(secret: string, nodeId: NodeId): Buffer {
  return createHmac("sha256", secret).update(`panoptic blob key of ${nodeId}`).digest();
}
