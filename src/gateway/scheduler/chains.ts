/**
 * Pure: how much of a run stands behind each of its tests. What others wait for goes before what nobody waits for, by the
 * longest chain to the end (critical path; Hu 1961): a long test at the end of a chain is late whatever starts first.
 */
import type { TestState } from "#gateway/mesh/run-state.ts";
import { openingsOf } from "./frames.ts";
import { followersOf, type Precedence } from "./precedence.ts";

/**
 * @param costMs What a test is expected to take.
 * @returns For each test that others wait for: its time and that of the longest chain behind it, milliseconds.
 */
export function chainTimes(
  precedence: Precedence,
  costMs: (test: TestState) => number,
): ReadonlyMap<TestState, number> {
  const times = new Map<TestState, number>();
  const seen = new Set<TestState>();
  const lines = [...precedence.groups.values(), ...precedence.named.values()];
  const roots = [...openingsOf(precedence.frames), ...lines.flatMap(({ tests }) => tests)];
  for (const root of roots) visit(root);
  return times;

  /** Those behind it first: a stack of our own, since a chain may be as long as the ledger. */
  function visit(root: TestState): void {
    const stack = [root];
    for (let test = stack.at(-1); test !== undefined; test = stack.at(-1)) {
      const behind = followersOf(precedence, test);
      // Each is opened once: a circle, which suites are refused for, would end here too.
      const open = seen.has(test) ? [] : behind.filter((one) => !seen.has(one));
      seen.add(test);
      if (open.length > 0) {
        // One by one: a suite may have more tests than a call takes arguments.
        for (const one of open) stack.push(one);
        continue;
      }
      stack.pop();
      const longest = behind.reduce((most, one) => Math.max(most, times.get(one) ?? 0), 0);
      times.set(test, costMs(test) + longest);
    }
  }
}
