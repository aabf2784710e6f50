/** Runs one planned step, with all that is inside it, and saves what became of it as one event. */
import type { StepEnded } from "#proto/event.ts";
import type { Attempt, Phase } from "./attempt.ts";
import { Children } from "./children.ts";
import { weigh } from "./failures.ts";
import { runAny } from "./flow.ts";
import type { StepVerdict } from "./perform-step.ts";

/** Performs step `stepIndex` of the attempt's definition within its own bound and its phase's, and saves its outcome. */
export async function runStep(
  attempt: Attempt,
  phase: Phase,
  stepIndex: number,
): Promise<StepVerdict> {
  const { offer, clock } = attempt;
  const planned = offer.definition.steps[stepIndex];
  if (planned === undefined) throw new Error(`Cannot run step ${stepIndex}: there is none`);
  const warnings: string[] = [];
  const children = new Children();
  attempt.warnings.step = warnings;
  const startMs = clock.monotonicMs();
  const softBefore = attempt.softFailures.length;
  const verdict = await runAny({ attempt, phase, names: {}, children, depth: 0 }, planned);
  const durationMs = clock.monotonicMs() - startMs;
  if (verdict.kind === "ended") {
    attempt.warnings.step = undefined;
    return verdict;
  }
  const weighed = await weigh(attempt, planned, { verdict, softBefore });
  attempt.warnings.step = undefined;
  const inside = children.result();
  const event: StepEnded = {
    kind: "step_ended",
    leaseId: offer.leaseId,
    stepIndex,
    status: weighed.status,
    durationMs,
    ...(weighed.isSoft && { soft: true }),
    ...(warnings.length > 0 && { warnings }),
    ...(weighed.failure && { error: weighed.failure }),
    ...(inside && { children: inside }),
  };
  attempt.record(event);
  return weighed.goesOn;
}
