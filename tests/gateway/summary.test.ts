import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunState, TestClosing, TestState } from "#gateway/mesh/run-state.ts";
import { concludeRun, summarize, totalsOf } from "#gateway/mesh/summary.ts";
import { RunOptions, RunSummary } from "#proto/api.ts";
import { Verdict } from "#proto/report.ts";
import { definitionOf, leaseOf, runStateOf } from "./make.ts";

type Told = { readonly verdict: Verdict; readonly closed?: TestClosing["code"] | undefined };

function runOf(told: readonly Told[], own: Partial<RunState> = {}): RunState {
  const tests = told.map(
    ({ verdict, closed }, index): TestState => ({
      index,
      definition: definitionOf(index),
      leases: [],
      decided: { verdict },
      ...(closed === undefined ? {} : { closed: { code: closed, reason: "Closed" } }),
    }),
  );
  return runStateOf(tests, own);
}

const told = (...verdicts: readonly Verdict[]): Told[] => verdicts.map((verdict) => ({ verdict }));

describe("concludeRun() gives status and exit code", () => {
  const allowEmpty = { options: RunOptions.parse({ allowEmpty: true }) };
  test.each<[name: string, run: RunState, becomes: readonly [string, number]]>([
    ["all passed", runOf(told("passed", "passed")), ["passed", 0]],
    ["flaky is included", runOf(told("passed", "flaky")), ["passed", 0]],
    ["skipped beside passed", runOf(told("passed", "skipped")), ["passed", 0]],
    ["one failed", runOf(told("passed", "failed")), ["failed", 1]],
    ["lost outweighs failed", runOf(told("failed", "lost")), ["incomplete", 3]],
    ["one lost", runOf(told("passed", "lost")), ["incomplete", 3]],
    ["all skipped: nothing was executed", runOf(told("skipped")), ["incomplete", 2]],
    ["all skipped and allowed", runOf(told("skipped"), allowEmpty), ["passed", 0]],
    ["empty", runOf([]), ["incomplete", 2]],
    ["empty and allowed", runOf([], allowEmpty), ["passed", 0]],
    [
      "cancelled before its retry: incomplete although it is failed",
      runOf([{ verdict: "failed", closed: "cancelled" }]),
      ["incomplete", 3],
    ],
    ["out of time", runOf([{ verdict: "failed", closed: "run_timeout" }]), ["incomplete", 3]],
    [
      "failed, no node for its retry",
      runOf([{ verdict: "failed", closed: "no_node" }]),
      ["failed", 1],
    ],
  ])("%s", (_, run, [status, exitCode]) => {
    expect(concludeRun(run)).toMatchObject({ status, exitCode });
  });
});

const verdicts = fc.array(
  fc.record({
    verdict: fc.constantFrom(...Verdict.options),
    closed: fc.constantFrom(undefined, undefined, "no_node" as const, "cancelled" as const),
  }),
  { maxLength: 12 },
);

test("green never hides: exit code 0 only when no test is failed or lost, 1 only without lost", () => {
  fc.assert(
    fc.property(verdicts, fc.boolean(), (all, allowEmpty) => {
      const run = runOf(all, { options: RunOptions.parse({ allowEmpty }) });
      const { exitCode, status } = concludeRun(run);
      const has = (verdict: Verdict) => all.some((one) => one.verdict === verdict);
      if (exitCode === 0) expect(has("failed") || has("lost")).toBe(false);
      if (exitCode === 1) expect(has("lost")).toBe(false);
      expect(status === "passed").toBe(exitCode === 0);
      expect(status === "failed").toBe(exitCode === 1);
    }),
  );
});

test("totals add up to what was planned, and do not depend on the order", () => {
  fc.assert(
    fc.property(verdicts, (all) => {
      const totals = totalsOf(runOf(all));
      const { planned, passed, failed, flaky, skipped, lost } = totals;
      expect(passed + failed + flaky + skipped + lost).toBe(planned);
      expect(totalsOf(runOf([...all].reverse()))).toEqual(totals);
    }),
  );
});

test("summarize() is a RunSummary of the API, running and ended", () => {
  const run = runOf(told("passed"), { openCount: 0 });
  const running = runOf(told("passed", "passed"), { openCount: 1 });
  delete running.tests[1]?.decided;
  running.tests[1]?.leases.push(leaseOf(1, { end: "running" }));
  expect(RunSummary.parse(summarize(running, 4_000))).toMatchObject({
    state: "running",
    durationMs: 3_000,
    finished: 1,
    running: 1,
    totals: { planned: 2, passed: 1 },
  });
  run.end = { status: "passed", exitCode: 0, wallMs: 2_500 };
  expect(RunSummary.parse(summarize(run, 9_000))).toMatchObject({
    state: "ended",
    durationMs: 1_500,
    exitCode: 0,
  });
});
