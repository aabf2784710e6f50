/**
 * Pure: which test goes first. Tests that ran before and must again (retries, losses) first, since nothing else can
 * end the run; then the longest declared (LPT, Graham 1969); then older runs and the order in the file.
 */

import type { TestState } from "#gateway/mesh/run-state.ts";
import type { RunId } from "#proto/ids.ts";

export type QueuedTest = {
  readonly test: TestState;
  readonly runId: RunId;
  /** Order of the run among the mesh's runs. */
  readonly runOrder: number;
  /** Needs a node for itself (C4). */
  readonly isAlone: boolean;
};

/** Negative when `a` goes first. A total order: the index breaks all ties within a run. */
export function compareQueued(a: QueuedTest, b: QueuedTest): number {
  const again = Number(b.test.leases.length > 0) - Number(a.test.leases.length > 0);
  if (again !== 0) return again;
  const longer = b.test.definition.timeoutMs - a.test.definition.timeoutMs;
  if (longer !== 0) return longer;
  return a.runOrder - b.runOrder || compareIds(a.runId, b.runId) || a.test.index - b.test.index;
}

/** Runs that began in the same millisecond: one goes before the other as a whole. */
function compareIds(a: RunId, b: RunId): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
