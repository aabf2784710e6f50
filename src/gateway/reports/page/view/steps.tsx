/** The steps of an attempt: outcome, time, and when in the attempt, as bars below each other. */
import { countText, durationText } from "../../html/quantities.ts";
import type { PageAttempt, PageStep } from "../../packed/unpack.ts";
import { Children } from "./children.tsx";
import { ErrorBox, placeText } from "./error-box.tsx";
import { StatusMark } from "./status-mark.tsx";

type Timed = { readonly step: PageStep; readonly number: number; readonly startMs: number };
type Part =
  | { readonly kind: "step"; readonly timed: Timed }
  | { readonly kind: "skipped"; readonly some: readonly Timed[] };

/** So many steps that were never reached are told one by one. */
const SKIPPED_SHOWN_MAX = 3;
const PHASES = { before: "before each", main: "", after: "after each" } as const;

export type StepsProps = {
  readonly attempt: PageAttempt;
  readonly file: string;
  /** The message that is shown above all steps: it is not told twice. */
  readonly told: string | undefined;
};

export function Steps({ attempt, file, told }: StepsProps) {
  if (attempt.steps.length === 0) return <p class="note">No steps are known.</p>;
  const timed = timeSteps(attempt.steps);
  const last = timed.at(-1);
  const totalMs = Math.max(1e-6, (last?.startMs ?? 0) + (last?.step.durationMs ?? 0));
  const shared = { totalMs, file, told };
  return (
    <ol class="steps">
      {partsOf(timed).map((part) =>
        part.kind === "step" ? (
          <StepItem key={part.timed.number} timed={part.timed} {...shared} />
        ) : (
          <li key={`skipped ${part.some[0]?.number}`} class="steps-skipped">
            <details>
              <summary>{countText(part.some.length, "step")} not reached</summary>
              <ol>
                {part.some.map((one) => (
                  <StepItem key={one.number} timed={one} {...shared} />
                ))}
              </ol>
            </details>
          </li>
        ),
      )}
    </ol>
  );
}

/** Steps follow each other, so that each begins where those before it end. */
function timeSteps(steps: readonly PageStep[]): readonly Timed[] {
  let startMs = 0;
  return steps.map((step, index) => {
    const timed = { step, number: index + 1, startMs };
    startMs += step.durationMs;
    return timed;
  });
}

function partsOf(timed: readonly Timed[]): readonly Part[] {
  const parts: Part[] = [];
  let skipped: Timed[] = [];
  const flush = () => {
    if (skipped.length > SKIPPED_SHOWN_MAX) parts.push({ kind: "skipped", some: skipped });
    else parts.push(...skipped.map((one) => ({ kind: "step" as const, timed: one })));
    skipped = [];
  };
  for (const one of timed) {
    if (one.step.status === "skipped" && one.step.reason === undefined) skipped.push(one);
    else {
      flush();
      parts.push({ kind: "step", timed: one });
    }
  }
  flush();
  return parts;
}

type StepItemProps = Omit<StepsProps, "attempt"> & {
  readonly timed: Timed;
  readonly totalMs: number;
};

function StepItem({ timed, totalMs, file, told }: StepItemProps) {
  const { step, number, startMs } = timed;
  const isDone = step.status !== "skipped";
  return (
    <li class={`step is-${step.status}`} value={number}>
      <div class="step-line">
        <span class="step-number">{number}</span>
        <StatusMark status={step.status} label={step.status} />
        <span class="step-name">
          {step.name}
          {step.line !== undefined && (
            <span class="step-place" title={placeText({ file, line: step.line })}>
              <span class="unseen">line </span>:{step.line}
            </span>
          )}
          {step.phase !== "main" && <span class="step-phase">{PHASES[step.phase]}</span>}
          {step.isOptional && <span class="step-phase">optional</span>}
          {step.isSoft && <span class="step-phase">soft</span>}
        </span>
        <span class="step-bar" aria-hidden="true">
          {isDone && (
            <span
              style={{
                left: `${(100 * startMs) / totalMs}%`,
                width: `${(100 * step.durationMs) / totalMs}%`,
              }}
            />
          )}
        </span>
        <span class="step-time">{timeText(step)}</span>
      </div>
      {step.reason !== undefined && <p class="step-note">{step.reason}</p>}
      {step.warnings.map((warning) => (
        <p key={warning} class="step-note is-warning">
          {warning}
        </p>
      ))}
      {step.error !== undefined && step.error.message !== told && (
        <div class="step-error">
          <ErrorBox error={step.error} />
        </div>
      )}
      <Children step={step} file={file} told={told} />
    </li>
  );
}

function timeText({ status, durationMs, reason }: PageStep): string {
  if (status === "skipped") return reason === undefined ? "not reached" : "skipped";
  return status === "lost" && durationMs === 0 ? "lost" : durationText(durationMs);
}
