/**
 * Are the gateway's leases and closings those that the tests asked for? Judged at each commit by the definitions and by
 * what is committed of their leases:
 * S2 groups: at most one lease of a group is open, in the order of the file, on one node while that node is there; a
 *    serial group goes no further once one has not passed.
 * S3 after: leased when all of them have passed, skipped only when one has not; so also what is once before all tests
 *    of a suite, and what is once after them is leased when all of them have ended.
 * S8 max-failures: nothing is leased once so many tests have failed for good, but what is once after all tests, and
 *    nothing is skipped for it before.
 */
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { NodeId } from "#proto/ids.ts";
import { type Books, type RunBook, steadyForMs } from "./books.ts";
import { isOpen, referenceVerdict, type TestBook } from "./reference-verdict.ts";

/** A node that has been there for so long without a break, and is left all the same, was not left for its absence. */
const STEADY_MS = 12_000;

/** Called before the lease is noted. */
export function judgeIssue(books: Books, run: RunBook, issued: Issued): void {
  judgeGroup(books, run, issued);
  const { fail } = books.context;
  const unmet = precursorsOf(run, issued.test).find((one) => !hasPassed(one));
  if (unmet !== undefined)
    fail(
      "S3",
      `${nameOf(run, issued.test)} was leased though ${unmet.definition.name}, which it comes after, is ${referenceVerdict(unmet)}`,
    );
  const open = bodyOf(run, issued.test).find((one) => !isFinal(one));
  if (open !== undefined)
    fail("S3", `${nameOf(run, issued.test)} was leased before ${open.definition.name} had ended`);
  const { maxFailures } = run.options;
  const isClosing = issued.test.definition.schedule?.role === "afterAll";
  if (maxFailures !== undefined && failuresOf(run) >= maxFailures && !isClosing)
    fail("S8", `${nameOf(run, issued.test)} was leased after ${failuresOf(run)} final failures`);
}

type Issued = { readonly test: TestBook; readonly nodeId: NodeId };

function judgeGroup(books: Books, run: RunBook, { test, nodeId }: Issued): void {
  const group = run.groups.get(test);
  if (group === undefined) return;
  const { fail } = books.context;
  const own = group.indexOf(test);
  const busy = group.find((one) => one !== test && one.leases.some(isOpen));
  if (busy !== undefined)
    fail("S2", `${nameOf(run, test)} was leased beside ${busy.definition.name} of its group`);
  const earlier = group.slice(0, own);
  const undone = earlier.find((one) => referenceVerdict(one) === undefined);
  if (undone !== undefined)
    fail("S2", `${nameOf(run, test)} was leased before ${undone.definition.name} of its group`);
  const broken = earlier.find((one) => !hasPassed(one));
  if (test.definition.schedule?.group?.isSerial === true && broken !== undefined)
    fail("S2", `${nameOf(run, test)} was leased though ${broken.definition.name} has not passed`);
  judgeGroupNode(books, run, { test, nodeId });
}

/** The last node of a group is left only when it was away. */
function judgeGroupNode(books: Books, run: RunBook, { test, nodeId }: Issued): void {
  const last = run.groupNodes.get(groupKey(test));
  const nowMs = books.context.clock.monotonicMs();
  run.groupNodes.set(groupKey(test), { nodeId, atMs: nowMs });
  if (last === undefined || last.nodeId === nodeId) return;
  const node = books.nodeOf(last.nodeId);
  // Whoever was away since then may have been given up, and what waits may stay where it was put.
  const steadySinceMs = nowMs - (node === undefined ? 0 : steadyForMs(books, node));
  if (steadySinceMs > Math.min(last.atMs, nowMs - STEADY_MS)) return;
  books.context.fail(
    "S2",
    `${nameOf(run, test)} went to ${nodeId} though its group was on ${last.nodeId}, which is there`,
  );
}

const hasPassed = (test: TestBook): boolean => {
  const verdict = referenceVerdict(test);
  return verdict === "passed" || verdict === "flaky";
};

/** Tests that have failed for good; a failure with a retry to come is none. */
const failuresOf = (run: RunBook): number =>
  run.tests.filter((test) => referenceVerdict(test) === "failed").length;

/** The tests of the same suite that it comes after. */
export function precursorsOf(run: RunBook, test: TestBook): readonly TestBook[] {
  return run.precursors.get(test) ?? [];
}

/** The tests that it comes after, however they end. */
export function bodyOf(run: RunBook, { definition }: TestBook): readonly TestBook[] {
  if (definition.schedule?.role !== "afterAll") return [];
  return run.tests.filter(
    (one) =>
      one.definition.suite === definition.suite && one.definition.schedule?.role !== "afterAll",
  );
}

/** What is once after all tests still runs in a run that was stopped for its failures. */
export const outlastsStop = ({ isCancelling }: RunBook, { definition }: TestBook): boolean =>
  isCancelling === "max_failures" && definition.schedule?.role === "afterAll";

export const groupKey = ({ definition: { suite, schedule } }: TestBook): string =>
  `${suite} › ${schedule?.group?.name}`;

const nameOf = (run: RunBook, test: TestBook): string => `${test.definition.name} of ${run.id}`;

/** Why a closing that skips a test must not be; undefined when it may. Called after it is noted. */
export function judgeSkip(books: Books, run: RunBook, closing: ChangeOf<"test_closed">): void {
  const test = run.tests[closing.testIndex];
  if (test === undefined) return;
  const { fail } = books.context;
  if (closing.code === "max_failures") {
    if (run.isCancelling !== "max_failures")
      fail("S8", `${nameOf(run, test)} was skipped for failures, its run was not stopped for them`);
    return;
  }
  if (precursorsOf(run, test).some((one) => isFinal(one) && !hasPassed(one))) return;
  const group = test.definition.schedule?.group?.isSerial === true ? run.groups.get(test) : [];
  const earlier = group?.slice(0, group.indexOf(test)) ?? [];
  if (earlier.some((one) => isFinal(one) && !hasPassed(one))) return;
  fail(
    "S3",
    `${nameOf(run, test)} was skipped though nothing that it comes after stands in its way`,
  );
}

const isFinal = (test: TestBook): boolean => referenceVerdict(test) !== undefined;

/** A run was stopped for its failures: that many there must be. */
export function judgeStop(books: Books, run: RunBook): void {
  const { maxFailures = Number.POSITIVE_INFINITY } = run.options;
  if (failuresOf(run) >= maxFailures) return;
  books.context.fail("S8", `${run.id} was stopped after ${failuresOf(run)} final failures`);
}
