/**
 * Judges every commit of the gateway by books of its own: E2 (events without gap or repeat, as the node saved them),
 * C1 (fence), one open lease a test, L3 (what was recalled never started), R1, V1/V2 (who may be gone), K1.
 */
import type { GatewayCore } from "#gateway/core.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { LeaseId, NodeId, RunId } from "#proto/ids.ts";
import { leasePartsOf } from "#shared/ids.ts";
import {
  type Books,
  indexLease,
  type LedgerOptions,
  openBook,
  placeOf,
  type RunBook,
} from "./books.ts";
import { noteLoss, takeAdvance, takeEvent } from "./event-words.ts";
import { judgeAge } from "./idle-oracle.ts";
import { judgeNodeless, judgeSettlement, takeNode } from "./node-words.ts";
import {
  isOpen,
  type LeaseBook,
  referenceVerdict,
  strikesOf,
  type TestBook,
} from "./reference-verdict.ts";
import { judgeIssue, judgeSkip, judgeStop, outlastsStop } from "./schedule-words.ts";
import { judgeRunEnd, judgeTestBook, type Touched } from "./test-words.ts";

export type LedgerOracle = {
  readonly books: Books;
  readonly onCommit: (changes: readonly Change[], core: GatewayCore | undefined) => void;
  readonly runs: ReadonlyMap<RunId, RunBook>;
  /** Committed events by store. */
  readonly committed: (storeId: string) => number;
  readonly lease: (leaseId: LeaseId) => LeaseBook | undefined;
  /** The node's disk lost or regained a past: its leases so far are judged more mildly. */
  readonly taint: (nodeId: NodeId) => void;
};

export function createLedgerOracle(options: LedgerOptions): LedgerOracle {
  const books: Books = {
    ...options,
    runs: new Map(),
    numbers: new Map(),
    gone: new Set(),
    epochs: new Map(),
    drainedMs: new Map(),
    openByNode: new Map(),
    losses: new Map(),
  };
  return {
    books,
    runs: books.runs,
    committed: (storeId) => books.numbers.get(storeId) ?? 0,
    lease: (leaseId) => placeOf(books, leaseId)?.lease,
    taint: (nodeId) => {
      for (const run of books.runs.values()) {
        for (const lease of run.tests.flatMap((test) => test.leases))
          if (lease.nodeId === nodeId) lease.isTainted = true;
      }
    },
    onCommit: (changes, core) => takeCommit(books, changes, core),
  };
}

function takeCommit(books: Books, changes: readonly Change[], core: GatewayCore | undefined): void {
  const { plan, fail } = books.context;
  if (JSON.stringify(changes).includes(plan.secret))
    fail("K1", "The gateway's store was given the value of a secret");
  const touched = new Map<TestBook, Touched>();
  for (const change of changes) {
    take(books, change);
    const leaseId = leaseOf(change);
    const place = leaseId === undefined ? undefined : placeOf(books, leaseId);
    if (leaseId === undefined || place === undefined) continue;
    indexLease(books, place.lease);
    const index = leasePartsOf(leaseId).testIndex;
    touched.set(place.test, { run: place.run, test: place.test, index, core });
  }
  for (const one of touched.values()) judgeTestBook(books, one);
  for (const run of books.runs.values()) judgeRunEnd(books, run);
}

function leaseOf(change: Change): LeaseId | undefined {
  if (change.kind === "event_taken") return change.event.leaseId;
  return "leaseId" in change ? change.leaseId : undefined;
}

function take(books: Books, change: Change): void {
  switch (change.kind) {
    case "run_created":
      return createBook(books, change);
    case "lease_issued":
      return takeIssued(books, change);
    case "lease_settled":
      return takeSettled(books, change);
    case "event_taken":
    case "event_rejected":
      return takeEvent(books, change);
    case "store_advanced":
      return takeAdvance(books, change);
    case "node_saved":
      return takeNode(books, change);
    case "test_closed":
      return takeClosing(books, change);
    case "run_cancelling": {
      const run = books.runs.get(change.runId);
      if (run !== undefined) run.isCancelling = change.code;
      if (run !== undefined && change.code === "max_failures") judgeStop(books, run);
      else books.context.figures.cancels += 1;
      return;
    }
    case "run_ended":
      return takeRunEnd(books, change);
    default:
      return;
  }
}

function createBook(books: Books, created: ChangeOf<"run_created">): void {
  if (books.runs.has(created.runId))
    books.context.fail("R1", `Run ${created.runId} was created twice`);
  books.runs.set(created.runId, openBook(created));
}

