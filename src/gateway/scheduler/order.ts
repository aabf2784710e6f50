/**
 * Pure: which test of a run goes first. Its own priority, then tests that ran before and must again (retries, losses:
 * nothing else can end the run), then those that failed last time, then the longest expected, with what waits behind it
 * (LPT, Graham 1969; chains.ts), then the longest declared, then the order of the files. Which run goes first is share.ts's.
 */

import type { TestState } from "#gateway/mesh/run-state.ts";
import type { RunId } from "#proto/ids.ts";

export type QueuedTest = {
  readonly test: TestState;
  readonly runId: RunId;
  /** Needs a node for itself (C4). */
  readonly isAlone: boolean;
  /** A node process died while it ran (C4). Default: none did. */
  readonly isStruck?: boolean;
  /** By its history, else the median of its suite; undefined when neither is known. Milliseconds. */
  readonly expectedMs?: number | undefined;
  /** The same with the longest chain of tests that wait for it; undefined when nothing is known and nobody waits. */
  readonly chainMs?: number | undefined;
  /** Since when it waits, gateway's monotonic clock. */
  readonly sinceMs: number;
};

/** Negative when `a` goes first. A total order over the tests of one run: the index breaks all ties. */
export function compareQueued(a: QueuedTest, b: QueuedTest): number {
  const urgent = priorityOf(b) - priorityOf(a);
  if (urgent !== 0) return urgent;
  const again = Number(b.test.leases.length > 0) - Number(a.test.leases.length > 0);
  if (again !== 0) return again;
  const failed = Number(hasFailedLast(b)) - Number(hasFailedLast(a));
  if (failed !== 0) return failed;
  const longer = (b.chainMs ?? b.expectedMs ?? 0) - (a.chainMs ?? a.expectedMs ?? 0);
  if (longer !== 0) return longer;
  const declared = b.test.definition.timeoutMs - a.test.definition.timeoutMs;
  return declared === 0 ? a.test.index - b.test.index : declared;
}

/** The test's own; its run's is added where runs are compared. */
export function priorityOf({ test }: QueuedTest): number {
  return test.definition.schedule?.priority ?? 0;
}

function hasFailedLast({ test }: QueuedTest): boolean {
  return test.estimate?.hasFailedLast === true;
}
