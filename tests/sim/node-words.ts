/** Are the gateway's words about nodes true of the nodes: gone (V1, V2), missing and recalled leases (L3, L4), no node for a test? */
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { LeaseId, NodeId } from "#proto/ids.ts";
import { isAble } from "./able.ts";
import type { Books, Place, RunBook } from "./books.ts";
import type { SimNode } from "./node-shape.ts";
import type { TestBook } from "./reference-verdict.ts";

/** Is the gateway's word about the lease true of the node? */
export function judgeSettlement(books: Books, { run, lease }: Place): void {
  const { fail } = books.context;
  const node = books.nodeOf(lease.nodeId as NodeId);
  const { kind, cause } = lease.settlement ?? { kind: "", cause: "" };
  if (node === undefined || lease.isTainted) return;
  const leaseId = lease.id as LeaseId;
  const state = node.disk.store().lease(leaseId)?.state;
  if (kind === "recalled" && node.oracle.hasStarted(leaseId)) {
    fail("L3", `Lease ${leaseId} was settled ${cause} though ${node.name} has started it`);
  }
  if (cause === "missing" && (state === "running" || state === "accepted")) {
    fail("L4", `Lease ${leaseId} was settled missing though ${node.name} holds it (${state})`);
  }
  if (kind === "lost" && (cause === "node_died" || cause === "node_silent"))
    judgeGone(books, node, cause === "node_died" ? "died" : "silent");
  if (kind === "cancelled" && !run.isCancelling)
    fail("R2", `Lease ${leaseId} was cancelled though its run was not`);
}

/** The gateway tries again twice a second. */
const COMMITTED_LATE_MS = 1_000;

function judgeGone(books: Books, node: SimNode, how: "died" | "silent"): void {
  if (node.health.mayBeGone(how)) return;
  // Decided before its disk was full, and committed now that there is room again: nobody was told of it in between.
  if (books.gatewayRoomForMs() < COMMITTED_LATE_MS) return;
  books.context.fail(
    "V2",
    `Node ${node.name} was declared gone (${how}) though it was well for ${node.health.wellForMs()} ms`,
  );
}

/** Notes who is gone and who is drained. */
export function takeNode(books: Books, { node }: ChangeOf<"node_saved">): void {
  const { clock } = books.context;
  if (node.isDrained || node.cordon !== undefined)
    books.drainedMs.set(node.nodeId, Number.POSITIVE_INFINITY);
  else if (books.drainedMs.has(node.nodeId)) books.drainedMs.set(node.nodeId, clock.monotonicMs());
  const wasGone = books.gone.has(node.nodeId);
  const before = books.epochs.get(node.nodeId) ?? 0;
  books.epochs.set(node.nodeId, node.epoch);
  if (node.epoch < before || (wasGone && !node.isGone && node.epoch === before))
    books.context.fail("I2", `Node ${node.nodeId} has epoch ${node.epoch} after ${before}`);
  if (node.isGone) books.gone.add(node.nodeId);
  else books.gone.delete(node.nodeId);
  if (!node.isGone || wasGone) return;
  books.context.figures.gone += 1;
  const found = books.nodeOf(node.nodeId);
  if (found !== undefined) judgeGone(books, found, "died");
}

/** How much longer than the wait a node must have been there before nobody can have missed it. */
const NOTICED_MS = 3_000;

/** Nobody could run it for as long as its run waits. */
export function judgeNodeless(books: Books, run: RunBook, test: TestBook): void {
  const nowMs = books.context.clock.monotonicMs();
  // A run that waits for more nodes than there are is closed for that (minNodes).
  if (run.options.minNodes !== undefined) return;
  for (const node of books.nodes) {
    const undrainedForMs = nowMs - (books.drainedMs.get(node.nodeId) ?? Number.NEGATIVE_INFINITY);
    const ableForMs = Math.min(node.health.wellForMs(), undrainedForMs, node.openForMs());
    if (ableForMs < run.waitForNodesMs + NOTICED_MS) continue;
    if (!isAble(node.capabilities, test.definition)) continue;
    books.context.fail(
      "no_node",
      `Test ${test.definition.key} of ${run.id} was closed though ${node.name} could run it`,
    );
  }
}
