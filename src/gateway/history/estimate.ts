/** Pure: what a test's history lets expect of its next attempt. */

import type { HistoryOutcome } from "#proto/history.ts";

export type Estimate = {
  /** Median of the last passes on the test's platform, on a node of speed 1, milliseconds; undefined when it never passed. */
  readonly expectedMs?: number | undefined;
  /** Its last run ended with a failure. */
  readonly hasFailedLast: boolean;
};

/** The speed factor of a node by its mark in histories; 1 for a node that nobody knows. */
export type SpeedOf = (node: string) => number;

/** @param outcomes Newest first. @returns undefined when there are none: nothing is known. */
export function estimateOf(
  outcomes: readonly HistoryOutcome[],
  speedOf: SpeedOf,
): Estimate | undefined {
  const last = outcomes[0];
  if (last === undefined) return undefined;
  const passes = outcomes
    .filter(({ status }) => status === "passed")
    .map(({ durationMs, node }) => durationMs / speedOf(node));
  const hasFailedLast = last.status === "failed";
  return passes.length === 0 ? { hasFailedLast } : { expectedMs: medianOf(passes), hasFailedLast };
}

/** The middle value, or the mean of the two in the middle. @param values At least one, in any order. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
