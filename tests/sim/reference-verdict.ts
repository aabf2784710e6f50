/**
 * The oracle's own reading of C1 to C4, written from protocol.md and not from the gateway's code: what a test's leases
 * add up to, and whether the test may end there.
 */
import type { Verdict } from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";

export type LeaseBook = {
  readonly id: string;
  readonly number: number;
  readonly nodeId: string;
  readonly attemptNumber: number;
  /** What the gateway committed of the node's events. */
  hasStarted: boolean;
  readonly stepStatuses: Map<number, string>;
  artifactCount: number;
  end: { readonly status: string; readonly loss: string | undefined } | undefined;
  settlement:
    | { readonly kind: string; readonly cause: string; readonly isRevoked: boolean }
    | undefined;
  /** Decided by the oracle when the outcome was committed (C1). */
  isCounted: boolean;
  /** The node's disk was wiped or restored while it may have held this lease: what it says of it is not the whole truth. */
  isTainted: boolean;
};

export type TestBook = {
  readonly definition: TestDefinition;
  readonly leases: LeaseBook[];
  closed: { readonly code: string; readonly reason: string } | undefined;
};

export const isSettled = (lease: LeaseBook): boolean =>
  lease.settlement !== undefined && !lease.settlement.isRevoked;
export const isOpen = (lease: LeaseBook): boolean => lease.end === undefined && !isSettled(lease);

const LOST_BUDGET = 5;
const STRIKES_MAX = 3;

/** @returns The verdict, or undefined while the test must go on. */
export function referenceVerdict(test: TestBook): Verdict | undefined {
  if (test.definition.skip !== undefined) return "skipped";
  const counted = test.leases.filter((lease) => lease.isCounted);
  const firstPass = counted.findIndex((lease) => lease.end?.status === "passed");
  if (firstPass > 0) return "flaky";
  if (firstPass === 0) return hasExecuted(counted[0]) ? "passed" : "skipped";
  if (test.leases.some(isOpen)) return undefined;
  if (counted.length > test.definition.retries) return "failed";
  const isOver =
    test.closed !== undefined ||
    strikesOf(test) >= STRIKES_MAX ||
    lossesOf(test) >= LOST_BUDGET ||
    test.leases.length >= 200;
  if (!isOver) return undefined;
  const { code } = test.closed ?? {};
  if (counted.length === 0 && (code === "after_failed" || code === "max_failures"))
    return "skipped";
  return counted.length > 0 ? "failed" : "lost";
}

const hasExecuted = (lease: LeaseBook | undefined): boolean =>
  [...(lease?.stepStatuses.values() ?? [])].some((status) => status !== "skipped");

/** C4: deaths of node processes under this test, as far as the gateway was told or saw. */
export const strikesOf = (test: TestBook): number =>
  test.leases.filter((lease) => {
    if (!lease.hasStarted) return false;
    if (lease.end !== undefined) return lease.end.loss === "crashed";
    return isSettled(lease) && lease.settlement?.cause === "node_died";
  }).length;

/** C3: started attempts that brought nothing that counts. */
const lossesOf = (test: TestBook): number =>
  test.leases.filter(
    (lease) => lease.hasStarted && (lease.end?.status === "lost" || isSettled(lease)),
  ).length;

/** Exit codes of interface.md, from verdicts alone. */
export function referenceExitCode(
  verdicts: readonly (Verdict | undefined)[],
  wasCut: boolean,
): number {
  if (wasCut || verdicts.includes("lost")) return 3;
  if (verdicts.includes("failed")) return 1;
  return verdicts.some((verdict) => verdict === "passed" || verdict === "flaky") ? 0 : 2;
}
