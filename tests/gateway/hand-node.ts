/** A node as the gateway sees it, played by hand: it says what a test tells it to say, over a bus driven by hand. */
import type { HandNetwork } from "#kit/hand-bus.ts";
import type { HandClock } from "#kit/hand-clock.ts";
import { EventReply, type NodeEvent } from "#proto/event.ts";
import { type Capabilities, type Heartbeat, type Hello, HelloReply } from "#proto/hello.ts";
import { BootId, Epoch, type LeaseId, type MeshId, NodeId, StoreId } from "#proto/ids.ts";
import { Control, type HeldLease, type LeaseOffer, Offer, type RefusalCode } from "#proto/lease.ts";
import {
  controlSubject,
  eventsSubject,
  gatewayUpSubject,
  heartbeatSubject,
  helloSubject,
  offerSubject,
} from "#proto/subjects.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { capabilitiesOf } from "./make.ts";

export type HandNodeOptions = {
  readonly slots?: number;
  readonly capabilities?: Partial<Capabilities>;
  /** Default: made of the name. */
  readonly nodeId?: string;
  readonly nodeName?: string;
};

type Setting = {
  readonly clock: HandClock;
  readonly network: HandNetwork;
  readonly meshId: MeshId;
  readonly heartbeatMs: number;
};

/** What a test changes of it while it plays. */
type Manner = {
  epoch: number;
  /** What it answers to offers; `silent` says nothing but accepts, as when the reply is lost. */
  answers: "accept" | "silent" | { readonly code: RefusalCode; readonly reason: string };
  isAnsweringControls: boolean;
  isBeating: boolean;
  isDraining: boolean;
};

export type HandNode = ReturnType<typeof createHandNode>;

