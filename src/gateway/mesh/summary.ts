/** Pure: a run in a few figures, for lists, progress and exit codes. */
import { excuseOf } from "#gateway/quarantine/excuse.ts";
import type { RunSummary } from "#proto/api.ts";
import type { RunStatus, Totals } from "#proto/report.ts";
import { activeLease, type RunState } from "./run-state.ts";

/** Verdicts counted; tests without one yet are only in `planned`. */
export function totalsOf(run: RunState): Totals {
  const totals = { planned: run.tests.length, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };
  let quarantined = 0;
  for (const test of run.tests) {
    if (test.decided === undefined) continue;
    totals[test.decided.verdict] += 1;
    if (test.decided.verdict === "failed" && excuseOf(run, test) !== undefined) quarantined += 1;
  }
  return quarantined === 0 ? totals : { ...totals, quarantined };
}

export type RunConclusion = {
  readonly status: RunStatus;
  readonly exitCode: number;
  readonly reason: string | undefined;
};

/** Status and exit code of a run whose tests all have a verdict (interface.md, Exit codes). */
export function concludeRun(run: RunState): RunConclusion {
  const totals = totalsOf(run);
  const reason = run.cancel?.reason;
  const wasCut = run.tests.some(
    (test) => test.closed?.code === "cancelled" || test.closed?.code === "run_timeout",
  );
  if (totals.lost > 0 || wasCut) return { status: "incomplete", exitCode: 3, reason };
  const excused = totals.quarantined ?? 0;
  if (totals.failed > excused) return { status: "failed", exitCode: 1, reason };
  const flaky = run.options.failOnFlaky === true ? countFlaky(run) : 0;
  if (flaky > 0) return { status: "failed", exitCode: 1, reason: reason ?? flakyReason(flaky) };
  if (totals.passed + totals.flaky + excused > 0 || run.options.allowEmpty)
    return { status: "passed", exitCode: 0, reason };
  return {
    status: "incomplete",
    exitCode: 2,
    reason: "Nothing was executed: every test was skipped",
  };
}

/** Flaky tests that nobody has excused. */
function countFlaky(run: RunState): number {
  return run.tests.filter(
    (test) => test.decided?.verdict === "flaky" && excuseOf(run, test) === undefined,
  ).length;
}

function flakyReason(count: number): string {
  return `${count} ${count === 1 ? "test is" : "tests are"} flaky, and the run fails on flaky tests`;
}

/** @param nowWallMs The gateway's clock; what a running run's duration is measured to. */
export function summarize(run: RunState, nowWallMs: number): RunSummary {
  const running = run.tests.filter((test) => activeLease(test)?.attempt !== undefined).length;
  return {
    id: run.id,
    state: run.end === undefined ? "running" : "ended",
    startedAt: new Date(run.createdWallMs).toISOString(),
    durationMs: Math.max(0, (run.end?.wallMs ?? nowWallMs) - run.createdWallMs),
    totals: totalsOf(run),
    finished: run.tests.length - run.openCount,
    running,
    ...(run.end === undefined ? {} : { status: run.end.status, exitCode: run.end.exitCode }),
    ...(run.end?.reason === undefined ? {} : { reason: run.end.reason }),
  };
}
