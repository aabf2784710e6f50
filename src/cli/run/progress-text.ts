/** P: the words in which a run is told to people, line by line. Which of them are said when is notice-lines.ts's. */
import type { RunNotice } from "#proto/api.ts";
import {
  NOT_ENDED_REASON,
  type Report,
  type ReportQuarantine,
  type ReportTest,
  RUNNING_CODE,
  type Totals,
  type Verdict,
} from "#proto/report.ts";
import type { Style } from "../screen/colour.ts";
import { inertText } from "../screen/inert-text.ts";
import type { Line } from "../screen/line.ts";
import { isExcused, quarantineText } from "./quarantine-text.ts";

export type TestEnded = Extract<RunNotice, { readonly kind: "test_ended" }>;

/** `1.2s`, `350ms`, `2m05s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** How a verdict looks; its word says it too. */
export const VERDICT_STYLE: Readonly<Record<Verdict, Style>> = {
  passed: "good",
  failed: "bad",
  flaky: "warning",
  skipped: "dim",
  lost: "lost",
};

const MARGIN = " ".repeat(9);
const ERROR_LINES_MAX = 40;

/** One finished test: verdict, key, time, node; what failed, where and why below it. */
export function testLines(ended: TestEnded): Line[] {
  const { verdict, key, node, reason, error } = ended;
  const where = node === undefined ? "" : `  ${node}`;
  const lines: Line[] = [
    [
      { text: verdict.padEnd(7), style: VERDICT_STYLE[verdict] },
      `  ${key}`,
      { text: `  ${durationText(ended.durationMs)}${where}`, style: "dim" },
    ],
  ];
  if (ended.quarantined !== undefined) lines.push(quarantineLine(ended.quarantined));
  if (reason !== undefined) lines.push(...blockLines(reason));
  if (error === undefined || (verdict !== "failed" && verdict !== "lost")) return lines;
  lines.push(...blockLines(error.message));
  if (error.step !== undefined) lines.push([`${MARGIN}step: ${error.step}`]);
  if (error.file !== undefined) lines.push([`${MARGIN}at ${placeText(error)}`]);
  return lines;
}

function quarantineLine(quarantined: ReportQuarantine): Line {
  const text = inertText(quarantineText(quarantined)).replaceAll("\n", " ");
  return [MARGIN, { text, style: "warning" }];
}

/** Text of several lines under a test, bounded: the report has all of it. */
function blockLines(text: string): Line[] {
  const all = inertText(text).split("\n");
  const lines: Line[] = all.slice(0, ERROR_LINES_MAX).map((line) => [MARGIN + line]);
  const rest = all.length - ERROR_LINES_MAX;
  return rest > 0 ? [...lines, [`${MARGIN}… ${rest} more lines in the report`]] : lines;
}

/** `FILE:LINE:COLUMN`, as much of it as is known. */
export function placeText(at: {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}): string {
  return [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
}

const STATUS_STYLE: Readonly<Record<string, Style>> = {
  passed: "good",
  failed: "bad",
  incomplete: "lost",
};

/** `passed: 70 planned, 68 passed, 2 flaky in 14.2s` */
export function totalsLine(
  run: {
    readonly status: string;
    readonly reason?: string | undefined;
    readonly durationMs: number;
  },
  totals: Totals,
): Line {
  const { quarantined = 0 } = totals;
  const excused = quarantined === 0 ? "" : ` (${quarantined} in quarantine)`;
  const counted = (["passed", "failed", "flaky", "skipped", "lost"] as const)
    .filter((name) => totals[name] > 0)
    .map((name) => `, ${totals[name]} ${name}${name === "failed" ? excused : ""}`)
    .join("");
  const why = run.reason === undefined ? "" : ` (${run.reason})`;
  const rest = `${why}: ${totals.planned} planned${counted} in ${durationText(run.durationMs)}`;
  return [{ text: run.status, style: STATUS_STYLE[run.status] ?? "strong" }, rest];
}

/** The verdicts of a finished run that a follower did not see happen, in the ledger's order. */
export function endedOf(report: Report, seen: ReadonlySet<string>): TestEnded[] {
  return report.tests.flatMap((test, testIndex) =>
    seen.has(test.key) ? [] : [endedTest(test, { testIndex, planned: report.totals.planned })],
  );
}

/** How every test of a run stands, which may go on: in its report what has no verdict yet is lost. */
export function standingLines(report: Report): Line[] {
  return endedOf(report, new Set()).flatMap((ended, index) => {
    if (ended.reason !== NOT_ENDED_REASON) return testLines(ended);
    const running = report.tests[index]?.attempts.filter(
      (attempt) => attempt.error?.code === RUNNING_CODE,
    );
    const nodes = running?.map((attempt) => attempt.node) ?? [];
    return nodes.length === 0
      ? [[`waiting  ${ended.key}`]]
      : [[`running  ${ended.key}  ${nodes.join(", ")}`]];
  });
}

function endedTest(
  test: ReportTest,
  at: { readonly testIndex: number; readonly planned: number },
): TestEnded {
  const last = test.attempts.findLast((attempt) => attempt.counted) ?? test.attempts.at(-1);
  const failedStep = last?.steps.find((step) => step.status === "failed" && step.optional !== true);
  // Of soft failures the attempt's error names all.
  const error = (failedStep?.soft === true ? last?.error : failedStep?.error) ?? last?.error;
  return {
    kind: "test_ended",
    testIndex: at.testIndex,
    key: test.key,
    verdict: test.verdict,
    durationMs: last?.durationMs ?? 0,
    finished: at.planned,
    planned: at.planned,
    ...(last === undefined ? {} : { node: last.node }),
    ...(test.reason === undefined ? {} : { reason: test.reason }),
    ...(isExcused(test) ? { quarantined: test.quarantined } : {}),
    ...(error === undefined
      ? {}
      : { error: { ...error, ...(failedStep === undefined ? {} : { step: failedStep.name }) } }),
  };
}
