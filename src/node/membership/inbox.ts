/** Reads offers and controls, and hands the decisions about them to the loop. What cannot be read is refused by name. */
import { z } from "zod";
import { LeaseId, type MeshId } from "#proto/ids.ts";
import { Control, type ControlReply, Offer, type OfferReply } from "#proto/lease.ts";
import { type BusMessage, decodeMessage, encodeMessage } from "#shared/bus.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { isPassing } from "#shared/sqlite.ts";
import { type ControlView, decideControl } from "./decide-control.ts";
import { decideOffer } from "./decide-offer.ts";
import type { Effect } from "./effects.ts";
import type { MembershipParts } from "./options.ts";

export type Inbox = {
  readonly takeOffer: (message: BusMessage) => void;
  readonly takeControl: (message: BusMessage) => void;
  /** Acts on what came before the welcome. */
  readonly handleEarly: () => void;
  /** The message that is being acted on: where its answer goes. */
  readonly current: () => BusMessage | undefined;
};

export type InboxActions = {
  readonly act: (effects: readonly Effect[]) => void;
  /** Called before a message counts as contact: what silence has ended stays ended (L2). */
  readonly beforeContact: () => void;
};

/** A gateway that speaks before the welcome repeats itself (L5): more than these are dropped. */
const EARLY_MAX = 100;

/** Enough of an unreadable offer to refuse its leases one by one. */
const LeaseIds = z.object({ leases: z.array(z.object({ leaseId: LeaseId })) });

export function createInbox(parts: MembershipParts, actions: InboxActions): Inbox {
  const { standing } = parts;
  const early: (() => void)[] = [];
  let current: BusMessage | undefined;

  const actOn = (message: BusMessage, effects: readonly Effect[]) => {
    current = message;
    try {
      actions.act(effects);
    } finally {
      current = undefined;
    }
  };
  /** Acts now, after the welcome, or never: a refused or closed node says nothing. */
  const admit = (meshId: MeshId, handle: () => void) => {
    const { kind } = standing.state();
    if (kind === "refused" || kind === "closed") return;
    if (kind === "joining") {
      if (early.length < EARLY_MAX) early.push(handle);
      return;
    }
    actions.beforeContact();
    handle();
    if (meshId === parts.options.identity.meshId) standing.touch();
  };
  const takeOffer = (message: BusMessage) => {
    const offer = read(Offer, message);
    if (!offer.isRead) {
      parts.warn("offer_unreadable", offer.reason);
      return message.reply(encodeMessage(refuseUnreadable(parts, message, offer.reason)));
    }
    admit(offer.value.meshId, () => {
      try {
        actOn(message, decideOffer(viewOf(parts), offer.value));
      } catch (thrown) {
        refuseUnsaved(parts, { message, offer: offer.value, thrown });
      }
    });
  };
  const takeControl = (message: BusMessage) => {
    const control = read(Control, message);
    if (!control.isRead) {
      parts.warn("control_unreadable", control.reason);
      const reply: ControlReply = { kind: "refused", code: "unreadable", reason: control.reason };
      return message.reply(encodeMessage(reply));
    }
    // A dead process with this node id must stay unheard until this one is admitted (I1).
    if (control.value.kind === "probe" && standing.state().kind === "joining") return;
    admit(control.value.meshId, () => {
      try {
        actOn(message, decideControl(viewOf(parts), control.value));
      } catch (thrown) {
        if (!isPassing(thrown)) throw thrown;
        // Asked again until it is done (L5).
        const refusal = { kind: "refused", code: "disk_full", reason: thrown.message } as const;
        message.reply(encodeMessage(refusal satisfies ControlReply));
      }
    });
  };
  return {
    takeOffer,
    takeControl,
    handleEarly: () => {
      for (const handle of early.splice(0)) handle();
    },
    current: () => current,
  };
}

type Read<T> =
  | { readonly isRead: true; readonly value: T }
  | { readonly isRead: false; readonly reason: string };

function read<T>(schema: z.ZodType<T>, { data }: BusMessage): Read<T> {
  try {
    return { isRead: true, value: decodeMessage(schema, data) };
  } catch (thrown) {
    return { isRead: false, reason: messageOf(thrown).slice(0, 2000) };
  }
}

function refuseUnreadable(parts: MembershipParts, message: BusMessage, reason: string): OfferReply {
  const ids = read(LeaseIds, message);
  const leases = ids.isRead ? ids.value.leases : [];
  const answers = leases.map(
    ({ leaseId }) => ({ kind: "refused", leaseId, code: "unreadable", reason }) as const,
  );
  return { bootId: parts.options.identity.bootId, answers };
}

type Unsaved = { readonly message: BusMessage; readonly offer: Offer; readonly thrown: unknown };

/**
 * An acceptance that could not be saved was not said either: the shard goes elsewhere.
 * A store that fails later, or anything else, is thrown on: this process ends, and the next one tells what was lost (L6).
 */
function refuseUnsaved(parts: MembershipParts, { message, offer, thrown }: Unsaved): void {
  const { store, log, identity } = parts.options;
  const unsaved = offer.leases.filter(({ leaseId }) => store.lease(leaseId) === undefined);
  if (!(thrown instanceof MeshError) || unsaved.length === 0) throw thrown;
  const reason = `Cannot save the acceptance: ${thrown.message}`.slice(0, 2000);
  log.error(reason, { count: unsaved.length });
  parts.standing.cordon(reason);
  const answers = unsaved.map(
    ({ leaseId }) => ({ kind: "refused", leaseId, code: "disk_full", reason }) as const,
  );
  message.reply(encodeMessage({ bootId: identity.bootId, answers } satisfies OfferReply));
}

function viewOf({ options, standing, board }: MembershipParts): ControlView {
  const { store, slots, limits, identity, capabilities } = options;
  const heldMax = slots + slots * limits.prefetchPerSlotMax;
  const able = new Set(capabilities.able.map(({ platform }) => platform));
  return {
    meshId: identity.meshId,
    bootId: identity.bootId,
    epoch: standing.epoch(),
    closed: standing.closed(),
    room: heldMax - board.waitingIds().length - board.runningIds().length,
    stateOf: (leaseId) => store.lease(leaseId)?.state,
    isFenced: standing.isFenced,
    inability: ({ platform }) =>
      able.has(platform) ? undefined : `This node cannot run ${platform} tests`,
    unstarted: board.waitingIds,
    running: board.runningIds,
  };
}
