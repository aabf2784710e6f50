/**
 * Offers and controls on the bus, and what their answers mean (L1 to L3). Called only as effects, after the commit;
 * each answer is a turn of its own. Whatever gets no answer is asked again by `repeatUnanswered` (L5).
 */

import { offeredBaselines } from "#gateway/baselines/offer.ts";
import { setLife } from "#gateway/fleet/life.ts";
import { hearNode, judgeUnanswered } from "#gateway/fleet/liveness.ts";
import { declareGone } from "#gateway/fleet/registry.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import { isActive, type LeaseState } from "#gateway/mesh/run-state.ts";
import {
  type Control,
  ControlReply,
  type LeaseOffer,
  type Offer,
  OfferReply,
} from "#proto/lease.ts";
import { controlSubject, offerSubject } from "#proto/subjects.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { dropLocks } from "./locks.ts";
import { settleLease } from "./settle.ts";

/** Offers a shard in as many messages as its size needs; answers come back as turns. */
export function offerLeases(mesh: Mesh, node: NodeState, leases: readonly LeaseState[]): void {
  const open = leases.filter(
    (lease) => isActive(lease) && lease.offer !== "accepted" && !mesh.offersInFlight.has(lease.id),
  );
  for (const shard of splitBySize(mesh, open)) sendOffer(mesh, node, shard);
}

type Shard = { readonly leases: readonly LeaseState[]; readonly offers: readonly LeaseOffer[] };

function splitBySize(mesh: Mesh, leases: readonly LeaseState[]): readonly Shard[] {
  const shards: { leases: LeaseState[]; offers: LeaseOffer[] }[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const lease of leases) {
    const offer = offerOf(mesh, lease);
    if (offer === undefined) continue;
    const size = Buffer.byteLength(JSON.stringify(offer));
    if (bytes + size > offerBytesMax(mesh) || (shards.at(-1)?.leases.length ?? 0) >= 500) {
      shards.push({ leases: [], offers: [] });
      bytes = 0;
    }
    shards.at(-1)?.leases.push(lease);
    shards.at(-1)?.offers.push(offer);
    bytes += size;
  }
  return shards;
}

/** What is around the leases of an offer, and what JSON adds between them. */
const ENVELOPE_BYTES = 4_096;

/** The most that the leases of one offer may have: our own bound, or that of an outside NATS when it is smaller. */
export function offerBytesMax(mesh: Pick<Mesh, "limits" | "bus">): number {
  return Math.min(mesh.limits.offerBytesMax, mesh.bus.payloadBytesMax() - ENVELOPE_BYTES);
}

