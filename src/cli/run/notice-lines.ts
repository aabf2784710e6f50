/** P: which notices of a run become lines for good, by how much a person wants to read. */
import { childText } from "#gateway/reports/child-text.ts";
import type { RunNotice } from "#proto/api.ts";
import type { ChildCount, ChildStep } from "#proto/event.ts";
import type { Report, ReportAttempt, ReportStep, ReportTest } from "#proto/report.ts";
import { inertText } from "../screen/inert-text.ts";
import type { Line } from "../screen/line.ts";
import { durationText, type TestEnded, testLines, VERDICT_STYLE } from "./progress-text.ts";

/** `quiet`: what went wrong; `normal`: and what has ended; `verbose`: and what happened on the way. */
export type Verbosity = "quiet" | "normal" | "verbose";

export type Telling = {
  readonly verbosity: Verbosity;
  /** A live view counts what passed: only what a person must look at stays on the screen. */
  readonly isLive: boolean;
};

/** The lines of one notice; none for what is not to be told. */
export function noticeLines(notice: RunNotice, telling: Telling): Line[] {
  const { verbosity } = telling;
  switch (notice.kind) {
    case "test_started":
      return verbosity === "verbose" ? [startedLine(notice)] : [];
    case "attempt_ended":
      if (notice.willRunAgain) return verbosity === "quiet" ? [] : [againLine(notice)];
      return verbosity === "verbose" ? [attemptLine(notice)] : [];
    case "test_ended":
      return isTold(notice, telling) ? testLines(notice) : [];
    case "waiting":
      return verbosity === "quiet" ? [] : [[`waiting  ${notice.reason}`]];
    case "run_ended":
      return [];
  }
}

function isTold({ verdict }: TestEnded, { verbosity, isLive }: Telling): boolean {
  if (verbosity === "quiet") return verdict === "failed" || verdict === "lost";
  return verbosity === "verbose" || !isLive || verdict !== "passed";
}

type Of<K extends RunNotice["kind"]> = Extract<RunNotice, { readonly kind: K }>;

function startedLine({ key, attempt, node }: Of<"test_started">): Line {
  return [`started  ${key}`, { text: `  attempt ${attempt} on ${node}`, style: "dim" }];
}

function attemptLine({ key, attempt, status, node }: Of<"attempt_ended">): Line {
  return [`ended    ${key}`, { text: `  attempt ${attempt} ${status} on ${node}`, style: "dim" }];
}

function againLine({ key, attempt, status, node, error }: Of<"attempt_ended">): Line {
  const why = error === undefined ? "" : `: ${inertText(error).split("\n")[0]}`;
  return [
    { text: "again  ", style: "warning" },
    `  ${key}  attempt ${attempt} ${status} on ${node}${why}`,
  ];
}

/** What a verbose run says when it is over: the steps of every test that did not simply pass, and all warnings. */
export function detailLines(report: Report): Line[] {
  return report.tests.flatMap(detailsOf);
}

function detailsOf(test: ReportTest): Line[] {
  const isPlain = test.verdict === "passed" || test.verdict === "skipped";
  const shown = test.attempts.filter((attempt) => !isPlain || hasWarnings(attempt));
  if (shown.length === 0) return [];
  const head: Line = [
    { text: test.verdict.padEnd(7), style: VERDICT_STYLE[test.verdict] },
    `  ${test.key}`,
  ];
  return [head, ...shown.flatMap((attempt) => attemptDetails(attempt, isPlain))];
}

function hasWarnings({ warnings, steps }: ReportAttempt): boolean {
  return (warnings?.length ?? 0) > 0 || steps.some(isWarned);
}

/** It, or a step inside it. */
function isWarned({ warnings = [], children }: ReportStep): boolean {
  return warnings.length > 0 || (children?.told ?? []).some((child) => child.warnings?.length);
}

function attemptDetails(attempt: ReportAttempt, isPlain: boolean): Line[] {
  const { number, node, status, durationMs, warnings = [] } = attempt;
  const head = `    attempt ${number} on ${node}: ${status} after ${durationText(durationMs)}`;
  const steps = isPlain ? attempt.steps.filter(isWarned) : attempt.steps;
  return [[head], ...warnings.map(warningLine), ...steps.flatMap(stepLines)];
}

const STEP_STYLE = { ...VERDICT_STYLE, cancelled: "lost" } as const;

function stepLines(step: ReportStep): Line[] {
  const { name, status, durationMs, error, warnings = [], children } = step;
  const why = error === undefined ? "" : `: ${inertText(error.message).split("\n")[0]}`;
  const took = status === "skipped" ? "" : `  ${durationText(durationMs)}`;
  return [
    [
      "      ",
      { text: status.padEnd(7), style: STEP_STYLE[status] },
      `  ${name}`,
      { text: took, style: "dim" },
      why,
    ],
    ...warnings.map(warningLine),
    ...(children?.told ?? []).flatMap(childLines),
    ...(children?.counted ?? []).map(countLine),
  ];
}

function childLines(child: ChildStep): Line[] {
  const { status, durationMs, depth = 0, warnings = [] } = child;
  const took = status === "skipped" ? "" : `  ${durationText(durationMs)}`;
  return [
    [
      `        ${"  ".repeat(depth)}`,
      { text: status.padEnd(7), style: STEP_STYLE[status] },
      `  ${inertText(childText(child))}`,
      { text: took, style: "dim" },
    ],
    ...warnings.map(warningLine),
  ];
}

function countLine({ name, status, count }: ChildCount): Line {
  return [
    "        ",
    { text: status.padEnd(7), style: STEP_STYLE[status] },
    `  ${inertText(name)}`,
    { text: `  ${count} more times`, style: "dim" },
  ];
}

function warningLine(text: string): Line {
  return ["      ", { text: "warning", style: "warning" }, `  ${text}`];
}
