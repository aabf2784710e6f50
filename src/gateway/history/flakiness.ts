/** Pure: how flaky a test is, by its last outcomes. */
import type { HistoryOutcome } from "#proto/history.ts";

/** Fewer outcomes count as so many: one retry of a new test is no proof. */
const OUTCOMES_MIN = 10;

/**
 * How often the test changed between passed and failed, of how often it could have: 0 when it always does the same,
 * 1 when it changes every time. Retries are outcomes, too, so a pass after a failure is a change. A test that is broken
 * and mended again has two changes; one that fails by chance every fourth time has seven or eight of nineteen.
 *
 * @param outcomes In the order of time, either way.
 */
export function flakinessOf(outcomes: readonly Pick<HistoryOutcome, "status">[]): number {
  const changes = outcomes.filter(
    ({ status }, index) => index > 0 && status !== outcomes[index - 1]?.status,
  ).length;
  const chances = Math.max(outcomes.length, OUTCOMES_MIN) - 1;
  return Math.round((changes / chances) * 1000) / 1000;
}
