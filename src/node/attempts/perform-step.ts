/** Performs one step that holds no others, or looks at a condition: fills in its values and keeps it within its bound. */
import type { ZodError } from "zod";
import type { LossCode } from "#proto/event.ts";
import { LossCode as LossCodes } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { Json } from "#proto/matcher.ts";
import { Step } from "#proto/step.ts";
import type { Condition } from "#proto/steps/flow.ts";
import type { PlannedStep, StepPart } from "#proto/test.ts";
import { messageOf } from "#shared/errors.ts";
import { type StepContext, StepError } from "../drivers/driver.ts";
import type { Attempt, Phase } from "./attempt.ts";
import { fillValues, type SavedValues } from "./fill.ts";
import { oweFor } from "./owed.ts";

export type StepVerdict =
  | { readonly kind: "passed" }
  /** An optional step that failed counts as passed for what follows. */
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "lost"; readonly failure: Failure; readonly loss: LossCode }
  /** The attempt was ended from outside while it ran: nothing is said of the step. */
  | { readonly kind: "ended" };

export const PASSED: StepVerdict = { kind: "passed" };

/** A verdict that ends the attempt's phase. */
export type Trouble = Exclude<StepVerdict, { readonly kind: "passed" }>;

/** Where a step runs: its attempt, the span that bounds it, and what the loops around it give it. */
export type Running = {
  readonly attempt: Attempt;
  readonly phase: Phase;
  /** By the names that the suite gave. */
  readonly names: SavedValues;
};

/** Performs a step that holds no others; never throws. */
export async function performStep(running: Running, planned: PlannedStep): Promise<StepVerdict> {
  try {
    const { before, after } = planned.around ?? { before: [], after: [] };
    const own = { verb: planned.verb ?? planned.kind, args: planned.args };
    for (const part of [...before, own, ...after])
      await perform(running, { step: readStep(running, part), planned });
    return PASSED;
  } catch (thrown) {
    return verdictOf(running, planned, thrown);
  }
}

/** Whether a condition holds; else what was seen, or the trouble that kept it from being looked at. */
export type Look = { readonly kind: "held" } | { readonly kind: "missed"; readonly seen: string };

/** Looks at a condition: once, or until its own bound is reached. Never throws. */
export async function lookAt(
  running: Running,
  planned: PlannedStep,
  { expect, timeoutMs = 0 }: Condition,
): Promise<Look | Trouble> {
  const { attempt, phase } = running;
  try {
    const step = readStep(running, { verb: "expect", args: expect });
    await getReady(running, { step, planned });
    // A look itself may take as long as a step, however short its patience is.
    const boundMs = timeoutMs + attempt.offer.definition.stepTimeoutMs;
    await within({ attempt, phase, boundMs, patienceMs: timeoutMs }, (context) =>
      attempt.session.perform(step, context),
    );
    return { kind: "held" };
  } catch (thrown) {
    const hasMissed = thrown instanceof StepError && thrown.code === "expect";
    const isOver = attempt.endReason() !== undefined || phase.isLate();
    if (hasMissed && thrown.outcome === "failed" && !isOver)
      return { kind: "missed", seen: attempt.redactor.text(thrown.message) };
    return verdictOf(running, planned, thrown);
  }
}

/** Fills in `${…}` and reads the result. @throws {StepError} When a name is unknown, or the result is no step. */
function readStep({ attempt, names }: Running, { verb, args }: StepPart): Step {
  const known = { saved: attempt.saved, names };
  const filled = fillValues(attempt.offer, known, args) as Record<string, Json>;
  const parsed = Step.safeParse({ ...filled, kind: verb });
  if (parsed.success) return parsed.data;
  throw misfit(verb, parsed.error);
}

/** The error of a step whose values are not what its verb takes. */
export function misfit(verb: string, { issues: [issue] }: ZodError): StepError {
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  const text = `Cannot ${verb}: its values do not fit${where}: ${issue?.message ?? "unreadable"}`;
  return new StepError("failed", "step_invalid", text);
}

type Performed = { readonly step: Step; readonly planned: PlannedStep };

async function perform(running: Running, { step, planned }: Performed): Promise<void> {
  const { attempt, phase } = running;
  await getReady(running, { step, planned });
  const boundMs = boundOf(step, planned, attempt.offer.definition.stepTimeoutMs);
  const owe = oweFor(attempt, planned);
  await within({ attempt, phase, boundMs }, (context) =>
    attempt.session.perform(step, { ...context, owe }),
  );
}