export function createHandNode(setting: Setting, name: string, options: HandNodeOptions = {}) {
  const { clock, network, meshId } = setting;
  const party = network.join(name);
  const nodeId = NodeId.parse(options.nodeId ?? `node-${name}`);
  const held = new Map<LeaseId, HeldLease["state"]>();
  const outbox: { number: number; event: unknown }[] = [];
  const manner: Manner = {
    epoch: 0,
    answers: "accept",
    isAnsweringControls: true,
    isBeating: true,
    isDraining: false,
  };
  const node = Object.assign(manner, {
    party,
    nodeId,
    name: options.nodeName ?? name,
    bootId: BootId.parse(`boot-${name}`),
    storeId: StoreId.parse(`store-${name}`),
    lastEvent: 0,
    confirmed: 0,
    held,
    /** Leases as they were offered, repeats included. */
    offers: [] as LeaseOffer[],
    controls: [] as Control[],
    replies: [] as HelloReply[],
    load: { cpu: 0, freeMemoryBytes: 1e9, freeDiskBytes: 1e12 },
  });
  const heldList = (): HeldLease[] => [...held].map(([leaseId, state]) => ({ leaseId, state }));

  const takeOffer = (offer: Offer): unknown => ({
    bootId: node.bootId,
    answers: offer.leases.map((lease) => {
      node.offers.push(lease);
      if (typeof node.answers === "object")
        return { kind: "refused", leaseId: lease.leaseId, ...node.answers };
      if (!held.has(lease.leaseId)) held.set(lease.leaseId, "accepted");
      return { kind: "accepted", leaseId: lease.leaseId };
    }),
  });
  party.bus.subscribe(offerSubject(nodeId), (message) => {
    const reply = takeOffer(decodeMessage(Offer, message.data));
    if (node.answers !== "silent") message.reply(encodeMessage(reply));
  });
  party.bus.subscribe(controlSubject(nodeId), (message) => {
    const control = decodeMessage(Control, message.data);
    node.controls.push(control);
    if (!node.isAnsweringControls) return;
    const leases = "leaseIds" in control ? control.leaseIds.map((id) => giveBack(id)) : [];
    message.reply(encodeMessage({ kind: "done", bootId: node.bootId, leases }));
  });
  const giveBack = (leaseId: LeaseId) => {
    const state = held.get(leaseId);
    if (state !== "accepted") return { leaseId, outcome: state ?? "unknown" };
    held.delete(leaseId);
    return { leaseId, outcome: "given_back" };
  };

  const helloNow = (own: Partial<Hello> = {}): Hello => ({
    versions: { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
    meshId,
    nodeId,
    bootId: node.bootId,
    storeId: node.storeId,
    name: node.name,
    programVersion: "0.1.0",
    capabilities: capabilitiesOf(options.capabilities),
    slots: options.slots ?? 1,
    isDraining: node.isDraining,
    held: heldList(),
    lastEvent: node.lastEvent,
    wallMs: clock.wallMs(),
    ...own,
  });
  const hello = async (own: Partial<Hello> = {}): Promise<HelloReply> => {
    const data = encodeMessage(helloNow(own));
    const asked = party.bus.request(helloSubject(nodeId), data, 500);
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    asked.then(over, over);
    await clock.run(10);
    if (!isOver) await clock.run(500);
    const reply = decodeMessage(HelloReply, await asked);
    node.replies.push(reply);
    if (reply.kind === "welcome") node.epoch = reply.epoch;
    return reply;
  };
  const beat = (own: Partial<Heartbeat> = {}): void => {
    const { bootId, storeId, epoch, isDraining, lastEvent, load } = node;
    const message: Heartbeat = {
      meshId,
      nodeId,
      bootId,
      epoch: Epoch.parse(Math.max(1, epoch)),
      storeId,
      freeSlots: 0,
      isDraining,
      held: heldList(),
      lastEvent,
      load,
      ...own,
    };
    party.bus.publish(heartbeatSubject(nodeId), encodeMessage(message));
  };
  const beatOn = () => {
    if (node.isBeating && node.epoch > 0) beat();
    clock.after(setting.heartbeatMs, beatOn);
  };
  beatOn();
  party.bus.subscribe(gatewayUpSubject(), () => {
    if (node.isBeating && node.epoch > 0) void hello().catch(() => undefined);
  });

  /** Saves events in the outbox; nothing is sent. */
  const save = (...events: readonly unknown[]): void => {
    for (const event of events) {
      node.lastEvent += 1;
      outbox.push({ number: node.lastEvent, event });
    }
  };
  /** Sends everything that is not confirmed, or the given numbers. */
  const deliver = async (
    events: readonly { number: number; event: unknown }[] = outbox.slice(node.confirmed),
  ): Promise<EventReply | undefined> => {
    const data = encodeMessage({ meshId, nodeId, storeId: node.storeId, events });
    const asked = party.bus.request(eventsSubject(nodeId), data, 400).catch(() => undefined);
    await clock.run(401);
    const answer = await asked;
    if (answer === undefined) return undefined;
    const reply = decodeMessage(EventReply, answer);
    if (reply.kind === "confirmed") node.confirmed = reply.number;
    return reply;
  };
  const started = (leaseId: LeaseId): NodeEvent => ({
    kind: "attempt_started",
    leaseId,
    attemptNumber: 1,
    slotIndex: 0,
    wallMs: clock.wallMs(),
  });
  const start = (leaseId: LeaseId) => {
    held.set(leaseId, "running");
    save(started(leaseId));
    return deliver();
  };
  const end = (
    leaseId: LeaseId,
    status: "passed" | "failed" | "lost" | "cancelled",
    own: Record<string, unknown> = {},
  ) => {
    if (held.get(leaseId) !== "running") save(started(leaseId));
    held.set(leaseId, "ended");
    if (status === "passed" || status === "failed")
      save({ kind: "step_ended", leaseId, stepIndex: 0, status, durationMs: 2 });
    save({ kind: "attempt_ended", leaseId, status, durationMs: 5, ...own });
    return deliver();
  };
  return Object.assign(node, { outbox, hello, beat, save, deliver, start, end });
}

/** The first lease that it has accepted and not started, of those that `isWanted`. */
export function heldBy(node: HandNode, isWanted: (id: LeaseId) => boolean = () => true): LeaseId {
  const accepted = [...node.held].filter(([, state]) => state === "accepted");
  const id = accepted.map(([leaseId]) => leaseId).find(isWanted);
  if (id === undefined) throw new Error(`${node.name} holds nothing`);
  return id;
}
