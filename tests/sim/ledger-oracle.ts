/**
 * Judges every commit of the gateway by books of its own: E2 (events without gap or repeat, as the node saved them),
 * C1 (fence), one open lease a test, L3 (what was recalled never started), R1, V1/V2 (who may be gone), K1.
 */
import type { GatewayCore } from "#gateway/core.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { LeaseId, NodeId, RunId } from "#proto/ids.ts";
import { leasePartsOf } from "#shared/ids.ts";
import { type Books, type LedgerOptions, type Place, placeOf, type RunBook } from "./books.ts";
import { judgeNodeless, judgeSettlement, takeNode } from "./node-words.ts";
import {
  isOpen,
  isSettled,
  type LeaseBook,
  referenceVerdict,
  type TestBook,
} from "./reference-verdict.ts";
import { judgeRunEnd, judgeTestBook, type Touched } from "./test-words.ts";

export type LedgerOracle = {
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
  };
  return {
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
      if (run !== undefined) run.isCancelling = true;
      books.context.figures.cancels += 1;
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
  books.runs.set(created.runId, {
    id: created.runId,
    waitForNodesMs: created.options.waitForNodesMs ?? 60_000,
    tests: created.definitions.map((definition) => ({ definition, leases: [], closed: undefined })),
    isCancelling: false,
    ended: undefined,
    verdicts: [],
    isOver: false,
  });
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
  if (run.ended !== undefined || run.isCancelling)
    fail("R1", `Lease ${change.leaseId} was issued after its run was over`);
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
  // C4: the same loss, its strike taken back from a process that showed that it lives.
  if (lease.settlement?.cause === "node_died" && settlement.cause === "node_silent") {
    if (settlement.kind !== lease.settlement.kind || lease.settlement.isRevoked)
      fail("settled_once", `Lease ${lease.id} was settled anew by a strike taken back`);
    lease.settlement = settlement;
    return;
  }
  if (!isOpen(lease)) fail("settled_once", `Lease ${lease.id} was settled though it was over`);
  lease.settlement = settlement;
  if (settlement.kind === "lost") figures.lostSettled += 1;
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

function takeEvent(books: Books, change: ChangeOf<"event_taken" | "event_rejected">): void {
  const { fail, figures } = books.context;
  const { storeId, number } = change;
  const before = books.numbers.get(storeId) ?? 0;
  if (number !== before + 1)
    fail("E2", `Event ${number} of ${storeId} was committed after ${before}`);
  books.numbers.set(storeId, Math.max(before, number));
  if (change.kind === "event_rejected") {
    figures.rejected += 1;
    const owner = books.ownerOf(storeId);
    if (owner?.disk.isPristine() === true)
      fail("E5", `A good event was rejected: ${number} of ${storeId}: ${change.reason}`);
    return;
  }
  const node = books.ownerOf(storeId);
  if (node?.oracle.wasSaved(storeId, number, change.event) === false) {
    fail(
      "E2",
      `Event ${number} of ${storeId} is not what ${node.name} saved: ${JSON.stringify(change.event)}`,
    );
  }
  const place = placeOf(books, change.event.leaseId);
  if (place === undefined)
    return fail(
      "E2",
      `Event ${number} of ${storeId} is of an unknown lease ${change.event.leaseId}`,
    );
  foldBook(books, place, change.event);
}

function foldBook(
  books: Books,
  { run, test, lease }: Place,
  event: ChangeOf<"event_taken">["event"],
): void {
  if (event.kind === "attempt_started") {
    lease.hasStarted = true;
    const twin = test.leases.find(
      (one) => one !== lease && one.hasStarted && one.attemptNumber === lease.attemptNumber,
    );
    if (twin !== undefined)
      books.context.fail(
        "attempt_number",
        `${lease.id} and ${twin.id} are both ${lease.attemptNumber}`,
      );
    if (isSettled(lease) && lease.settlement?.kind === "recalled" && !lease.isTainted)
      books.context.fail(
        "L3",
        `Lease ${lease.id} started though it was settled ${lease.settlement.cause}`,
      );
  }
  if (event.kind === "step_ended") lease.stepStatuses.set(event.stepIndex, event.status);
  if (event.kind === "artifact_found") lease.artifactCount += 1;
  if (event.kind !== "attempt_ended") return;
  const isOutcome = event.status === "passed" || event.status === "failed";
  const isFenced =
    isSettled(lease) &&
    (test.leases.at(-1) !== lease ||
      test.closed !== undefined ||
      lease.settlement?.cause === "event_rejected");
  lease.end = { status: event.status, loss: event.loss };
  lease.isCounted = isOutcome && !isFenced && run.ended === undefined;
  if (isOutcome && !lease.isCounted) books.context.figures.late += 1;
}

function takeAdvance(books: Books, change: ChangeOf<"store_advanced">): void {
  const last = books.numbers.get(change.storeId) ?? 0;
  if (change.confirmed === last) return;
  books.context.fail(
    "E2",
    `n of ${change.storeId} was set to ${change.confirmed} though events 1..${last} are committed`,
  );
  books.numbers.set(change.storeId, change.confirmed);
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
