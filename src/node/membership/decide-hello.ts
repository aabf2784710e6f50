/** What the answer to a hello changes, in order (I2, E3, E4). Pure. */
import type { HelloReply } from "#proto/hello.ts";
import { unreachable } from "#shared/errors.ts";
import type { Effect, Welcome } from "./effects.ts";

export type HelloDecision = {
  /** `again`: asked once more after a pause. */
  readonly result: "done" | "again";
  readonly effects: readonly Effect[];
};

/** What the answer is held against. */
export type GreeterView = {
  /** It was welcomed before by this process. */
  readonly isMember: boolean;
  /** Number of the last event saved by now. */
  readonly lastNumber: number;
  /** The same when this process opened its store: what it added itself was never sent before its first welcome. */
  readonly lastAtStart: number;
  /** What this gateway had confirmed when the hello was said. */
  readonly confirmedAtHello: number;
};

/** Decides the answer to a hello. */
export function decideHello(reply: HelloReply, view: GreeterView): HelloDecision {
  switch (reply.kind) {
    case "welcome":
      return { result: "done", effects: welcomed(reply, view) };
    case "refused":
      if (reply.code === "not_ready") return { result: "again", effects: [] };
      return { result: "done", effects: [{ kind: "be_refused", refusal: reply }] };
    default:
      return unreachable(reply);
  }
}

function welcomed(welcome: Welcome, view: GreeterView): readonly Effect[] {
  const { drop } = welcome;
  const renewal = renewalOf(welcome, view);
  return [
    // E4: said again afterwards, so that the gateway knows the new store.
    ...(renewal === undefined
      ? ([{ kind: "confirm", number: welcome.confirmed }] as const)
      : ([renewal, { kind: "say_hello" }] as const)),
    { kind: "become_member", welcome },
    { kind: "set_drained", isDrained: welcome.isDrained },
    { kind: "fence", leaseIds: drop },
    { kind: "give_back", leaseIds: drop },
    {
      kind: "cancel_running",
      leaseIds: drop,
      reason: { status: "cancelled", message: "Not wanted by the gateway any more" },
    },
    { kind: "resume_outbox" },
    { kind: "send_heartbeat" },
    { kind: "handle_early" },
    { kind: "start_next" },
  ];
}

/**
 * E4: when one of the two has an older copy of what they shared, numbers mean different events to them from there on. Up
 * to `known` they have the same; what the node has beyond it goes into a new store.
 */
function renewalOf(welcome: Welcome, view: GreeterView): Effect | undefined {
  const { confirmed } = welcome;
  if (confirmed < view.confirmedAtHello) {
    const reason = `The gateway knows ${confirmed} of the events of which it had confirmed ${view.confirmedAtHello}: its database is an older copy`;
    return { kind: "renew_store", known: confirmed, reason };
  }
  if (!view.isMember && confirmed > view.lastAtStart) {
    const reason = `The gateway knows ${confirmed} events of this node, which has ${view.lastAtStart}: its database is an older copy`;
    return { kind: "renew_store", known: view.lastAtStart, reason };
  }
  // A member's events may overtake its hello: then the gateway knows more than that hello said, and not too much.
  if (!welcome.mustRenewStore || (view.isMember && confirmed <= view.lastNumber)) return undefined;
  const reason =
    "The gateway knows events of this store that are not this node's: a copy of it is in use";
  return { kind: "renew_store", known: view.confirmedAtHello, reason };
}
