/** What the files of one attempt share: what it runs, where it may work, what it has saved, and when it must end. */

import type { ArtifactFound, StepEnded } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Json } from "#proto/matcher.ts";
import type { Clock } from "#shared/clock.ts";
import type { Limits } from "#shared/limits.ts";
import type { Redactor } from "#shared/redactor.ts";
import type { Session } from "../drivers/driver.ts";
import type { EndReason } from "../membership/executor.ts";
import type { HeldGate } from "./gate.ts";

export type Attempt = {
  readonly offer: LeaseOffer;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly redactor: Redactor;
  readonly session: Session;
  readonly record: (event: StepEnded | ArtifactFound) => void;
  /** What `${saved.…}` reads. */
  readonly saved: Record<string, Json>;
  /** Where a warning goes: the running step's list, else the attempt's. */
  readonly warnings: WarningLists;
  /** What failed and let the steps after it run, in order. */
  readonly softFailures: Failure[];
  /** What is still to come of the steps so far. */
  readonly owed: Set<Owed>;
  /** What `finally` blocks may still take when the attempt's time is over, milliseconds, all of them together. */
  readonly overtime: { leftMs: number };
  /** Whether that of a failure has been taken. */
  readonly evidence: { isTaken: boolean };
  /** Who may hold it still between its steps; absent: nobody. */
  readonly gate?: HeldGate | undefined;
  /** Aborted with the reason when it is ended from outside. */
  readonly endSignal: AbortSignal;
  /** Why it is ended from outside; undefined while it is not. */
  readonly endReason: () => EndReason | undefined;
};

/** Something that a step has said to be still to come. */
export type Owed = { readonly failure: Failure; readonly isOptional: boolean };

export type WarningLists = {
  readonly attempt: string[];
  step: string[] | undefined;
};

/** More warnings than these are not kept. */
const WARNINGS_MAX = 200;

/** Shows a warning at the step that runs, else at the attempt. */
export function warn(warnings: WarningLists, text: string): void {
  const list = warnings.step ?? warnings.attempt;
  if (list.length < WARNINGS_MAX) list.push(text);
}

/** A span of an attempt that must be over in time: before and main steps, or the after steps. */
export type Phase = {
  readonly signal: AbortSignal;
  readonly boundMs: number;
  /** What is said when it is reached: "The attempt's timeout of 60000 ms". */
  readonly boundName: string;
  readonly isLate: () => boolean;
  readonly leftMs: () => number;
  readonly close: () => void;
};

export type PhaseOptions = {
  readonly clock: Clock;
  readonly boundMs: number;
  readonly boundName: string;
  /** Ends it from outside. */
  readonly endSignal: AbortSignal;
};

/** Starts a phase: its signal is aborted at its bound, or with the attempt. */
export function startPhase({ clock, boundMs, boundName, endSignal }: PhaseOptions): Phase {
  const controller = new AbortController();
  const startMs = clock.monotonicMs();
  let isLate = false;
  const end = () => controller.abort(endSignal.reason);
  const timer = clock.after(boundMs, () => {
    isLate = true;
    controller.abort(new Error(`${boundName} was reached`));
  });
  if (endSignal.aborted) end();
  else endSignal.addEventListener("abort", end, { once: true });
  return {
    signal: controller.signal,
    boundMs,
    boundName,
    isLate: () => isLate,
    leftMs: () => Math.max(0, startMs + boundMs - clock.monotonicMs()),
    close: () => {
      timer.cancel();
      endSignal.removeEventListener("abort", end);
    },
  };
}

/**
 * Waits for `work` at most `boundMs`; `undefined` when it was not over by then.
 * Work that is left behind is watched, so that its late failure is nobody's unhandled rejection.
 */
export async function waitAtMost<T>(
  clock: Clock,
  boundMs: number,
  work: Promise<T>,
): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(boundMs, () => late.resolve(undefined));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}

/** A span inside another one, with a bound of its own: whichever of the two is reached first ends it. */
export function innerPhase(
  outer: Phase,
  { clock, boundMs, boundName }: Omit<PhaseOptions, "endSignal">,
): Phase {
  const inner = startPhase({ clock, boundMs, boundName, endSignal: outer.signal });
  return {
    ...inner,
    get boundName() {
      return outer.isLate() ? outer.boundName : boundName;
    },
    isLate: () => inner.isLate() || outer.isLate(),
    leftMs: () => Math.min(inner.leftMs(), outer.leftMs()),
  };
}
