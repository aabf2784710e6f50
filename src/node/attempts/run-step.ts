/** Runs one planned step: fills in its values, performs it within its bound, and saves what became of it. */
import type { LossCode, StepEnded } from "#proto/event.ts";
import { LossCode as LossCodes } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import type { Json } from "#proto/matcher.ts";
import { Step } from "#proto/step.ts";
import type { PlannedStep, StepPart } from "#proto/test.ts";
import { messageOf } from "#shared/errors.ts";
import { type StepContext, StepError } from "../drivers/driver.ts";
import type { Attempt, Phase } from "./attempt.ts";
import { fillValues } from "./fill.ts";

export type StepVerdict =
  | { readonly kind: "passed" }
  /** An optional step that failed counts as passed for what follows. */
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "lost"; readonly failure: Failure; readonly loss: LossCode }
  /** The attempt was ended from outside while it ran: nothing is said of the step. */
  | { readonly kind: "ended" };

/** A verdict that ends the attempt's phase. */
export type Trouble = Exclude<StepVerdict, { readonly kind: "passed" }>;

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
  attempt.warnings.step = warnings;
  const startMs = clock.monotonicMs();
  const verdict = await performStep(attempt, phase, planned);
  attempt.warnings.step = undefined;
  if (verdict.kind === "ended") return verdict;
  const event: StepEnded = {
    kind: "step_ended",
    leaseId: offer.leaseId,
    stepIndex,
    status: verdict.kind,
    durationMs: clock.monotonicMs() - startMs,
    ...(warnings.length > 0 && { warnings }),
    ...("failure" in verdict && { error: verdict.failure }),
  };
  attempt.record(event);
  return verdict.kind === "failed" && planned.optional === true ? { kind: "passed" } : verdict;
}

async function performStep(
  attempt: Attempt,
  phase: Phase,
  planned: PlannedStep,
): Promise<StepVerdict> {
  try {
    const { before, after } = planned.around ?? { before: [], after: [] };
    const own = { verb: planned.verb ?? planned.kind, args: planned.args };
    for (const part of [...before, own, ...after])
      await perform(attempt, phase, { step: readStep(attempt, part), planned });
    return { kind: "passed" };
  } catch (thrown) {
    if (attempt.endReason() !== undefined) return { kind: "ended" };
    return verdictOf(attempt, phase, { planned, thrown });
  }
}

/** Fills in `${…}` and reads the result. @throws {StepError} When a name is unknown, or the result is no step. */
function readStep(attempt: Attempt, { verb, args }: StepPart): Step {
  const filled = fillValues(attempt.offer, attempt.saved, args) as Record<string, Json>;
  const parsed = Step.safeParse({ ...filled, kind: verb });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  const text = `Cannot ${verb}: its values do not fit${where}: ${issue?.message ?? "unreadable"}`;
  throw new StepError("failed", "step_invalid", text);
}

type Performed = { readonly step: Step; readonly planned: PlannedStep };

async function perform(
  attempt: Attempt,
  phase: Phase,
  { step, planned }: Performed,
): Promise<void> {
  const { session, offer } = attempt;
  const { stepTimeoutMs } = offer.definition;
  if (session.ready !== undefined) {
    const ready = session.ready.bind(session, step);
    await within({ attempt, phase, boundMs: planned.timeoutMs ?? stepTimeoutMs }, ready);
  }
  const boundMs = boundOf(step, planned, stepTimeoutMs);
  await within({ attempt, phase, boundMs }, (context) => session.perform(step, context));
}

type Span = {
  readonly attempt: Attempt;
  readonly phase: Phase;
  /** Undefined: the phase's bound alone holds. */
  readonly boundMs: number | undefined;
};

/** Gives `act` a bound of its own inside the phase's; one that does not end with it is left behind. */
async function within(
  { attempt, phase, boundMs }: Span,
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
    timeoutMs: boundMs ?? phase.boundMs,
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

type Fallen = { readonly planned: PlannedStep; readonly thrown: unknown };

function verdictOf(
  { offer, redactor }: Attempt,
  phase: Phase,
  { planned, thrown }: Fallen,
): StepVerdict {
  const isKnown = thrown instanceof StepError;
  const text = redactor.text(messageOf(thrown));
  const place = { file: offer.definition.file, line: planned.line, column: planned.column };
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

/** The loss that a driver's code names; `driver_fault` for one that is not on the list. */
export function lossOf(code: string): LossCode {
  const loss = LossCodes.safeParse(code);
  return loss.success ? loss.data : "driver_fault";
}
