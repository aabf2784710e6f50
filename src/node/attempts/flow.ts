/**
 * Steps that hold other steps: which of them run, how often, and what their failures come to.
 *
 * - F1 A step inside has its own bound as any step has; what holds it has a bound only where it names one, which is then
 *   over all that is inside (of `try`: over its `try` block). The attempt's bound is over everything.
 * - F2 The first failure inside ends what holds it, with the place and the words of the step that failed.
 * - F3 `catch` takes test failures only: no lost machine, no end of the attempt, no attempt whose time is over.
 * - F4 `finally` runs after a failure and when time is over (then in the attempt's overtime), not after a loss or an end.
 * - F5 Everything that was begun is told or counted (children.ts), also what was caught.
 */
import type { Json } from "#proto/matcher.ts";
import { FlowStep, ITERATIONS_MAX } from "#proto/steps/flow.ts";
import type { PlannedStep } from "#proto/test.ts";
import { unreachable } from "#shared/errors.ts";
import { isJsonList } from "#shared/json-kind.ts";
import { StepError } from "../drivers/driver.ts";
import { innerPhase, type Phase, startPhase, warn } from "./attempt.ts";
import { weigh } from "./failures.ts";
import { fillValues } from "./fill.ts";
import { performHeld } from "./gate.ts";
import { childOf, firstLine, lookTold, type Nest, shortText, tellSkipped } from "./nest.ts";
import {
  lateVerdict,
  misfit,
  PASSED,
  placeOf,
  type StepVerdict,
  type Trouble,
  verdictOf,
} from "./perform-step.ts";

type Of<K extends FlowStep["kind"]> = Extract<FlowStep, { readonly kind: K }>;

/** Runs a step with all that is inside it; never throws. */
export async function runAny(nest: Nest, planned: PlannedStep): Promise<StepVerdict> {
  if (planned.blocks === undefined) return performHeld(nest, planned);
  const { attempt, phase } = nest;
  const { timeoutMs: boundMs } = planned;
  const name = attempt.redactor.text(planned.name);
  const boundName = `The timeout of ${boundMs} ms of step "${name}"`;
  const isBound = boundMs !== undefined && planned.kind !== "try";
  const own = isBound ? innerPhase(phase, { clock: attempt.clock, boundMs, boundName }) : undefined;
  const inside = { ...nest, phase: own ?? phase };
  try {
    return await runFlow(inside, planned, readFlow(inside, planned));
  } catch (thrown) {
    return verdictOf(inside, planned, thrown);
  } finally {
    own?.close();
  }
}

/** Conditions are filled in each time that they are looked at. */
function readFlow({ attempt, names }: Nest, { kind, args }: PlannedStep): FlowStep {
  const { when, while: whileHolds, until, ...rest } = args;
  const known = { saved: attempt.saved, names };
  const filled = fillValues(attempt.offer, known, rest) as Record<string, Json>;
  const asked = Object.entries({ when, while: whileHolds, until });
  const conditions = Object.fromEntries(asked.filter(([, one]) => one !== undefined));
  if (kind === "forEach") tellNoList(filled["items"]);
  const parsed = FlowStep.safeParse({ ...filled, ...conditions, kind });
  if (!parsed.success) throw misfit(kind, parsed.error);
  return parsed.data;
}

/** @throws {StepError} In the words of people, who wrote `${saved.x}`. */
function tellNoList(items: Json | undefined): void {
  const isList = isJsonList(items);
  if (isList && items.length <= ITERATIONS_MAX) return;
  const found = isList ? `one of ${items.length}` : shortText(items ?? null);
  const text = `Cannot forEach: expected a list of at most ${ITERATIONS_MAX} items, found ${found}`;
  throw new StepError("failed", "step_invalid", text);
}

function runFlow(nest: Nest, planned: PlannedStep, step: FlowStep): Promise<StepVerdict> {
  switch (step.kind) {
    case "if":
      return runIf(nest, planned, step);
    case "repeat":
      return runRepeat(nest, planned, step);
    case "forEach":
      return runForEach(nest, planned, step);
    case "try":
      return runTry(nest, planned);
    case "use":
      return runBlock(nest, planned, "steps");
    default:
      return unreachable(step);
  }
}

