/** P: from what was done one after the other to the steps of a suite: one `fill` a field, one `dblclick` for two clicks, dialogs before what opened them. */
import type { Json } from "#proto/matcher.ts";

export type RecordedStep = {
  readonly verb: string;
  readonly args: Json;
  readonly comment?: string;
  /** What it is about: steps of one field are merged. */
  readonly about?: string;
};

/** More steps no person does in one sitting. */
export const STEPS_MAX = 2_000;

/** Adds a step to those before it; the list is made anew. */
export function foldStep(
  steps: readonly RecordedStep[],
  step: RecordedStep,
): readonly RecordedStep[] {
  if (steps.length >= STEPS_MAX) return steps;
  const last = steps.at(-1);
  const isSame = last?.about !== undefined && last.about === step.about;
  if (isSame && step.verb === "fill" && last.verb === "fill") return [...steps.slice(0, -1), step];
  if (step.verb === "dblclick") {
    const clicks = countClicks(steps, step.about);
    return [...steps.slice(0, steps.length - clicks), step];
  }
  if (step.verb === "dialog") return beforeLast(steps, step);
  return [...steps, step];
}

/** The two clicks that were one double click. */
function countClicks(steps: readonly RecordedStep[], about: string | undefined): number {
  const isClick = (step: RecordedStep | undefined) =>
    step?.verb === "click" && step.about === about && about !== undefined;
  if (!isClick(steps.at(-1))) return 0;
  return isClick(steps.at(-2)) ? 2 : 1;
}

/** An answer is prepared before the step that is asked. */
function beforeLast(steps: readonly RecordedStep[], step: RecordedStep): readonly RecordedStep[] {
  const last = steps.at(-1);
  if (last === undefined || last.verb === "goto") return [...steps, step];
  return [...steps.slice(0, -1), step, last];
}
