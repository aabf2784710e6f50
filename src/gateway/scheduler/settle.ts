/**
 * What follows when something happened to a lease or a test: settle, queue again, verdict, end of the run.
 * Verdicts themselves are verdict.ts (pure); here they are recorded and told.
 */

import { isStaying } from "#gateway/fleet/open-slots.ts";
import { countStrikes, judgeTest, lossReason } from "#gateway/merge/verdict.ts";
import { type Mesh, nodeName, sayNotice } from "#gateway/mesh/mesh.ts";
import {
  isActive,
  isCounted,
  type LeaseState,
  outlastsCancel,
  type RunState,
  type Settlement,
  type TestClosing,
  type TestState,
} from "#gateway/mesh/run-state.ts";
import { concludeRun, summarize, totalsOf } from "#gateway/mesh/summary.ts";
import { excuseShown, failuresOf } from "#gateway/quarantine/excuse.ts";
import type { RunNotice } from "#proto/api.ts";
import type { ReportTest } from "#proto/report.ts";
import { chainTimes } from "./chains.ts";
import { expectedMsOf } from "./expected.ts";
import { releaseLease, settleLocks } from "./held-lease.ts";
import { missingNeeds } from "./needs.ts";
import { createPrecedence, groupOf, noteDecided, noteReopened, turnOf } from "./precedence.ts";
import { enqueue, type Placed, withdraw } from "./queue.ts";
import { joinLine } from "./share.ts";

/** Settles a lease that is still active; no other lease is touched. Reviews the test. */
export function settleLease(
  mesh: Mesh,
  run: RunState,
  ruling: {
    readonly lease: LeaseState;
    readonly settlement: Omit<Settlement, "isRevoked" | "wallMs">;
  },
): void {
  const { lease } = ruling;
  if (!isActive(lease)) return;
  lease.settlement = { ...ruling.settlement, wallMs: mesh.clock.wallMs(), isRevoked: false };
  lease.isRecalling = false;
  mesh.counters.settledLeases += 1;
  mesh.turn.save({ kind: "lease_settled", leaseId: lease.id, settlement: lease.settlement });
  releaseLease(mesh, run, lease);
  settleLocks(mesh, run, lease);
  const test = run.tests[lease.testIndex];
  if (test === undefined) return;
  if (lease.attempt !== undefined) sayAttemptEnded(mesh, run, { test, lease });
  reviewTest(mesh, run, test);
}

/** C1: the outcome counts after all, since nothing was offered in its place. */
export function revokeSettlement(mesh: Mesh, lease: LeaseState): void {
  if (lease.settlement === undefined) return;
  lease.settlement = { ...lease.settlement, isRevoked: true };
  mesh.turn.save({ kind: "lease_settled", leaseId: lease.id, settlement: lease.settlement });
}

/** Whether the settlement of this lease may still be revoked: newest of its test, test and run still open (C1, R1). */
export function mayRevoke(run: RunState, test: TestState, lease: LeaseState): boolean {
  if (run.end !== undefined || test.closed !== undefined) return false;
  if (lease.settlement?.cause === "event_rejected") return false;
  return (
    lease.settlement !== undefined && !lease.settlement.isRevoked && test.leases.at(-1) === lease
  );
}

/** Decides what is next for a test: wait, queue, or a verdict; ends the run with its last verdict. */
export function reviewTest(mesh: Mesh, run: RunState, test: TestState): void {
  if (run.end !== undefined) return;
  const outcome = judgeTest(test, mesh.limits);
  if (outcome.kind === "queued") {
    reopen(run, test);
    if (run.cancel !== undefined && !outlastsCancel(run, test))
      return closeTest(mesh, run, { test, code: run.cancel.code, reason: run.cancel.reason });
    const placed = placeTest(mesh, run, { test, isAlone: outcome.isAlone });
    if (placed === undefined) return;
    if (!mesh.queue.counts.has(run.id)) joinLine(run, mesh.runs.values(), mesh.clock.monotonicMs());
    enqueue(mesh.queue, [placed]);
    return;
  }
  withdraw(mesh.queue, test);
  run.precedence?.held.delete(test);
  if (outcome.kind === "active") return reopen(run, test);
  decide(mesh, run, { test, outcome });
}

