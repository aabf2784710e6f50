/** Pure: what a test's history lets expect of its next attempt. */

export type Estimate = {
  /** Median of the last passes on the test's platform, on a node of speed 1, milliseconds; undefined when it never passed. */
  readonly expectedMs?: number | undefined;
  /** Its last run ended with a failure. */
  readonly hasFailedLast: boolean;
};
