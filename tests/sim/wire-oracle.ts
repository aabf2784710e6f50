/** Judges every message as it is sent by what the stores hold at that moment: L1, L2, E2, K1. */
import type { HandMessage } from "#kit/hand-bus.ts";
import type { MemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import type { EventBatch, EventReply } from "#proto/event.ts";
import type { HelloReply } from "#proto/hello.ts";
import type { Control, ControlReply, Offer, OfferReply } from "#proto/lease.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { SimContext } from "./context.ts";
import type { SimNode } from "./node-shape.ts";

export type WireOptions = {
  readonly context: Pick<SimContext, "trace" | "figures" | "fail" | "plan" | "rows">;
  /** Leases that each party was asked to give back last. */
  readonly recalls: Map<string, Set<string>>;
  readonly store: MemoryGatewayStore;
  readonly nodeNamed: (name: string) => SimNode | undefined;
  /** Stores that the node has ever had. */
  readonly storesOf: (node: SimNode) => readonly string[];
  /** Committed events by store, in the oracle's own books. */
  readonly committed: (storeId: string) => number;
};

export function createWireOracle(options: WireOptions): (message: HandMessage) => void {
  const { trace, figures, fail, plan } = options.context;
  return (message) => {
    const text = Buffer.from(message.data).toString();
    const { kind, from, to, subject } = message;
    figures.messages += 1;
    // The gateway's probe of itself says nothing.
    if (text !== "") trace.note(`${kind} ${from} > ${to} ${subject} ${text}`);
    const isOffer = subject.endsWith(".offer");
    if (text.includes(plan.secret) && !(isOffer && kind === "request"))
      fail("K1", `A ${kind} on ${subject} carries a secret`);
    judge(options, message, text);
  };
}

function judge(options: WireOptions, message: HandMessage, text: string): void {
  const { kind, from, to, subject } = message;
  if (subject.includes(".events.")) return judgeEvents(options, message, text);
  if (subject.endsWith(".offer")) {
    if (kind === "request") judgeOffer(options, JSON.parse(text));
    else judgeAcceptance(options, from, JSON.parse(text));
  }
  if (subject.endsWith(".control")) judgeRace(options, message, text);
  if (subject.includes(".hello") && kind === "reply") judgeWelcome(options, to, JSON.parse(text));
}

/** Which of the two won, by the node's own answer to a recall. */
function judgeRace({ context, recalls }: WireOptions, message: HandMessage, text: string): void {
  const { kind, from, to } = message;
  if (kind === "request") {
    const control: Control = JSON.parse(text);
    if (control.kind === "recall") recalls.set(to, new Set(control.leaseIds));
    return;
  }
  const asked = recalls.get(from);
  const reply: ControlReply = JSON.parse(text);
  if (asked === undefined || reply.kind !== "done") return;
  for (const { leaseId, outcome } of reply.leases) {
    if (!asked.delete(leaseId)) continue;
    if (outcome === "given_back") context.rows.race("recall");
    if (outcome === "running" || outcome === "ended") context.rows.race("start");
  }
}

/** L1: the lease is committed before it is offered. */
function judgeOffer({ store, context }: WireOptions, offer: Offer): void {
  for (const { leaseId } of offer.leases) {
    if (store.runs.get(leasePartsOf(leaseId).runId)?.leases.has(leaseId) === true) continue;
    context.fail("L1", `Lease ${leaseId} was offered before it was committed`);
  }
}

/** L2: the acceptance is saved before it is said. */
function judgeAcceptance(
  { context, nodeNamed }: WireOptions,
  from: string,
  reply: OfferReply,
): void {
  const node = nodeNamed(from);
  for (const answer of reply.answers) {
    if (answer.kind !== "accepted" || node === undefined) continue;
    if (node.disk.store().lease(answer.leaseId) !== undefined) continue;
    context.fail("L2", `${from} accepted lease ${answer.leaseId} without saving it`);
  }
}

function judgeEvents(options: WireOptions, message: HandMessage, text: string): void {
  const { figures } = options.context;
  if (message.kind === "reply") return judgeConfirmed(options, message.to, JSON.parse(text));
  const batch: EventBatch = JSON.parse(text);
  const first = batch.events[0]?.number ?? 0;
  const committed = options.committed(batch.storeId);
  if (first <= committed) figures.repeatedEvents += 1;
}

/** E2: confirmed means committed. */
function judgeConfirmed(options: WireOptions, to: string, reply: EventReply): void {
  if (reply.kind !== "confirmed") return;
  const committed = committedOf(options, to);
  if (reply.number <= committed) return;
  options.context.fail(
    "E2",
    `${to} was told that ${reply.number} is confirmed while ${committed} is committed`,
  );
}

function judgeWelcome(options: WireOptions, to: string, reply: HelloReply): void {
  if (reply.kind !== "welcome" || reply.confirmed <= committedOf(options, to)) return;
  options.context.fail(
    "E2",
    `${to} was welcomed with ${reply.confirmed} confirmed while less is committed`,
  );
}

/** By the store itself, not by the gateway's memory. */
function committedOf({ store, nodeNamed, storesOf }: WireOptions, name: string): number {
  const node = nodeNamed(name);
  if (node === undefined) return 0;
  const confirmed = store.confirmed as ReadonlyMap<string, number>;
  return Math.max(0, ...storesOf(node).map((storeId) => confirmed.get(storeId) ?? 0));
}
