/**
 * The way of blobs beside the events (R3), as far as promises go: a node keeps the bytes until the gateway says that it
 * has them; what it says must be committed. Bytes travel at once or are lost; only whose word they are is judged.
 */
import type { MemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import type { Sha256 } from "#proto/ids.ts";
import type { SimContext } from "./context.ts";
import type { SimNode } from "./node-shape.ts";
import type { SimGateway } from "./sim-gateway.ts";

export type BlobPostOptions = {
  readonly context: SimContext;
  readonly store: MemoryGatewayStore;
  readonly gateway: SimGateway;
};

const PAUSE_MS_MAX = 900;
/** Among more nodes than this each looks less often. */
const CROWD = 50;
const LOST_CHANCE = 0.3;

/** Sends what the node keeps, one blob at a time, for ever. */
export function startBlobPost(options: BlobPostOptions, node: SimNode): void {
  const { context } = options;
  const random = context.random.fork(`blobs of ${node.name}`);
  const pauseMsMax = PAUSE_MS_MAX * (context.plan.nodes.length > CROWD ? 8 : 1);
  const post = () => {
    if (node.hasLeft()) return;
    context.clock.after(random.int(50, pauseMsMax), post);
    const [sha256] = node.disk.blobs.keys();
    if (sha256 === undefined || !node.isReachable()) return;
    if (context.clock.monotonicMs() < context.plan.healMs && random.chance(LOST_CHANCE))
      return noteLost(options, node, sha256);
    send(options, node, sha256);
  };
  post();
}

function noteLost({ context, store }: BlobPostOptions, node: SimNode, sha256: Sha256): void {
  const { storeId, number } = node.disk.blobs.get(sha256) ?? { storeId: "", number: 0 };
  context.trace.note(`BLOB ${sha256.slice(0, 8)} of ${node.name} is lost`);
  const confirmed = store.confirmed as ReadonlyMap<string, number>;
  if ((confirmed.get(storeId) ?? 0) >= number) context.rows.play("blob lost after its event");
}

function send({ context, store, gateway }: BlobPostOptions, node: SimNode, sha256: Sha256): void {
  const service = gateway.service();
  if (service === undefined || gateway.isFrozen()) return;
  service.blobStored(sha256, 10).then(
    () => {
      if (gateway.service() !== service) return; // it died before it could say so
      context.trace.note(`BLOB ${sha256.slice(0, 8)} of ${node.name} is stored`);
      if (store.blobBytes(sha256) === undefined)
        context.fail("R3", `${node.name} was told that blob ${sha256} is stored: it is not`);
      node.disk.blobs.delete(sha256);
    },
    (thrown: unknown) => context.trace.note(`BLOB refused: ${String(thrown)}`),
  );
}

/** At the end every artifact that has bytes is stored, unless its node lost them with its disk. */
export function judgeBlobs(
  { context, store }: Pick<BlobPostOptions, "context" | "store">,
  nodes: readonly SimNode[],
): void {
  for (const { run } of context.plan.runs) {
    for (const { event } of store.runs.get(run.runId)?.events ?? []) {
      if (event.kind !== "artifact_found" || event.artifact.sha256 === undefined) continue;
      if (store.blobBytes(event.artifact.sha256) !== undefined) continue;
      const { nodeId } = store.runs.get(run.runId)?.leases.get(event.leaseId) ?? {};
      if (nodes.find((node) => node.nodeId === nodeId)?.disk.isPristine() === false) continue;
      context.fail("R3", `Blob ${event.artifact.sha256} of ${event.leaseId} is stored nowhere`);
    }
  }
}
