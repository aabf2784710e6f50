/**
 * What failures mean for what follows: an optional one is shown and forgotten, a soft one is kept until the end, any
 * other ends its phase. Evidence is taken at the first that is not forgotten.
 */
import type { StepStatus } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { PlannedStep } from "#proto/test.ts";
import type { Attempt } from "./attempt.ts";
import { takeEvidence } from "./evidence-span.ts";
import { PASSED, type StepVerdict, type Trouble } from "./perform-step.ts";

type Outcome = {
  readonly verdict: Exclude<StepVerdict, { readonly kind: "ended" }>;
  /** How many soft failures there were before the step. */
  readonly softBefore: number;
};

export type Weighed = {
  readonly status: StepStatus;
  readonly failure?: Failure;
  /** It is soft itself, or holds a step that is. */
  readonly isSoft: boolean;
  /** What the steps after it see. */
  readonly goesOn: StepVerdict;
};

/** Weighs the verdict of a step, whatever it holds; takes evidence of a soft failure of its own. */
export async function weigh(
  attempt: Attempt,
  planned: PlannedStep,
  { verdict, softBefore }: Outcome,
): Promise<Weighed> {
  const { softFailures } = attempt;
  const failure = verdict.kind === "passed" ? softFailures[softBefore] : verdict.failure;
  if (failure === undefined) return { status: "passed", isSoft: false, goesOn: PASSED };
  if (verdict.kind === "lost") return { status: "lost", failure, isSoft: false, goesOn: verdict };
  if (planned.optional === true) {
    // With it go the soft failures inside.
    softFailures.length = softBefore;
    return { status: "failed", failure, isSoft: false, goesOn: PASSED };
  }
  if (verdict.kind === "passed") return { status: "failed", failure, isSoft: true, goesOn: PASSED };
  if (planned.soft !== true) return { status: "failed", failure, isSoft: false, goesOn: verdict };
  softFailures.push(failure);
  await takeEvidence(attempt);
  return { status: "failed", failure, isSoft: true, goesOn: PASSED };
}

/** Failures that the attempt's error names. */
const NAMED_MAX = 20;
const NAMED_LENGTH_MAX = 300;

/** The verdict of an attempt that had soft failures: the first failure in time is its error and names the others. */
export function withSoftFailures(failures: readonly Failure[]): Trouble | undefined {
  const [first, ...others] = failures;
  if (first === undefined) return undefined;
  if (others.length === 0) return { kind: "failed", failure: first };
  const named = others.slice(0, NAMED_MAX).map((failure) => `- ${lineOf(failure)}`);
  const left = others.length - named.length;
  const more = left === 0 ? [] : [`- and ${left} more`];
  const head = `${first.message}\n\n${others.length} more failed:`;
  return { kind: "failed", failure: { ...first, message: [head, ...named, ...more].join("\n") } };
}

function lineOf({ message, file, line }: Failure): string {
  const [said = ""] = message.split("\n", 1);
  const text = said.length > NAMED_LENGTH_MAX ? `${said.slice(0, NAMED_LENGTH_MAX)}…` : said;
  return file === undefined ? text : `${file}:${line} ${text}`;
}
