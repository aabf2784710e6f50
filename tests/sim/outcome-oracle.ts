/**
 * S9: what comes out equals what a world without faults brings. What each test does is a function of the seed (its
 * nature) and of the attempt's number, so that is known without a second world. Allowed differences, and no others:
 * - an attempt that was lost, or ended too late to count, brings nothing; the next one has the next number: a flaky
 *   test that failed unseen is `passed`, not `flaky`;
 * - a test is `lost` (or, after a counted failure, `failed` before its retries are used up) when its budget of losses
 *   or leases is used up, when it is poison, or when it was closed: cancelled, out of time, no node;
 * - a test is `skipped` though it would have run when what it comes after did not pass for one of these reasons, and
 *   when its run reached its most failures.
 * In a still world nothing is allowed but what a run's own bounds do: its time, its most failures.
 */
import type { Verdict } from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { Books, RunBook } from "./books.ts";
import type { SimContext } from "./context.ts";
import { naturalStatus } from "./fake-executor.ts";
import type { Nature } from "./plan.ts";
import type { TestBook } from "./reference-verdict.ts";
import { precursorsOf } from "./schedule-words.ts";

export type OutcomeOptions = {
  readonly context: SimContext;
  readonly books: Books;
  readonly natureOf: (key: string) => Nature;
};

export function judgeOutcomes({ context, books, natureOf }: OutcomeOptions): void {
  for (const run of books.runs.values()) {
    const verdicts = new Map(run.tests.map((test, index) => [test, run.verdicts[index]]));
    for (const test of run.tests) {
      const nature = natureOf(test.definition.key);
      judgeAttempts(context, test, nature);
      const actual = verdicts.get(test);
      const expected = expect({ run, test, nature, verdicts });
      if (actual === expected || isAllowed({ context, run, test, actual })) continue;
      context.fail(
        "S9",
        `${test.definition.name} of ${run.id} is ${actual}; without faults it is ${expected}`,
      );
    }
  }
}

/** Whatever counts is what an attempt of that number comes to. */
function judgeAttempts({ fail }: SimContext, test: TestBook, nature: Nature): void {
  for (const lease of test.leases) {
    if (!lease.isCounted || lease.end === undefined) continue;
    const expected = naturalStatus(nature, lease.attemptNumber);
    if (lease.end.status === expected) continue;
    fail("S9", `Lease ${lease.id} counts as ${lease.end.status}; its attempt ${expected}`);
  }
}

type Expecting = {
  readonly run: RunBook;
  readonly test: TestBook;
  readonly nature: Nature;
  readonly verdicts: ReadonlyMap<TestBook, Verdict | undefined>;
};

/** Without faults, given what became of those that it comes after. */
function expect({ run, test, nature, verdicts }: Expecting): Verdict {
  const { definition } = test;
  if (definition.skip !== undefined) return "skipped";
  const passes = (one: TestBook) => verdicts.get(one) === "passed" || verdicts.get(one) === "flaky";
  if (!precursorsOf(run, test).every(passes)) return "skipped";
  if (definition.schedule?.group?.isSerial === true) {
    const group = run.groups.get(test) ?? [];
    const earlier = group.slice(0, group.indexOf(test));
    if (!earlier.every(passes)) return "skipped";
  }
  return naturalVerdict(nature, definition);
}

function naturalVerdict(nature: Nature, { retries }: TestDefinition): Verdict {
  if (nature.kind === "fails") return "failed";
  if (nature.kind === "all_skipped") return "skipped";
  if (nature.kind !== "flaky") return "passed";
  return nature.failCount <= retries ? "flaky" : "failed";
}

type Actual = Pick<Expecting, "run" | "test"> & {
  readonly context: SimContext;
  readonly actual: Verdict | undefined;
};

function isAllowed({ context, run, test, actual }: Actual): boolean {
  const code = test.closed?.code;
  if (actual === "skipped") return code === "max_failures" || isLateSkip(test);
  // What was given back never started; of what was lost nobody can know.
  const vain = test.leases.filter(
    (lease) => !lease.isCounted && lease.settlement?.kind !== "recalled",
  );
  if (actual === "lost" || actual === "failed")
    return test.closed !== undefined || (!context.plan.isStill && vain.length > 0);
  return !context.plan.isStill && vain.length > 0 && run.ended !== undefined;
}

/** Skipped for one that was lost, and passed after all before the run ended (C1). */
const isLateSkip = (test: TestBook): boolean => test.closed?.code === "after_failed";
