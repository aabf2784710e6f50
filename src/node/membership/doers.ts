/** How each kind of effect is done. Decides nothing. */
import type { LeaseId } from "#proto/ids.ts";
import type { ControlReply } from "#proto/lease.ts";
import { heartbeatSubject } from "#proto/subjects.ts";
import { encodeMessage } from "#shared/bus.ts";
import { MeshError } from "#shared/errors.ts";
import type { Doers } from "./effects.ts";
import type { Inbox } from "./inbox.ts";
import { heartbeatOf } from "./messages.ts";
import type { MembershipParts } from "./options.ts";

export function createDoers(parts: MembershipParts, inbox: Inbox): Doers {
  const { options, standing, board, outbox, greeting } = parts;
  const { store, log } = options;
  const reply = (answer: unknown) => inbox.current()?.reply(encodeMessage(answer));
  return {
    save_accepted: ({ rows }) => {
      if (rows.length > 0) store.saveAccepted(rows);
    },
    enqueue: ({ offers }) => board.enqueue(offers),
    reply_offer: (effect) => reply(effect.reply),
    reply_control: (effect) => reply(effect.reply),
    reply_outcomes: ({ leaseIds, running }) => reply(outcomesOf(parts, leaseIds, running)),
    give_back: ({ leaseIds }) => {
      if (leaseIds.length > 0) board.forget(store.giveBack(leaseIds));
    },
    fence: ({ leaseIds }) => standing.fence(leaseIds),
    cancel_running: ({ leaseIds, reason }) => board.cancel(leaseIds, reason),
    set_drained: ({ isDrained }) => standing.setDrained(isDrained),
    lift_cordon: () => {
      standing.liftCordon();
      options.onResumed?.();
    },
    begin_stop: () => {
      if (standing.beginStop()) options.onStopAsked();
    },
    say_hello: () => greeting.say(0),
    renew_store: ({ known, reason }) => {
      log.warn("What this node and the gateway know differs: a new store is opened", {
        reason,
        storeId: store.storeId(),
      });
      store.renew(known);
    },
    confirm: ({ number }) => store.confirm(number),
    become_member: ({ welcome }) => {
      if (standing.epoch() !== welcome.epoch) log.info("Joined", { epoch: welcome.epoch });
      standing.welcome(welcome);
      options.onWelcome?.();
    },
    be_refused: ({ refusal }) => {
      log.error("Refused by the gateway", { code: refusal.code, reason: refusal.reason });
      standing.refuse(refusal);
      outbox.close();
      greeting.close();
      options.onRefused(refusal);
    },
    resume_outbox: () => outbox.resume(),
    send_heartbeat: () => sendHeartbeat(parts),
    handle_early: () => inbox.handleEarly(),
    start_next: () => board.startNext(),
  };
}

function sendHeartbeat({ options, standing, board }: MembershipParts): void {
  const epoch = standing.epoch();
  if (epoch === undefined) return;
  const facts = {
    epoch,
    freeSlots: board.freeSlots(),
    isDraining: standing.isClosedToLeases(),
    closed: standing.closedReason(),
  };
  const data = encodeMessage(heartbeatOf(options, facts));
  try {
    options.bus.publish(heartbeatSubject(options.identity.nodeId), data);
  } catch (thrown) {
    // Too large, or closed under way: a heartbeat may be lost.
    if (!(thrown instanceof MeshError)) throw thrown;
    options.log.warn("Heartbeat not sent", { reason: thrown.message });
  }
}

function outcomesOf(
  { options }: MembershipParts,
  leaseIds: readonly LeaseId[],
  running: "running" | "cancelling",
): ControlReply {
  const outcomeOf = (leaseId: LeaseId) => {
    const state = options.store.lease(leaseId)?.state;
    // Still accepted after a give-back: it was not asked for.
    if (state === undefined || state === "accepted") return "unknown";
    return state === "running" ? running : state;
  };
  return {
    kind: "done",
    bootId: options.identity.bootId,
    leases: leaseIds.map((leaseId) => ({ leaseId, outcome: outcomeOf(leaseId) })),
  };
}
