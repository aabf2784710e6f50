/**
 * Pure: how fast nodes are, from paired history: what a pass took on the node beside what its test was expected to take
 * on a typical one. Tests come to nodes without regard to what they took before, so the medians of the ratios stand to
 * each other as the nodes do, even while the expected times are off.
 */
import { medianOf } from "./estimate.ts";

/** The last ratios of a node that are kept. */
export const RATIOS_MAX = 50;
/** Shorter tests tell more of the wire than of the node. */
const EXPECTED_MS_MIN = 50;
/** Fewer ratios tell nothing yet. */
const RATIOS_MIN = 5;
const SPEED_MIN = 0.25;
const SPEED_MAX = 4;

export type Pace = {
  /** Newest last, at most 50. */
  ratios: number[];
  /** Ratios since the speeds were worked out last. */
  fresh: number;
  /** Ratios since they were saved. */
  unsaved: number;
};

/** Of a node of which nothing was measured. */
export function newPace(ratios: readonly number[] = []): Pace {
  return { ratios: [...ratios], fresh: ratios.length, unsaved: 0 };
}

/** Notes a pass, unless it tells nothing of the node's speed. @param expectedMs Of the test on a node of speed 1. */
export function notePass(pace: Pace, durationMs: number, expectedMs: number | undefined): void {
  if (expectedMs === undefined || expectedMs < EXPECTED_MS_MIN) return;
  pace.ratios.push(Math.round((durationMs / expectedMs) * 1000) / 1000);
  if (pace.ratios.length > RATIOS_MAX) pace.ratios.shift();
  pace.fresh += 1;
  pace.unsaved += 1;
}

/** The speed factors of nodes, in their order: 1 for the median of those that are known, 0.25 to 4, 1 while nothing is known. */
export function speedsOf(paces: readonly Pace[]): number[] {
  const medians = paces.map(({ ratios }) =>
    ratios.length < RATIOS_MIN ? undefined : medianOf(ratios),
  );
  const known = medians.filter((median) => median !== undefined && median > 0);
  const typical = known.length === 0 ? 1 : medianOf(known.map((median) => median ?? 1));
  return medians.map((median) =>
    median === undefined ? 1 : Math.min(SPEED_MAX, Math.max(SPEED_MIN, median / typical)),
  );
}
