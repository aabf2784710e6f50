/** Are the gateway's words about a test those of the protocol: what counts, its verdict, poison (C1, C2, C4)? */
import type { GatewayCore } from "#gateway/core.ts";
import type { LeaseId, NodeId } from "#proto/ids.ts";
import { Verdict } from "#proto/report.ts";
import type { Books, RunBook } from "./books.ts";
import {
  isOpen,
  isSettled,
  type LeaseBook,
  referenceExitCode,
  referenceVerdict,
  strikesOf,
  type TestBook,
} from "./reference-verdict.ts";

export type Touched = {
  readonly test: TestBook;
  readonly run: RunBook;
  readonly index: number;
  readonly core: GatewayCore | undefined;
};

/** After a commit: one counted verdict a test, and the gateway's is the one of the books. */
export function judgeTestBook(books: Books, touched: Touched): void {
  const { test, run, index } = touched;
  const { fail } = books.context;
  for (const lease of test.leases) judgeCounted(books, lease);
  const passes = test.leases.filter((lease) => lease.isCounted && lease.end?.status === "passed");
  if (passes.length > 1)
    fail("C1", `Test ${index} of ${run.id} has ${passes.length} counted passes`);
  if (test.leases.filter(isOpen).length > 1)
    fail("one_lease", `Test ${index} of ${run.id} has two open leases`);
  judgeVerdict(books, touched);
}

const isOutcome = (lease: LeaseBook): boolean =>
  lease.end?.status === "passed" || lease.end?.status === "failed";

function judgeCounted({ context }: Books, lease: LeaseBook): void {
  const isCounted = isOutcome(lease) && !isSettled(lease);
  if (isCounted === lease.isCounted) return;
  const [theirs, ours] = [isCounted, lease.isCounted].map((counts) =>
    counts ? "counts" : "does not count",
  );
  context.fail("C1", `Lease ${lease.id} ${theirs} to the gateway and ${ours} by the protocol`);
}

function judgeVerdict(books: Books, { test, run, index, core }: Touched): void {
  const theirRun = core?.mesh.runs.get(run.id);
  // After the end nothing changes any more (R1); the end's checks compare that.
  if (theirRun === undefined || run.isOver) return;
  const theirs = theirRun.tests[index]?.decided;
  const own = run.ended === undefined ? referenceVerdict(test) : run.verdicts[index];
  if (theirs?.verdict !== own) {
    // With an outcome that came too late in sight, it is the fence that leaks.
    const isLate = test.leases.some((lease) => isOutcome(lease) && !lease.isCounted);
    const text = `Test ${index} of ${run.id} is ${theirs?.verdict} to the gateway and ${own} by the protocol`;
    books.context.fail(isLate ? "C1" : "C2", text);
  }
  if (theirs?.reason?.startsWith("Poison") === true) judgePoison(books, test, run);
}

/** C4: whoever is called poison has really seen that many processes die. */
function judgePoison(books: Books, test: TestBook, run: RunBook): void {
  const ids = test.leases.map((lease) => lease.id as LeaseId);
  const owners = new Set(test.leases.map((lease) => books.nodeOf(lease.nodeId as NodeId)));
  const deaths = [...owners].reduce((sum, node) => sum + (node?.oracle.deathsWith(ids) ?? 0), 0);
  if (deaths >= strikesOf(test)) return;
  books.context.fail(
    "C4",
    `Test ${test.definition.key} of ${run.id} is called poison after ${deaths} deaths`,
  );
}

/** R1: the ledger is complete at the end, and figures and exit code are those of the verdicts. */
export function judgeRunEnd({ context }: Books, run: RunBook): void {
  const { fail } = context;
  const { ended } = run;
  if (ended === undefined || run.isOver) return;
  run.isOver = true;
  const open = run.verdicts.indexOf(undefined);
  if (open >= 0) fail("ledger", `Run ${run.id} ended though test ${open} has no verdict`);
  const wasCut = run.tests.some(
    ({ closed }) => closed?.code === "cancelled" || closed?.code === "run_timeout",
  );
  const exitCode = referenceExitCode(run.verdicts, wasCut);
  if (ended.exitCode !== exitCode)
    fail("exit_code", `Run ${run.id} ended with ${ended.exitCode}, its verdicts say ${exitCode}`);
  const { totals } = JSON.parse(ended.summary) as { totals: Record<Verdict, number> };
  for (const kind of Verdict.options) {
    const count = run.verdicts.filter((verdict) => verdict === kind).length;
    if (totals[kind] !== count)
      fail("exit_code", `Run ${run.id} counts ${totals[kind]} ${kind}, the books ${count}`);
  }
}