async function runIf(nest: Nest, planned: PlannedStep, { when }: Of<"if">): Promise<StepVerdict> {
  const look = await lookTold(nest, planned, { condition: when, word: "if" });
  if (look.kind !== "held" && look.kind !== "missed") return look;
  return runBlock(nest, planned, look.kind === "held" ? "then" : "else");
}

/** `while` is looked at before a round, `until` after it; one that still goes on after `max` rounds has failed. */
async function runRepeat(
  nest: Nest,
  planned: PlannedStep,
  step: Of<"repeat">,
): Promise<StepVerdict> {
  const most = step.times ?? step.max ?? 0;
  for (let round = 0; round < most; round += 1) {
    const end = await runRound(nestIn(nest, round, [[step.index, round]]), planned, step);
    if (end !== undefined) return end;
  }
  if (step.times !== undefined) return PASSED;
  // A loop that goes on while something holds may end after its last round, too.
  const before = await lookBefore(nestIn(nest, most, [[step.index, most]]), planned, step);
  return before ?? endless(nest, planned, step);
}

/** @returns Undefined when it goes on. */
async function runRound(
  nest: Nest,
  planned: PlannedStep,
  step: Of<"repeat">,
): Promise<StepVerdict | undefined> {
  const before = await lookBefore(nest, planned, step);
  if (before !== undefined) return before;
  const verdict = await runBlock(nest, planned, "steps");
  if (verdict.kind !== "passed")
    return inLoop(verdict, nest, `round ${nest.iteration} of "${planned.name}"`);
  if (step.until === undefined) return undefined;
  const look = await lookTold(nest, planned, { condition: step.until, word: "until" });
  if (look.kind === "missed") return undefined;
  return look.kind === "held" ? PASSED : look;
}

async function lookBefore(
  nest: Nest,
  planned: PlannedStep,
  { while: condition }: Of<"repeat">,
): Promise<StepVerdict | undefined> {
  if (condition === undefined) return undefined;
  const look = await lookTold(nest, planned, { condition, word: "while" });
  if (look.kind === "held") return undefined;
  return look.kind === "missed" ? PASSED : look;
}

function endless({ attempt }: Nest, planned: PlannedStep, step: Of<"repeat">): StepVerdict {
  const { text = "" } = step.until ?? step.while ?? {};
  const said = step.until === undefined ? "still holds" : "does not hold yet";
  const message = `Repeated ${step.max} times, which is its "max", and the condition ${said}: ${text}`;
  const failure = { message: attempt.redactor.text(message), ...placeOf(attempt, planned) };
  return { kind: "failed", failure: { ...failure, code: "repeat" } };
}

async function runForEach(
  nest: Nest,
  planned: PlannedStep,
  { items, as, index }: Of<"forEach">,
): Promise<StepVerdict> {
  for (const [round, item] of items.entries()) {
    const inRound = nestIn(nest, round, [
      [as, item],
      [index, round],
    ]);
    const verdict = await runBlock(inRound, planned, "steps");
    const which = `item ${round + 1} of ${items.length}, ${shortText(item)}, of "${planned.name}"`;
    if (verdict.kind !== "passed") return inLoop(verdict, nest, which);
  }
  return PASSED;
}

async function runTry(nest: Nest, planned: PlannedStep): Promise<StepVerdict> {
  const tried = await runTried(nest, planned);
  const isCaught =
    tried.kind === "failed" && planned.blocks?.["catch"] !== undefined && !nest.phase.isLate(); // F3
  if (isCaught) {
    const { message, file, line } = tried.failure;
    warn(nest.attempt.warnings, `Caught a failure of ${file}:${line}: ${firstLine(message)}`);
  }
  const verdict = isCaught ? await runBlock(nest, planned, "catch") : tried;
  return runFinally(nest, planned, verdict);
}

