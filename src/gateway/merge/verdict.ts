/** Pure: what a test's leases add up to (C1 to C4). The one place where verdicts, retries, budgets and poison are decided. */

import {
  isActive,
  isCounted,
  isLate,
  type LeaseState,
  type TestClosing,
  type TestState,
} from "#gateway/mesh/run-state.ts";
import type { Verdict } from "#proto/report.ts";

/** Strikes after which a test runs alone on a node (C4). */
export const STRIKES_TO_ISOLATE = 2;
/** Strikes after which a test is poison (C4). */
export const STRIKES_TO_POISON = 3;

export type TestOutcome =
  | { readonly kind: "active" }
  | { readonly kind: "queued"; readonly isAlone: boolean }
  | { readonly kind: "decided"; readonly verdict: Verdict; readonly reason?: string };

export type Budgets = { readonly lostBudget: number; readonly leasesPerTestMax: number };

/**
 * What is next for a test: wait, run (again), or its verdict.
 *
 * C2: over counted attempts by lease number, first passed → passed, a pass after failures → flaky, only failures
 * with no retry left → failed, none and no budget left → lost.
 */
export function judgeTest(test: TestState, budgets: Budgets): TestOutcome {
  if (test.definition.skip !== undefined)
    return { kind: "decided", verdict: "skipped", reason: test.definition.skip };
  const counted = test.leases.filter(isCounted);
  const passIndex = counted.findIndex((lease) => lease.attempt?.end?.status === "passed");
  if (passIndex === 0) return passedOrSkipped(counted[0]);
  if (passIndex > 0) return { kind: "decided", verdict: "flaky" };
  if (test.leases.some(isActive)) return { kind: "active" };
  if (counted.length > test.definition.retries) return { kind: "decided", verdict: "failed" };
  if (test.closed !== undefined) return closedOutcome(counted, test.closed);
  return judgeLosses(test, counted, budgets);
}

/** "A test of which no step was executed" is skipped, not passed (suite-format.md, Verdicts). */
function passedOrSkipped(lease: LeaseState | undefined): TestOutcome {
  const steps = [...(lease?.attempt?.steps.values() ?? [])];
  if (steps.some((step) => step.status !== "skipped"))
    return { kind: "decided", verdict: "passed" };
  return { kind: "decided", verdict: "skipped", reason: "No step was executed" };
}

function judgeLosses(
  test: TestState,
  counted: readonly LeaseState[],
  budgets: Budgets,
): TestOutcome {
  const strikes = countStrikes(test);
  if (strikes >= STRIKES_TO_POISON) {
    return withoutPass(counted, `Poison: ${strikes} node processes died while they ran it`);
  }
  const losses = test.leases.filter(isLoss);
  if (losses.length >= budgets.lostBudget) {
    return withoutPass(counted, `Lost ${losses.length} times: ${lossReason(losses.at(-1))}`);
  }
  if (test.leases.length >= budgets.leasesPerTestMax) {
    return withoutPass(
      counted,
      `Offered ${test.leases.length} times without an end: ${lossReason(test.leases.at(-1))}`,
    );
  }
  return { kind: "queued", isAlone: strikes >= STRIKES_TO_ISOLATE };
}

/** What was not run on purpose is skipped; whatever it failed before stands. */
function closedOutcome(counted: readonly LeaseState[], { code, reason }: TestClosing): TestOutcome {
  const isOnPurpose = code === "max_failures" || code === "after_failed";
  if (isOnPurpose && counted.length === 0) return { kind: "decided", verdict: "skipped", reason };
  return withoutPass(counted, reason);
}

/** C2: "A failure followed by a loss with no budget left is failed". */
function withoutPass(counted: readonly LeaseState[], reason: string): TestOutcome {
  return { kind: "decided", verdict: counted.length > 0 ? "failed" : "lost", reason };
}

/** A started attempt that brought no counted outcome. A lease that never started uses no budget (L3). */
export function isLoss(lease: LeaseState): boolean {
  if (lease.attempt === undefined) return false;
  return (
    lease.attempt.end?.status === "lost" ||
    isLate(lease) ||
    (lease.attempt.end === undefined && !isActive(lease))
  );
}

/** Deaths of node processes while they ran this test (C4). */
export function countStrikes(test: TestState): number {
  return test.leases.filter(
    (lease) =>
      lease.attempt !== undefined && (lease.attempt.end?.loss === "crashed" || isStruck(lease)),
  ).length;
}

/** Whether all that is known of the attempt's end is that nobody answered at its node: a strike, until the node shows that it lives (C4). */
export function isStruck({ attempt, settlement }: LeaseState): boolean {
  if (attempt === undefined || attempt.end !== undefined) return false;
  return settlement?.cause === "node_died" && !settlement.isRevoked;
}

/** Why an attempt was lost, in words for people. */
export function lossReason(lease: LeaseState | undefined): string {
  const end = lease?.attempt?.end;
  if (end?.status === "lost") return end.error?.message ?? end.loss ?? "the node reported a loss";
  return lease?.settlement?.reason ?? "unknown";
}
