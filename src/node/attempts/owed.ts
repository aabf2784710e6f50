/**
 * What a step has said to be still to come after it: a dialog for which it prepared the answer. What has not come when the
 * main steps are over is a failure of the attempt, at that step; of an optional step a warning.
 */
import type { PlannedStep } from "#proto/test.ts";
import type { StepContext } from "../drivers/driver.ts";
import { type Attempt, warn } from "./attempt.ts";
import { takeEvidence } from "./evidence-span.ts";

/** Lets a step say what is still to come of it. */
export function oweFor(
  attempt: Pick<Attempt, "offer" | "owed">,
  planned: PlannedStep,
): NonNullable<StepContext["owe"]> {
  return (code, message) => {
    const { file = attempt.offer.definition.file, line, column } = planned;
    const failure = { message, code, file, line, column };
    const one = { failure, isOptional: planned.optional === true };
    attempt.owed.add(one);
    return () => void attempt.owed.delete(one);
  };
}

/** To be called after main steps that passed: what has not come is a soft failure now. */
export async function settleOwed(attempt: Attempt): Promise<void> {
  const { owed, softFailures, redactor, warnings } = attempt;
  const missing = [...owed].filter((one) => !one.isOptional);
  for (const { failure, isOptional } of owed)
    if (isOptional) warn(warnings, redactor.text(failure.message));
  owed.clear();
  softFailures.push(...missing.map((one) => one.failure));
  if (missing.length > 0) await takeEvidence(attempt);
}
