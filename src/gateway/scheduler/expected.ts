/** Pure: how long a test is expected to take, milliseconds on a node of speed 1. */
import type { RunState, TestState } from "#gateway/mesh/run-state.ts";

/** By its own history, else the median of those of its suite that have one; undefined when none has. */
export function expectedMsOf(run: RunState, test: TestState): number | undefined {
  return test.estimate?.expectedMs ?? suiteMedianMs(run, test.definition.suite);
}

const medians = new WeakMap<RunState, Map<string, number>>();

function suiteMedianMs(run: RunState, suite: string): number | undefined {
  const known = medians.get(run) ?? mediansOf(run.tests);
  medians.set(run, known);
  return known.get(suite);
}

/** The median known time of each suite that has any. */
export function mediansOf(tests: readonly TestState[]): Map<string, number> {
  const known = tests.filter(({ estimate }) => estimate?.expectedMs !== undefined);
  const bySuite = Map.groupBy(known, ({ definition }) => definition.suite);
  return new Map(
    [...bySuite].map(([suite, all]) => {
      const sorted = all.map(({ estimate }) => estimate?.expectedMs ?? 0).sort((a, b) => a - b);
      return [suite, sorted[(sorted.length - 1) >> 1] ?? 0];
    }),
  );
}