function takeIssued(books: Books, change: ChangeOf<"lease_issued">): void {
  const { fail } = books.context;
  const parts = leasePartsOf(change.leaseId);
  const run = books.runs.get(parts.runId);
  const test = run?.tests[parts.testIndex];
  if (run === undefined || test === undefined)
    return fail("L1", `Lease ${change.leaseId} is of no committed run`);
  if (test.leases.some(isOpen))
    fail(
      "one_lease",
      `Test ${parts.testIndex} of ${run.id} has a second open lease ${change.leaseId}`,
    );
  if (parts.number !== test.leases.length + 1)
    fail("L1", `Lease ${change.leaseId} does not follow number ${test.leases.length}`);
  const verdict = referenceVerdict(test);
  if (verdict !== undefined)
    fail("C2", `Lease ${change.leaseId} was issued though its test is ${verdict}`);
  if (run.ended !== undefined || (run.isCancelling && !outlastsStop(run, test)))
    fail("R1", `Lease ${change.leaseId} was issued after its run was over`);
  judgeIssue(books, run, { test, nodeId: change.nodeId });
  const node = books.nodeOf(change.nodeId);
  if (node !== undefined && strikesOf(test) < 2) judgeAge(books, run, node);
  const unknown = test.leases.filter((lease) => lease.settlement?.kind !== "recalled").length;
  if (change.attemptNumber > unknown + 1)
    fail("S6", `Lease ${change.leaseId} counts recalled ones: attempt ${change.attemptNumber}`);
  test.leases.push({
    id: change.leaseId,
    number: parts.number,
    nodeId: change.nodeId,
    attemptNumber: change.attemptNumber,
    hasStarted: false,
    stepStatuses: new Map(),
    artifactCount: 0,
    end: undefined,
    settlement: undefined,
    isCounted: false,
    isTainted: false,
  });
}

function takeSettled(books: Books, change: ChangeOf<"lease_settled">): void {
  const { fail, figures } = books.context;
  const place = placeOf(books, change.leaseId);
  if (place === undefined)
    return fail("L1", `Lease ${change.leaseId} was settled and never issued`);
  const { run, lease } = place;
  const { settlement } = change;
  if (run.ended !== undefined) fail("R1", `Lease ${lease.id} was settled after its run's end`);
  if (settlement.isRevoked) return takeRevoked(books, place, settlement);
  const before = lease.settlement;
  // C4: the same loss, its strike taken back from a process that showed that it lives. One that was revoked is another loss.
  const wasStruck = before?.cause === "node_died" && !before.isRevoked;
  if (wasStruck && settlement.cause === "node_silent") {
    if (settlement.kind !== before.kind)
      fail("settled_once", `Lease ${lease.id} was settled anew by a strike taken back`);
    lease.settlement = settlement;
    return;
  }
  if (!isOpen(lease)) fail("settled_once", `Lease ${lease.id} was settled though it was over`);
  lease.settlement = settlement;
  if (settlement.kind === "lost") figures.lostSettled += 1;
  if (settlement.kind === "lost") noteLoss(books, lease);
  if (settlement.kind === "recalled") figures.recalledSettled += 1;
  judgeSettlement(books, place);
}

function takeRevoked(
  books: Books,
  { test, lease }: NonNullable<ReturnType<typeof placeOf>>,
  settlement: ChangeOf<"lease_settled">["settlement"],
): void {
  const { fail, figures } = books.context;
  figures.revoked += 1;
  if (lease.settlement === undefined)
    fail("C1", `A settlement of lease ${lease.id} was revoked that never was`);
  if (test.leases.at(-1) !== lease)
    fail("C1", `Lease ${lease.id} was revived though its test was offered again`);
  if (test.closed !== undefined)
    fail("C1", `Lease ${lease.id} was revived though its test is closed`);
  lease.settlement = settlement;
}

function takeClosing(books: Books, change: ChangeOf<"test_closed">): void {
  const { fail } = books.context;
  const run = books.runs.get(change.runId);
  const test = run?.tests[change.testIndex];
  if (run === undefined || test === undefined) return;
  if (test.closed !== undefined)
    fail("R1", `Test ${change.testIndex} of ${run.id} was closed twice`);
  test.closed = change;
  if (change.code === "no_node") return judgeNodeless(books, run, test);
  if (change.code === "after_failed" || change.code === "max_failures")
    return judgeSkip(books, run, change);
  if (run.isCancelling) return;
  fail(
    "R2",
    `Test ${change.testIndex} of ${run.id} was closed as ${change.code} though its run goes on`,
  );
}

function takeRunEnd(books: Books, change: ChangeOf<"run_ended">): void {
  const run = books.runs.get(change.runId);
  if (run === undefined) return;
  if (run.ended !== undefined) books.context.fail("R1", `Run ${run.id} ended twice`);
  run.ended = change;
  run.verdicts = run.tests.map(referenceVerdict);
}
