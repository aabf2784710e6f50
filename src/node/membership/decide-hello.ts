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
  // A member's events may overtake its hello: then the gateway knows more than that hello said, and not too much.
  const isBehind = !view.isMember || welcome.confirmed > view.lastNumber;
  // A gateway that knows less than it once confirmed was restored, too: what is between the two is forgotten here, and
  // it would wait for it for ever.
  const isRestored = welcome.confirmed < view.confirmedAtHello;
  return [
    // E4: said again afterwards, so that the gateway knows the new store.
    ...((welcome.mustRenewStore && isBehind) || isRestored
      ? ([{ kind: "renew_store" }, { kind: "say_hello" }] as const)
      : ([{ kind: "confirm", number: welcome.confirmed }] as const)),
    { kind: "become_member", welcome },
    { kind: "set_drained", isDrained: welcome.isDrained },
    { kind: "fence", leaseIds: drop },
    { kind: "give_back", leaseIds: drop },
    { kind: "cancel_running", leaseIds: drop, message: "Not wanted by the gateway any more" },
    { kind: "resume_outbox" },
    { kind: "send_heartbeat" },
    { kind: "handle_early" },
    { kind: "start_next" },
  ];
}
