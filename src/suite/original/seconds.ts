/** Spans of time in an original suite: seconds, decimals too, in milliseconds here. */
import type { OriginalFields } from "./fields.ts";

/** A day: longer spans are slips of the keyboard. */
export const SECONDS_MAX = 86_400;

/** Reads a number of seconds as milliseconds; undefined when it is absent or refused. */
export function secondsOf(
  fields: OriginalFields,
  { key, min }: { readonly key: string; readonly min: number },
): number | undefined {
  const expected = `a number of seconds from ${min} to ${SECONDS_MAX}`;
  const seconds = fields.amount(key, { expected, min, max: SECONDS_MAX, isWhole: false });
  // Rounded to microseconds, as durations of native suites are: 1.1 s is 1100 ms and not 1100.0000000000002.
  if (seconds === undefined || seconds === 0) return seconds;
  return Math.max(1, Math.round(seconds * 1_000_000) / 1_000);
}