function offerOf(mesh: Mesh, lease: LeaseState): LeaseOffer | undefined {
  const run = mesh.runs.get(lease.runId);
  const definition = run?.tests[lease.testIndex]?.definition;
  if (run === undefined || definition === undefined) return undefined;
  const named = definition.secrets.flatMap((name) => {
    const value = run.secrets[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    leaseId: lease.id,
    runId: lease.runId,
    attemptNumber: lease.attemptNumber,
    definition,
    secrets: Object.fromEntries(named),
    ...offeredBaselines(mesh, run, lease),
  };
}

function sendOffer(mesh: Mesh, node: NodeState, shard: Shard): void {
  const offer: Offer = { meshId: mesh.meshId, epoch: node.record.epoch, leases: [...shard.offers] };
  for (const lease of shard.leases) {
    lease.offer = "sent";
    mesh.offersInFlight.add(lease.id);
  }
  const finish = (decide: () => void) => {
    mesh.act(() => {
      for (const lease of shard.leases) mesh.offersInFlight.delete(lease.id);
      decide();
    });
  };
  mesh.bus
    .request(offerSubject(node.record.nodeId), encodeMessage(offer), mesh.limits.offerReplyMs)
    .then(
      (data) => finish(() => receiveOfferReply(mesh, node, { shard, data })),
      (thrown: unknown) => finish(() => failOffer(mesh, node, { shard, thrown })),
    );
}

function receiveOfferReply(
  mesh: Mesh,
  node: NodeState,
  answered: { readonly shard: Shard; readonly data: Uint8Array },
): void {
  let reply: OfferReply;
  try {
    reply = decodeMessage(OfferReply, answered.data);
  } catch (thrown) {
    return failOffer(mesh, node, { shard: answered.shard, thrown });
  }
  const nowMs = mesh.clock.monotonicMs();
  setLife(mesh, node, hearNode(node.life, nowMs));
  const byId = new Map(reply.answers.map((answer) => [answer.leaseId, answer]));
  for (const lease of answered.shard.leases) {
    const answer = byId.get(lease.id);
    if (!isActive(lease)) continue;
    if (answer === undefined) lease.offer = "unanswered";
    else if (answer.kind === "accepted") acceptLease(lease, nowMs);
    else refuseLease(mesh, node, { lease, code: answer.code, reason: answer.reason });
  }
}

function acceptLease(lease: LeaseState, nowMs: number): void {
  lease.offer = "accepted";
  lease.acceptedAtMs = nowMs;
}

type Refusal = { readonly lease: LeaseState; readonly code: string; readonly reason: string };

function refuseLease(mesh: Mesh, node: NodeState, { lease, code, reason }: Refusal): void {
  // A term has changed under way: asked again in the new one (L1).
  if (code === "stale_epoch") {
    lease.offer = "unanswered";
    return;
  }
  // It was there and is over on the node: its events, or their absence, tell which (L4).
  if (code === "already_over") return acceptLease(lease, mesh.clock.monotonicMs());
  node.restUntilMs = mesh.clock.monotonicMs() + mesh.limits.heartbeatMs;
  if (code === "draining" || code === "stopping") node.isDraining = true;
  const run = mesh.runs.get(lease.runId);
  if (run === undefined) return;
  const settlement = {
    kind: "recalled",
    cause: "refused",
    reason: `Refused by ${node.record.name}: ${reason}`,
  } as const;
  settleLease(mesh, run, { lease, settlement });
}

function failOffer(
  mesh: Mesh,
  node: NodeState,
  failed: { readonly shard: Shard; readonly thrown: unknown },
): void {
  for (const lease of failed.shard.leases) if (lease.offer === "sent") lease.offer = "unanswered";
  noteFailure(mesh, node, failed.thrown);
}

/** Sends a control message; the answer to a recall or cancel settles what was given back. */
export function sendControl(mesh: Mesh, node: NodeState, message: Control): void {
  mesh.bus
    .request(controlSubject(node.record.nodeId), encodeMessage(message), mesh.limits.offerReplyMs)
    .then(
      (data) => mesh.act(() => receiveControlReply(mesh, node, { message, data })),
      (thrown: unknown) => mesh.act(() => noteFailure(mesh, node, thrown)),
    );
}

function receiveControlReply(
  mesh: Mesh,
  node: NodeState,
  answered: { readonly message: Control; readonly data: Uint8Array },
): void {
  let reply: ControlReply;
  try {
    reply = decodeMessage(ControlReply, answered.data);
  } catch (thrown) {
    return noteFailure(mesh, node, thrown);
  }
  setLife(mesh, node, hearNode(node.life, mesh.clock.monotonicMs()));
  if (reply.kind === "refused") return;
  const { message } = answered;
  // It heard; what closes it now is its own decision, which no repetition changes.
  if (message.kind === "resume" && node.closed !== undefined) node.isResuming = false;
  if (message.kind !== "recall" && message.kind !== "cancel" && message.kind !== "drain") return;
  for (const { leaseId, outcome } of reply.leases) {
    const lease = [...node.active].find((candidate) => candidate.id === leaseId);
    if (lease === undefined) continue;
    if (message.kind === "recall") lease.isRecalling = false;
    // `unknown` needs no settlement here: a lost offer is asked again, a lost lease is L4's.
    if (outcome === "given_back") settleGivenBack(mesh, lease, message.kind);
  }
}

function settleGivenBack(
  mesh: Mesh,
  lease: LeaseState,
  asked: "recall" | "cancel" | "drain",
): void {
  const run = mesh.runs.get(lease.runId);
  if (run === undefined) return;
  const settlement =
    // An overdue drain cancels what runs; what had not started there is given back like before.
    asked !== "cancel" || run.cancel === undefined
      ? ({
          kind: "recalled",
          cause: "recalled",
          reason: asked === "recall" ? "Recalled for an idle node" : "Given back by a drained node",
        } as const)
      : ({
          kind: "cancelled",
          cause: "cancelled",
          reason: run.cancel?.reason ?? "Cancelled",
        } as const);
  settleLease(mesh, run, { lease, settlement });
  dropLocks(mesh.locks, lease.id); // K-2: it never ran
}

/** "No responders" counts towards gone; a time-out means nothing by itself (V1). */
function noteFailure(mesh: Mesh, node: NodeState, thrown: unknown): void {
  if (!(thrown instanceof MeshError))
    throw new Error(`Cannot ask node ${node.record.name}: ${messageOf(thrown)}`, { cause: thrown });
  if (thrown.code === "bus_unreadable") {
    mesh.counters.unreadableMessages += 1;
    mesh.warn("answer_unreadable", `${thrown.message} (of node ${node.record.name})`);
  }
  if (thrown.code !== "bus_no_responders") return;
  const judged = judgeUnanswered(node.life, mesh.clock.monotonicMs(), mesh.limits);
  setLife(mesh, node, judged.life);
  if (judged.act === "declare_died") declareGone(mesh, node, "node_died");
}
