/** Everything that membership may do, as data: pure files decide which and in what order, one loop does them. */
import type { HelloReply } from "#proto/hello.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { ControlReply, LeaseOffer, OfferReply } from "#proto/lease.ts";
import type { LeaseRow } from "../store/node-store.ts";
import type { EndReason } from "./executor.ts";

export type Welcome = Extract<HelloReply, { readonly kind: "welcome" }>;
export type Refusal = Extract<HelloReply, { readonly kind: "refused" }>;

export type Effect =
  | { readonly kind: "save_accepted"; readonly rows: readonly LeaseRow[] }
  | { readonly kind: "enqueue"; readonly offers: readonly LeaseOffer[] }
  | { readonly kind: "reply_offer"; readonly reply: OfferReply }
  | { readonly kind: "reply_control"; readonly reply: ControlReply }
  /** Answers with what became of each, read from the store after all effects before it (L3). */
  | {
      readonly kind: "reply_outcomes";
      readonly leaseIds: readonly LeaseId[];
      readonly running: "running" | "cancelling";
    }
  | { readonly kind: "give_back"; readonly leaseIds: readonly LeaseId[] }
  /** Remembers leases that must not be accepted in this term any more, should their offer still be under way. */
  | { readonly kind: "fence"; readonly leaseIds: readonly LeaseId[] }
  | {
      readonly kind: "cancel_running";
      readonly leaseIds: readonly LeaseId[];
      readonly reason: EndReason;
    }
  | { readonly kind: "set_drained"; readonly isDrained: boolean }
  | { readonly kind: "lift_cordon" }
  | { readonly kind: "begin_stop" }
  | { readonly kind: "say_hello" }
  | { readonly kind: "renew_store"; readonly known: number; readonly reason: string }
  | { readonly kind: "confirm"; readonly number: number }
  | { readonly kind: "become_member"; readonly welcome: Welcome }
  | { readonly kind: "be_refused"; readonly refusal: Refusal }
  | { readonly kind: "resume_outbox" }
  | { readonly kind: "send_heartbeat" }
  | { readonly kind: "handle_early" }
  | { readonly kind: "start_next" };

/** One action for each kind of effect. */
export type Doers = {
  readonly [Kind in Effect["kind"]]: (effect: Extract<Effect, { readonly kind: Kind }>) => void;
};

export type EffectLoop = {
  readonly doers: Doers;
  /** False after the process was killed: a simulation kills between two effects. */
  readonly isAlive: () => boolean;
  readonly onEffect: (kind: Effect["kind"]) => void;
};

/** Does the effects in their order. */
export function applyEffects(effects: readonly Effect[], loop: EffectLoop): void {
  for (const effect of effects) {
    loop.onEffect(effect.kind);
    if (!loop.isAlive()) return;
    applyOne(effect, loop.doers);
  }
}

function applyOne<Kind extends Effect["kind"]>(
  effect: Extract<Effect, { readonly kind: Kind }>,
  doers: Doers,
): void {
  const act = doers[effect.kind as Kind] as (
    effect: Extract<Effect, { readonly kind: Kind }>,
  ) => void;
  act(effect);
}
