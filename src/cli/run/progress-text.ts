/** P: the words in which a run is told to people, line by line. Where they go is progress.ts's. */
import type { RunNotice } from "#proto/api.ts";
import {
  NOT_ENDED_REASON,
  type Report,
  type ReportTest,
  RUNNING_CODE,
  type Totals,
} from "#proto/report.ts";

export type TestEnded = Extract<RunNotice, { readonly kind: "test_ended" }>;

/** `1.2s`, `350ms`, `2m05s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** One finished test: verdict, key, time, node; what failed, where and why below it. */
export function testLines(ended: TestEnded): string[] {
  const where = ended.node === undefined ? "" : `  ${ended.node}`;
  const head = `${ended.verdict.padEnd(7)}  ${ended.key}  ${durationText(ended.durationMs)}${where}`;
  const lines = [head];
  if (ended.reason !== undefined) lines.push(`         ${ended.reason}`);
  const { error } = ended;
  if (error === undefined || (ended.verdict !== "failed" && ended.verdict !== "lost")) return lines;
  for (const line of error.message.split("\n")) lines.push(`         ${line}`);
  if (error.step !== undefined) lines.push(`         step: ${error.step}`);
  if (error.file !== undefined) lines.push(`         at ${placeText(error)}`);
  return lines;
}

function placeText(at: {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}): string {
  return [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
}

export type LiveCounts = {
  readonly finished: number;
  readonly planned: number;
  readonly failed: number;
  readonly lost: number;
  readonly running: number;
  readonly elapsedMs: number;
};

/** `12/70 · 2 failed · 3 running · 14s` */
export function liveText(counts: LiveCounts): string {
  const parts = [`${counts.finished}/${counts.planned}`];
  if (counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (counts.lost > 0) parts.push(`${counts.lost} lost`);
  parts.push(`${counts.running} running`, `${Math.floor(counts.elapsedMs / 1_000)}s`);
  return parts.join(" · ");
}

/** `passed: 70 planned, 68 passed, 2 flaky in 14.2s` */
export function totalsText(
  run: {
    readonly status: string;
    readonly reason?: string | undefined;
    readonly durationMs: number;
  },
  totals: Totals,
): string {
  const counted = (["passed", "failed", "flaky", "skipped", "lost"] as const)
    .filter((name) => totals[name] > 0)
    .map((name) => `, ${totals[name]} ${name}`)
    .join("");
  const why = run.reason === undefined ? "" : ` (${run.reason})`;
  return `${run.status}${why}: ${totals.planned} planned${counted} in ${durationText(run.durationMs)}`;
}

/** The verdicts of a finished run that a follower did not see happen, in the ledger's order. */
export function endedOf(report: Report, seen: ReadonlySet<string>): TestEnded[] {
  return report.tests.flatMap((test, testIndex) =>
    seen.has(test.key) ? [] : [endedTest(test, { testIndex, planned: report.totals.planned })],
  );
}

/** How every test of a run stands, which may go on: in its report what has no verdict yet is lost. */
export function standingLines(report: Report): string[] {
  return endedOf(report, new Set()).flatMap((ended, index) => {
    if (ended.reason !== NOT_ENDED_REASON) return testLines(ended);
    const running = report.tests[index]?.attempts.filter(
      (attempt) => attempt.error?.code === RUNNING_CODE,
    );
    const nodes = running?.map((attempt) => attempt.node) ?? [];
    return nodes.length === 0
      ? [`waiting  ${ended.key}`]
      : [`running  ${ended.key}  ${nodes.join(", ")}`];
  });
}

function endedTest(
  test: ReportTest,
  at: { readonly testIndex: number; readonly planned: number },
): TestEnded {
  const last = test.attempts.findLast((attempt) => attempt.counted) ?? test.attempts.at(-1);
  const failedStep = last?.steps.find((step) => step.status === "failed" && step.optional !== true);
  const error = failedStep?.error ?? last?.error;
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
    ...(error === undefined
      ? {}
      : { error: { ...error, ...(failedStep === undefined ? {} : { step: failedStep.name }) } }),
  };
}
