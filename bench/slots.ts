/**
 * How long a slot stands idle between two attempts: from the end of one to the saved start of the next, on nodes of
 * one slot, for tests that are shorter and longer than what is offered ahead.
 */
import type { Report } from "#proto/report.ts";
import { figure, percentileOf } from "./figures.ts";
import { alike, runOnMesh } from "./mesh-run.ts";

const LOADS = [
  { testCount: 2_000, waitMs: 0 },
  { testCount: 200, waitMs: 50 },
  { testCount: 40, waitMs: 300 },
];
const GOAL_P50_MS = 2;

/** Prints p50 and p95 of the idle times. */
export async function slots(): Promise<void> {
  for (const load of LOADS) {
    const { report } = await runOnMesh(alike(load.testCount, load.waitMs));
    const idle = idleMsOf(report);
    const line = `p50 ${figure(percentileOf(idle, 0.5))} ms, p95 ${figure(percentileOf(idle, 0.95))} ms`;
    console.log(
      `  ${load.testCount} tests of ${load.waitMs} ms: ${line} of ${idle.length} (goal: p50 at most ${GOAL_P50_MS} ms)`,
    );
  }
  console.log(
    "  Starts are read to the millisecond, so one figure may be off by 1 ms either way, their median is not.",
  );
  console.log(
    "  The end is when the attempt's work was over, so saving its end is in the figure. Not measured: the",
  );
  console.log("  wire between machines, the start of a browser.");
}

/** Each node has one slot, so its attempts follow each other on it. */
function idleMsOf(report: Report): number[] {
  const byNode = Map.groupBy(
    report.tests.flatMap((test) => test.attempts),
    (attempt) => attempt.node,
  );
  return [...byNode.values()].flatMap((attempts) => {
    const sorted = attempts
      .map(({ startedAt, durationMs }) => ({ startMs: Date.parse(startedAt), durationMs }))
      .sort((a, b) => a.startMs - b.startMs);
    return sorted.slice(1).map(({ startMs }, index) => {
      const before = sorted[index];
      return before === undefined ? 0 : startMs - before.startMs - before.durationMs;
    });
  });
}
