/** Takes the evidence of an attempt within bounds of its own: at its first failure, and at its end. */
import { messageOf } from "#shared/errors.ts";
import type { Ending } from "../drivers/driver.ts";
import { type Attempt, startPhase, waitAtMost, warn } from "./attempt.ts";

/** Evidence has this long at most; a driver has bounds of its own below it. */
const EVIDENCE_MS = 15_000;
/** How long a driver may take to say that it did not finish in time. */
const CONCLUDE_GRACE_MS = 2_000;

/** Takes the evidence of a failure; the first one's only. */
export async function takeEvidence(attempt: Attempt): Promise<void> {
  const { clock, endSignal, evidence } = attempt;
  if (evidence.isTaken) return;
  evidence.isTaken = true;
  const phase = startPhase({
    clock,
    boundMs: EVIDENCE_MS,
    boundName: "The evidence's bound",
    endSignal,
  });
  try {
    await waitAtMost(clock, EVIDENCE_MS + 1_000, attempt.session.collectEvidence(phase.signal));
  } catch (thrown) {
    // The driver promises not to throw: what it could not take never hides the failure itself.
    warn(attempt.warnings, attempt.redactor.text(`Cannot collect evidence: ${messageOf(thrown)}`));
  } finally {
    phase.close();
  }
}

/** Evidence that only the attempt's end completes: films, the trace. */
export async function conclude(attempt: Attempt, ending: Omit<Ending, "signal">): Promise<void> {
  const { clock, limits, endSignal } = attempt;
  const boundMs = Math.ceil(limits.concludeMs + (ending.status === "passed" ? ending.leftMs : 0));
  const boundName = `The bound of ${boundMs} ms for films and traces`;
  const phase = startPhase({ clock, boundMs, boundName, endSignal });
  try {
    const work = attempt.session
      .conclude({ ...ending, signal: phase.signal })
      .then(() => "done" as const);
    if ((await waitAtMost(clock, boundMs + CONCLUDE_GRACE_MS, work)) === undefined)
      warn(attempt.warnings, `${boundName} was reached: what was not ready is missing`);
  } catch (thrown) {
    // The driver promises not to throw: a film never decides a verdict.
    warn(attempt.warnings, attempt.redactor.text(`Cannot end the evidence: ${messageOf(thrown)}`));
  } finally {
    phase.close();
  }
}
