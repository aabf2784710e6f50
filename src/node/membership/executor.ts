/** The seam between membership and what runs an attempt: attempts/slots.ts performs it, simulations pretend to. */
import type { ArtifactFound, AttemptEnded, LossCode, StepEnded } from "#proto/event.ts";
import type { LeaseOffer } from "#proto/lease.ts";

/** How an attempt ended, as `attempt_ended` tells it. */
export type AttemptOutcome = Omit<AttemptEnded, "kind" | "leaseId">;

/** Why an attempt is ended from outside. */
export type EndReason =
  | { readonly status: "cancelled"; readonly message: string }
  | { readonly status: "lost"; readonly loss: LossCode; readonly message: string };

/** One started lease: its `attempt_started` is saved (E1). */
export type AttemptWork = {
  readonly offer: LeaseOffer;
  /** 0-based. */
  readonly slotIndex: number;
  /** Saves an event of this attempt before it returns; after `end` it does nothing. */
  readonly record: (event: StepEnded | ArtifactFound) => void;
  /** Called exactly once, when the slot can take the next attempt. */
  readonly end: (outcome: AttemptOutcome) => void;
};

export type RunningAttempt = {
  /** Makes it end soon with this reason; later calls change nothing. */
  readonly cancel: (reason: EndReason) => void;
};

export type Executor = {
  /** Begins an attempt; never throws. */
  readonly begin: (work: AttemptWork) => RunningAttempt;
  /** Nothing runs, and nothing will until a person says so: what stands ready for the next attempt ends. Default: nothing does. */
  readonly rest?: () => void;
};