/** Queues what must run; tests that are decided from the start (skipped) get their verdict. */
export function queueRun(mesh: Mesh, run: RunState): void {
  run.precedence = createPrecedence(run.tests);
  run.chains = chainTimes(run.precedence, (test) => expectedMsOf(run, test) ?? 1);
  joinLine(run, mesh.runs.values(), mesh.clock.monotonicMs());
  const placed: Placed[] = [];
  for (const test of run.tests) {
    const outcome = judgeTest(test, mesh.limits);
    if (outcome.kind !== "queued" || run.cancel !== undefined) reviewTest(mesh, run, test);
    else {
      const one = placeTest(mesh, run, { test, isAlone: outcome.isAlone });
      if (one !== undefined) placed.push(one);
    }
  }
  enqueue(mesh.queue, placed);
}

/** Where a test waits in the queue; undefined when it waits for others first, or is not run because of them. */
function placeTest(
  mesh: Mesh,
  run: RunState,
  { test, isAlone }: { readonly test: TestState; readonly isAlone: boolean },
): Placed | undefined {
  run.precedence ??= createPrecedence(run.tests);
  const { precedence } = run;
  const turn = turnOf(precedence, test);
  if (turn.kind === "held") {
    precedence.held.add(test);
    return undefined;
  }
  precedence.held.delete(test);
  if (turn.kind === "skip") {
    closeTest(mesh, run, { test, code: "after_failed", reason: turn.reason });
    return undefined;
  }
  const group = groupOf(precedence, test);
  const node = group?.nodeId === undefined ? undefined : mesh.nodes.get(group.nodeId);
  const isThere =
    node !== undefined &&
    isStaying(node) &&
    missingNeeds(test.definition, node.record.hello).length === 0;
  const pin = isThere ? node.record.nodeId : undefined; // G2
  const expectedMs = expectedMsOf(run, test);
  const chainMs = run.chains?.get(test) ?? expectedMs;
  const sinceMs = mesh.clock.monotonicMs();
  const isStruck = countStrikes(test) > 0;
  const entry = { test, runId: run.id, isAlone, isStruck, expectedMs, chainMs, sinceMs };
  return { entry, pin };
}

/** Ends a test without a further lease: cancelled, out of time, no node. */
export function closeTest(
  mesh: Mesh,
  run: RunState,
  closing: TestClosing & { readonly test: TestState },
): void {
  const { test, code, reason } = closing;
  if (test.closed !== undefined || test.decided !== undefined) return;
  test.closed = { code, reason };
  mesh.turn.save({ kind: "test_closed", runId: run.id, testIndex: test.index, code, reason });
  reviewTest(mesh, run, test);
}

type Decision = {
  readonly test: TestState;
  readonly outcome: { readonly verdict: ReportTest["verdict"]; readonly reason?: string };
};

function decide(mesh: Mesh, run: RunState, { test, outcome }: Decision): void {
  const before = test.decided;
  if (before?.verdict === outcome.verdict) return;
  if (before === undefined) run.openCount -= 1;
  run.failureCount +=
    failuresOf(run, test, outcome.verdict) - failuresOf(run, test, before?.verdict);
  test.decided = { verdict: outcome.verdict, reason: outcome.reason };
  sayNotice(mesh, run, testEnded(mesh, run, test));
  const { maxFailures } = run.options;
  if (maxFailures !== undefined && run.failureCount >= maxFailures) mesh.overFailed.add(run);
  releaseFollowers(mesh, run, { test, wasOpen: before === undefined });
  if (run.openCount === 0) endRun(mesh, run);
}