async function runTried(nest: Nest, planned: PlannedStep): Promise<StepVerdict> {
  const { attempt, phase } = nest;
  const { timeoutMs: boundMs } = planned;
  if (boundMs === undefined) return runBlock(nest, planned, "try");
  const boundName = `The timeout of ${boundMs} ms of step "${attempt.redactor.text(planned.name)}"`;
  const own = innerPhase(phase, { clock: attempt.clock, boundMs, boundName });
  try {
    return await runBlock({ ...nest, phase: own }, planned, "try");
  } finally {
    own.close();
  }
}

/** F4. */
async function runFinally(
  nest: Nest,
  planned: PlannedStep,
  verdict: StepVerdict,
): Promise<StepVerdict> {
  if (planned.blocks?.["finally"] === undefined) return verdict;
  if (verdict.kind === "lost" || verdict.kind === "ended") return verdict;
  const isLate = nest.phase.isLate();
  const phase = isLate ? overtimeOf(nest) : nest.phase;
  const startMs = nest.attempt.clock.monotonicMs();
  const last = await runBlock({ ...nest, phase }, planned, "finally");
  if (isLate) {
    phase.close();
    nest.attempt.overtime.leftMs -= nest.attempt.clock.monotonicMs() - startMs;
  }
  if (last.kind === "lost" || last.kind === "ended") return last;
  return verdict.kind === "passed" ? last : verdict;
}

function overtimeOf({ attempt }: Nest): Phase {
  const { clock, endSignal, overtime, offer } = attempt;
  const boundMs = Math.max(1, overtime.leftMs);
  const boundName = `The bound of ${offer.definition.stepTimeoutMs} ms for "finally" after the end of time`;
  return startPhase({ clock, boundMs, boundName, endSignal });
}

/** Runs the steps of a block in order, up to the first that fails; those after it are told as skipped. */
export async function runBlock(
  nest: Nest,
  planned: PlannedStep,
  block: string,
): Promise<StepVerdict> {
  const steps = planned.blocks?.[block] ?? [];
  for (const [index, step] of steps.entries()) {
    const verdict = await runChild(nest, step, block);
    if (verdict.kind === "passed") continue;
    if (verdict.kind === "failed")
      for (const skipped of steps.slice(index + 1)) tellSkipped(nest, skipped, block);
    return verdict;
  }
  return PASSED;
}

async function runChild(nest: Nest, planned: PlannedStep, block: string): Promise<StepVerdict> {
  const { attempt, phase, children } = nest;
  if (attempt.endReason() !== undefined) return { kind: "ended" };
  if (phase.isLate()) return lateVerdict(nest, planned);
  const begun = children.begin();
  const softBefore = attempt.softFailures.length;
  const startMs = attempt.clock.monotonicMs();
  const around = attempt.warnings.step;
  const warnings: string[] = [];
  attempt.warnings.step = warnings;
  const verdict = await runAny({ ...nest, depth: nest.depth + 1 }, planned);
  const durationMs = attempt.clock.monotonicMs() - startMs;
  const isEnded = verdict.kind === "ended";
  const weighed = isEnded ? undefined : await weigh(attempt, planned, { verdict, softBefore });
  attempt.warnings.step = around;
  if (weighed === undefined) return { kind: "ended" };
  const outcome = {
    ...childOf(nest, planned, block),
    status: weighed.status,
    durationMs,
    ...(weighed.isSoft && { soft: true }),
    ...(warnings.length > 0 && { warnings }),
    ...(weighed.failure && { error: weighed.failure }),
  };
  children.end(begun, outcome, planned.name);
  return weighed.goesOn;
}

/** A round of a loop, with the names that it gives. */
function nestIn(
  nest: Nest,
  round: number,
  given: readonly (readonly [name: string | undefined, value: Json])[],
): Nest {
  const own = given.flatMap(([name, value]) => (name === undefined ? [] : [[name, value]]));
  const names = { ...nest.names, ...Object.fromEntries(own) };
  return { ...nest, iteration: round + 1, names };
}

/** F2: of a loop also which round it was. */
function inLoop(verdict: Trouble, { attempt }: Nest, which: string): Trouble {
  if (verdict.kind === "ended") return verdict;
  const message = `${verdict.failure.message}\n(in ${attempt.redactor.text(which)})`;
  return { ...verdict, failure: { ...verdict.failure, message } };
}