async function getReady({ attempt, phase }: Running, { step, planned }: Performed): Promise<void> {
  const { session, offer } = attempt;
  if (session.ready === undefined) return;
  const ready = session.ready.bind(session, step);
  // Of a step that holds others, the bound is for all of them.
  const ownMs = planned.blocks === undefined ? planned.timeoutMs : undefined;
  await within({ attempt, phase, boundMs: ownMs ?? offer.definition.stepTimeoutMs }, ready);
}

type Span = {
  readonly attempt: Attempt;
  readonly phase: Phase;
  /** Undefined: the phase's bound alone holds. */
  readonly boundMs: number | undefined;
  /** What `expect` is retried for; absent: the bound. */
  readonly patienceMs?: number;
};

/** Gives `act` a bound of its own inside the phase's; one that does not end with it is left behind. */
async function within(
  { attempt, phase, boundMs, patienceMs }: Span,
  act: (context: StepContext) => Promise<void>,
): Promise<void> {
  const { clock, saved, limits } = attempt;
  const bound = new AbortController();
  const abandoned = Promise.withResolvers<never>();
  const leave = () => {
    const text = `The step did not end: ${messageOf(bound.signal.reason)}`;
    // A driver that does not hear its signal has this long to say what happened, then the step is left behind.
    grace = clock.after(limits.driverCloseMs, () =>
      abandoned.reject(new StepError("failed", "timeout", text)),
    );
  };
  let grace: { readonly cancel: () => void } | undefined;
  const endWithPhase = () => bound.abort(phase.signal.reason);
  const timer =
    boundMs === undefined
      ? undefined
      : clock.after(boundMs, () =>
          bound.abort(new Error(`its bound of ${boundMs} ms was reached`)),
        );
  bound.signal.addEventListener("abort", leave, { once: true });
  if (phase.signal.aborted) endWithPhase();
  else phase.signal.addEventListener("abort", endWithPhase, { once: true });
  const context: StepContext = {
    signal: bound.signal,
    timeoutMs: patienceMs ?? boundMs ?? phase.boundMs,
    save: (key, value) => {
      saved[key] = value;
    },
  };
  try {
    await Promise.race([act(context), abandoned.promise]);
  } finally {
    timer?.cancel();
    grace?.cancel();
    phase.signal.removeEventListener("abort", endWithPhase);
  }
}

/** What a step may take by itself, milliseconds; undefined: the attempt's bound alone holds. */
function boundOf(step: Step, planned: PlannedStep, stepTimeoutMs: number): number | undefined {
  // The time that a person asked for is no step's fault.
  if (step.kind === "record" && step.hold === true) return undefined;
  const pauseMs = step.kind === "wait" && step.for.kind === "time" ? step.for.ms : undefined;
  // A wait that is as long as its bound fits in it: whose timer rings first decides nothing.
  if (pauseMs !== undefined && pauseMs === planned.timeoutMs) return undefined;
  return planned.timeoutMs ?? (pauseMs === undefined ? stepTimeoutMs : undefined);
}

/** What a step came to that threw this. */
export function verdictOf(
  { attempt, phase }: Running,
  planned: PlannedStep,
  thrown: unknown,
): Trouble {
  if (attempt.endReason() !== undefined) return { kind: "ended" };
  const { redactor } = attempt;
  const isKnown = thrown instanceof StepError;
  const text = redactor.text(messageOf(thrown));
  const place = placeOf(attempt, planned);
  if (isKnown && thrown.outcome === "lost") {
    return {
      kind: "lost",
      loss: lossOf(thrown.code),
      failure: { message: text, ...place, code: thrown.code },
    };
  }
  if (phase.isLate()) {
    const name = redactor.text(planned.name);
    const message = `${phase.boundName} was reached in step "${name}"\n${text}`;
    return { kind: "failed", failure: { message, ...place, code: "timeout" } };
  }
  const code = isKnown ? thrown.code : "driver_fault";
  return { kind: "failed", failure: { message: text, ...place, code } };
}

/** Where a step stands, for its failure. */
export function placeOf(
  { offer }: Pick<Attempt, "offer">,
  { file = offer.definition.file, line, column }: PlannedStep,
): { readonly file: string; readonly line: number; readonly column: number } {
  return { file, line, column };
}

/** The failure of a phase whose bound was reached between two steps, or in an optional one. */
export function lateVerdict({ attempt, phase }: Running, planned: PlannedStep): Trouble {
  const name = attempt.redactor.text(planned.name);
  const message = `${phase.boundName} was reached before step "${name}"`;
  return {
    kind: "failed",
    failure: { message, ...placeOf(attempt, planned), code: "timeout" },
  };
}

/** The loss that a driver's code names; `driver_fault` for one that is not on the list. */
export function lossOf(code: string): LossCode {
  const loss = LossCodes.safeParse(code);
  return loss.success ? loss.data : "driver_fault";
}
