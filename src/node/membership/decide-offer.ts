/** Which leases of an offer are accepted, and in what order that is saved, said and acted on (L2). Pure. */
import type { BootId, Epoch, LeaseId, MeshId } from "#proto/ids.ts";
import type { LeaseOffer, Offer, OfferReply, RefusalCode } from "#proto/lease.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { LeaseRow, LeaseState } from "../store/node-store.ts";
import type { Effect } from "./effects.ts";

export type Closed = { readonly code: RefusalCode; readonly reason: string };

/** What a decision about leases may know of the node. */
export type NodeView = {
  readonly meshId: MeshId;
  readonly bootId: BootId;
  /** Undefined before the first welcome. */
  readonly epoch: Epoch | undefined;
  /** Why nothing new is accepted: draining, stopping, disk full; undefined when open. */
  readonly closed: Closed | undefined;
  /** How many more leases may be held. */
  readonly room: number;
  readonly stateOf: (leaseId: LeaseId) => LeaseState | undefined;
  readonly isFenced: (leaseId: LeaseId) => boolean;
  /** Why this node cannot run it; undefined when it can. */
  readonly inability: (definition: TestDefinition) => string | undefined;
};

type Answer = OfferReply["answers"][number];

/** Decides an offer: the acceptance is saved before it is said, and said before the first attempt starts (L2, E1). */
export function decideOffer(view: NodeView, offer: Offer): readonly Effect[] {
  const fault = epochFault(view, offer);
  if (fault !== undefined) {
    const answers = offer.leases.map(({ leaseId }) => refuse(leaseId, fault));
    const reply: Effect = { kind: "reply_offer", reply: { bootId: view.bootId, answers } };
    return fault.code === "stale_epoch" ? [reply, { kind: "say_hello" }] : [reply];
  }
  const fresh: LeaseOffer[] = [];
  const seen = new Set<LeaseId>();
  const answers = offer.leases.map((lease) => {
    const refusal = seen.has(lease.leaseId) ? undefined : refusalOf(view, lease, fresh.length);
    const isFresh = view.stateOf(lease.leaseId) === undefined && !seen.has(lease.leaseId);
    seen.add(lease.leaseId);
    if (refusal !== undefined) return refuse(lease.leaseId, refusal);
    if (isFresh) fresh.push(lease);
    return { kind: "accepted", leaseId: lease.leaseId } satisfies Answer;
  });
  return [
    { kind: "save_accepted", rows: fresh.map(rowOf) },
    { kind: "enqueue", offers: fresh },
    { kind: "reply_offer", reply: { bootId: view.bootId, answers } },
    { kind: "start_next" },
  ];
}

/** The fence before everything else about leases (I2); undefined when the message is for this mesh and this term. */
export function epochFault(
  view: NodeView,
  message: { readonly meshId: MeshId; readonly epoch: Epoch },
): Closed | undefined {
  if (message.meshId !== view.meshId) {
    return {
      code: "foreign_mesh",
      reason: `This node belongs to ${view.meshId}, not to ${message.meshId}`,
    };
  }
  if (message.epoch === view.epoch) return undefined;
  return {
    code: "stale_epoch",
    reason: `This node's term is ${view.epoch ?? "none"}, not ${message.epoch}`,
  };
}

function refusalOf(view: NodeView, lease: LeaseOffer, freshCount: number): Closed | undefined {
  const state = view.stateOf(lease.leaseId);
  if (state === "given_back") return ALREADY_OVER;
  // The same answer as the first time, whatever has changed since (L2).
  if (state !== undefined) return undefined;
  if (view.isFenced(lease.leaseId)) return ALREADY_OVER;
  if (view.closed !== undefined) return view.closed;
  const inability = view.inability(lease.definition);
  if (inability !== undefined) return { code: "unable", reason: inability };
  if (freshCount < view.room) return undefined;
  return { code: "full", reason: "This node holds as many leases as it may" };
}

const ALREADY_OVER: Closed = {
  code: "already_over",
  reason: "This lease was given back or called back before",
};

const refuse = (leaseId: LeaseId, { code, reason }: Closed): Answer => ({
  kind: "refused",
  leaseId,
  code,
  reason,
});

function rowOf({ leaseId, attemptNumber, definition }: LeaseOffer): LeaseRow {
  return {
    leaseId,
    state: "accepted",
    attemptNumber,
    testKey: definition.key,
    plannedSteps: definition.steps.map(({ name, kind }) => ({ name, kind })),
  };
}
