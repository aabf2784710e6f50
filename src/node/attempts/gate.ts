/**
 * An attempt that stands still: whoever holds its gate (`run --debug`, on a node in its own process) is asked before each
 * step, and after one that failed. No bound of the attempt runs meanwhile: its clock stands still, too.
 *
 * A gate is an option of the node and of nothing that travels: no suite, run or gateway can hold an attempt.
 */
import type { Failure } from "#proto/failure.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import type { Clock } from "#shared/clock.ts";
import type { Redactor } from "#shared/redactor.ts";
import type { Session } from "../drivers/driver.ts";
import { performStep, type Running, type StepVerdict } from "./perform-step.ts";
import { createStandingClock, type StandingClock } from "./standing-clock.ts";

/** Where an attempt stands. */
export type Standing = {
  readonly definition: TestDefinition;
  readonly planned: PlannedStep;
  readonly session: Session;
  readonly redactor: Redactor;
  /** Aborted when the attempt is ended from outside: nothing is waited for any more. */
  readonly signal: AbortSignal;
};

export type StepGate = {
  /** Whether browsers run without a window, whatever the tests say. */
  readonly isHeadless: boolean;
  /** Called before each step; it begins when this resolves. */
  readonly before: (at: Standing) => Promise<void>;
  /** Called when a step has failed; `retry` performs it again, as if it had not been performed yet. */
  readonly failed: (at: Standing, failure: Failure) => Promise<"retry" | "go_on">;
};

/** A gate and the clock that stands with it. */
export type HeldGate = StepGate & { readonly standing: StandingClock };

/** What attempts of a node get: its gate, if it has one, and the clock that they live by. */
export function holdGate(
  gate: StepGate | undefined,
  clock: Clock,
): { readonly clock: Clock; readonly gate?: HeldGate } {
  if (gate === undefined) return { clock };
  const standing = createStandingClock(clock);
  return { clock: standing.clock, gate: { ...gate, standing } };
}

/** Performs a step that holds no others, as often as whoever holds the gate says. */
export async function performHeld(running: Running, planned: PlannedStep): Promise<StepVerdict> {
  const { attempt, phase } = running;
  const { gate, offer, session, redactor, endSignal } = attempt;
  if (gate === undefined) return performStep(running, planned);
  const shown = { ...planned, name: redactor.text(planned.name) };
  const { definition } = offer;
  const at: Standing = { definition, planned: shown, session, redactor, signal: endSignal };
  const stand = <T>(act: () => Promise<T>) => gate.standing.stand(act);
  await stand(() => gate.before(at));
  for (;;) {
    if (attempt.endReason() !== undefined) return { kind: "ended" };
    const verdict = await performStep(running, planned);
    // A step of an attempt whose time is over would fail again at once.
    if (verdict.kind !== "failed" || phase.isLate()) return verdict;
    if ((await stand(() => gate.failed(at, verdict.failure))) === "go_on") return verdict;
  }
}
