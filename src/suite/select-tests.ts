/** Which of the expanded tests a person asked for. */
import type { TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import type { TextPattern } from "#shared/pattern/text-pattern.ts";
import type { Fault } from "./source.ts";

export type TestSelection = {
  /** Only tests that carry one of these; empty or absent: all. */
  readonly tags?: readonly string[] | undefined;
  /** Only tests whose key matches; absent: all. */
  readonly grep?: TextPattern | undefined;
  /** Only tests of these keys; absent: all. */
  readonly keys?: ReadonlySet<string> | undefined;
};

/**
 * The chosen tests with what is before and after all tests of their suites, in the order of `all`; what is once for a
 * suite of which no test is executed is not executed either.
 */
export function withFrames(
  chosen: readonly TestDefinition[],
  all: readonly TestDefinition[],
): readonly TestDefinition[] {
  if (all.every(({ schedule }) => schedule?.role === undefined)) return chosen;
  const kept = new Set(chosen);
  const suites = new Set(chosen.map(({ suite }) => suite));
  const executed = new Set(
    chosen.filter(({ skip }) => skip === undefined).map(({ suite }) => suite),
  );
  return all.flatMap((test) => {
    if (test.schedule?.role === undefined) return kept.has(test) ? [test] : [];
    if (!suites.has(test.suite)) return [];
    return executed.has(test.suite) ? [test] : [{ ...test, skip: "No test of its suite is run" }];
  });
}

/** What all keys of a selection may cost together: about a second of whoever selects. */
const STEPS_MAX = 40_000_000;

/**
 * Keeps the tests that a selection names, with what is before and after all tests of their suites, in their order.
 *
 * @throws {MeshError} `usage` when the pattern would take too long on these keys.
 */
export function selectTests(
  tests: readonly TestDefinition[],
  selection: TestSelection,
): readonly TestDefinition[] {
  const { tags = [], grep, keys } = selection;
  const budget = { stepsLeft: STEPS_MAX };
  const chosen = tests.filter((test) => {
    // What is once for a suite comes with its tests; alone only when it is what has failed.
    if (test.schedule?.role !== undefined) return keys?.has(test.key) === true;
    if (keys?.has(test.key) === false) return false;
    const isTagged = tags.length === 0 || tags.some((tag) => test.tags.includes(tag));
    if (!isTagged || grep === undefined) return isTagged;
    const answer = grep.test(test.key, budget);
    if (answer !== "undecided") return answer;
    throw new MeshError(
      "usage",
      `Cannot use grep: the pattern has too many ways to match ${tests.length} keys such as that of ${test.file}:${test.line}`,
    );
  });
  return withFrames(chosen, tests);
}

export type Rest = {
  readonly tests: readonly TestDefinition[];
  readonly warnings: readonly Fault[];
};

/**
 * The chosen tests without the names in `after` that no chosen test has, which would be waited for in vain; each name
 * is told once, at the first test that would have waited for it.
 */
export function forgetDeselected(
  chosen: readonly TestDefinition[],
  all: readonly TestDefinition[],
): Rest {
  if (chosen.length === all.length || chosen.every((test) => test.schedule?.after === undefined))
    return { tests: chosen, warnings: [] };
  const chosenCounts = countNames(chosen);
  const allCounts = countNames(all);
  const told = new Map<string, Fault>();
  const tests = chosen.map((test) => {
    const { after = [], ...schedule } = test.schedule ?? {};
    for (const name of after) {
      const named = nameOf(test.suite, name);
      const [left, whole] = [chosenCounts.get(named) ?? 0, allCounts.get(named) ?? 0];
      if (left < whole && !told.has(named)) told.set(named, warningOf(test, { name, left, whole }));
    }
    const waited = after.filter((name) => chosenCounts.has(nameOf(test.suite, name)));
    if (waited.length === after.length) return test;
    return { ...test, schedule: waited.length === 0 ? schedule : { ...schedule, after: waited } };
  });
  return { tests, warnings: [...told.values()] };
}

const nameOf = (suite: string, name: string): string => JSON.stringify([suite, name]);

function countNames(tests: readonly TestDefinition[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { suite, name } of tests)
    counts.set(nameOf(suite, name), (counts.get(nameOf(suite, name)) ?? 0) + 1);
  return counts;
}

type Missed = { readonly name: string; readonly left: number; readonly whole: number };

function warningOf({ file, line, key }: TestDefinition, { name, left, whole }: Missed): Fault {
  const which = left === 0 ? "" : `${whole - left} of ${whole} tests of the name `;
  const message = `${key} does not wait for ${which}${JSON.stringify(name)}, as it is not among the selected tests`;
  return { file, line, column: 1, message, severity: "warning" };
}
