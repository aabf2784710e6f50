/**
 * P: how long a run will still take, from what was measured in this run and nothing else.
 *
 * Every test that waits is taken to need the mean of those that ended, one that runs what is left of that mean; they are
 * dealt to as many slots as ran tests at once lately. Exact when all tests take the same time. Nothing is said that
 * cannot be known: before enough tests ended, when nothing runs, and when only tests are left that have already taken
 * longer than all before them.
 */

export type EstimateInput = {
  /** What each ended test took, all its attempts, milliseconds; skipped ones do not count. */
  readonly endedMs: readonly number[];
  /** For how long each running test has been running, milliseconds. */
  readonly runningMs: readonly number[];
  /** Tests that have not started. */
  readonly waitingCount: number;
  /** How many tests run at once while there are enough of them. */
  readonly slotCount: number;
};

export type Estimate =
  /** Nothing can be known. */
  | { readonly kind: "none" }
  /** Something will be known once more tests have ended. */
  | { readonly kind: "estimating" }
  | { readonly kind: "left"; readonly ms: number };

const NONE: Estimate = { kind: "none" };
const ENDED_MIN = 3;
const HALVINGS = 60;
/** What sums of fractions may be off by, in tests. */
const ROUNDING = 1e-9;

/** Estimates the time until the last test ends. */
export function estimateLeft(input: EstimateInput): Estimate {
  const { endedMs, runningMs, waitingCount } = input;
  if (runningMs.length === 0) return NONE;
  const slotCount = Math.max(input.slotCount, runningMs.length);
  const enough = Math.max(ENDED_MIN, slotCount);
  if (endedMs.length < enough) {
    const all = endedMs.length + runningMs.length + waitingCount;
    return all > enough ? { kind: "estimating" } : NONE;
  }
  const meanMs = mean(endedMs);
  const known = runningMs.map((ranMs) => leftOf(ranMs, endedMs, meanMs));
  const unknownCount = known.filter((ms) => ms === undefined).length;
  // A slot whose test has no known end stands for one more test of the usual length, as long as most ends are known.
  if (unknownCount > 0 && (waitingCount === 0 || unknownCount * 2 > slotCount)) return NONE;
  const busyMs = known.map((ms) => ms ?? meanMs);
  const freeMs = Array.from({ length: slotCount }, (_, index) => busyMs[index] ?? 0);
  return { kind: "left", ms: lastEndMs(freeMs, waitingCount, meanMs) };
}

/** What is left of the mean; beyond the mean, of the mean of those that took longer still; undefined when none did. */
function leftOf(ranMs: number, endedMs: readonly number[], meanMs: number): number | undefined {
  if (ranMs < meanMs) return meanMs - ranMs;
  const longer = endedMs.filter((ms) => ms > ranMs);
  if (longer.length > 0) return mean(longer) - ranMs;
  return ranMs === meanMs ? 0 : undefined;
}

/**
 * When the last of `count` tests of one length ends, each taken by the slot that is free first: the first moment by which
 * the slots have room for all of them, found by halving, so that 100,000 tests cost no more than ten.
 */
function lastEndMs(freeMs: readonly number[], count: number, eachMs: number): number {
  const busyMs = Math.max(0, ...freeMs);
  if (count === 0 || eachMs === 0) return busyMs;
  const fitting = (untilMs: number) =>
    freeMs.map((ms) => Math.max(0, Math.floor((untilMs - ms) / eachMs + ROUNDING)));
  const room = (untilMs: number) => fitting(untilMs).reduce((sum, fits) => sum + fits, 0);
  let tooSoonMs = Math.min(...freeMs);
  let enoughMs = tooSoonMs + count * eachMs;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middleMs = (tooSoonMs + enoughMs) / 2;
    if (room(middleMs) >= count) enoughMs = middleMs;
    else tooSoonMs = middleMs;
  }
  return Math.max(busyMs, enoughMs);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