/** A chain of tests that skip each other is as long as the ledger: looked at one by one, not one within another. */
function releaseFollowers(
  mesh: Mesh,
  run: RunState,
  { test, wasOpen }: { readonly test: TestState; readonly wasOpen: boolean },
): void {
  const { precedence } = run;
  if (precedence === undefined) return;
  const isLooking = precedence.due.length > 0;
  // One by one: a suite may have more tests than a call takes arguments.
  for (const one of noteDecided(precedence, test, wasOpen)) precedence.due.push(one);
  if (isLooking) return;
  for (let at = 0; at < precedence.due.length; at += 1) {
    const next = precedence.due[at];
    if (next !== undefined) reviewTest(mesh, run, next);
  }
  precedence.due.length = 0;
}

function reopen(run: RunState, test: TestState): void {
  if (test.decided === undefined) return;
  run.failureCount -= failuresOf(run, test, test.decided.verdict);
  delete test.decided;
  run.openCount += 1;
  if (run.precedence !== undefined) noteReopened(run.precedence, test);
}

/** R1: written once. */
export function endRun(mesh: Mesh, run: RunState): void {
  if (run.end !== undefined) return;
  const result = concludeRun(run);
  run.end = { ...result, wallMs: mesh.clock.wallMs() };
  run.secrets = {};
  mesh.turn.save({
    kind: "run_ended",
    runId: run.id,
    status: result.status,
    exitCode: result.exitCode,
    reason: result.reason,
    wallMs: run.end.wallMs,
    summary: JSON.stringify(summarize(run, run.end.wallMs)),
  });
  mesh.turn.save({ kind: "history_trimmed", keep: mesh.limits.historyTestsMax });
  sayNotice(mesh, run, {
    kind: "run_ended",
    status: result.status,
    exitCode: result.exitCode,
    totals: totalsOf(run),
    ...(result.reason === undefined ? {} : { reason: result.reason }),
  });
  mesh.turn.afterCommit(() => mesh.listener.onRunEnded(run.id));
}

/** Tells that an attempt is over, when the test is not (its verdict tells the rest). */
export function sayAttemptEnded(
  mesh: Mesh,
  run: RunState,
  over: { readonly test: TestState; readonly lease: LeaseState },
): void {
  const { test, lease } = over;
  const end = lease.attempt?.end;
  const error = end?.error?.message ?? lease.settlement?.reason;
  sayNotice(mesh, run, {
    kind: "attempt_ended",
    testIndex: test.index,
    key: test.definition.key,
    attempt: lease.attemptNumber,
    node: nodeName(mesh, lease.nodeId),
    status: end?.status ?? (lease.settlement?.kind === "cancelled" ? "cancelled" : "lost"),
    willRunAgain:
      judgeTest(test, mesh.limits).kind === "queued" &&
      (run.cancel === undefined || outlastsCancel(run, test)),
    ...(error === undefined ? {} : { error }),
  });
}

function testEnded(mesh: Mesh, run: RunState, test: TestState): RunNotice {
  const telling =
    test.leases.findLast(isCounted) ?? test.leases.findLast((lease) => lease.attempt !== undefined);
  const end = telling?.attempt?.end;
  const verdict = test.decided?.verdict ?? "lost";
  const reason = test.decided?.reason ?? (verdict === "lost" ? lossReason(telling) : undefined);
  const failedIndex = [...(telling?.attempt?.steps ?? [])].find(
    ([index, step]) =>
      step.status === "failed" &&
      step.error !== undefined &&
      test.definition.steps[index]?.optional !== true,
  )?.[0];
  const step = failedIndex === undefined ? undefined : test.definition.steps[failedIndex]?.name;
  return {
    kind: "test_ended",
    testIndex: test.index,
    key: test.definition.key,
    verdict,
    durationMs: end?.durationMs ?? 0,
    finished: run.tests.length - run.openCount,
    planned: run.tests.length,
    ...(telling === undefined ? {} : { node: nodeName(mesh, telling.nodeId) }),
    ...(reason === undefined ? {} : { reason }),
    ...excuseShown(run, test),
    ...(end?.error === undefined || verdict === "passed" || verdict === "flaky"
      ? {}
      : { error: { ...end.error, ...(step === undefined ? {} : { step }) } }),
  };
}
