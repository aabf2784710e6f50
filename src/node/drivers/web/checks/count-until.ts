/**
 * Counts what a page's records hold until the count is right, and stays right for as long as is asked. What could not be
 * judged (it found no room, its answer is not there yet) makes the count a range, and the whole range must be right.
 */
import type { Matcher } from "#proto/matcher.ts";
import { describeTime } from "../../guard.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import { lookUntil } from "../look-until.ts";
import type { Scene } from "../scene.ts";

export type Counted = {
  /** Those that are so for certain. */
  readonly count: number;
  /** Those that may be so, each group with its reason. */
  readonly undecided: readonly { readonly count: number; readonly why: string }[];
  /** What else was there, for people. */
  readonly seen: string;
};

export type CountAsk = {
  /** "a request POST **\/orders", for messages. */
  readonly what: string;
  /** Absent: at least one. */
  readonly matcher?: Matcher | undefined;
  /** Absent: a bound of our own where none is right, else 0. */
  readonly forMs?: number | undefined;
  /** How long none must come, where nothing else is said. */
  readonly quietMs: number;
  readonly count: () => Counted;
};

const AT_LEAST_ONE: Matcher = { atLeast: 1 };
/** Of a range that is longer only both ends and these are tried. */
const RANGE_TRIED_MAX = 2_000;

/** The text of the failure, or undefined. */
export async function countUntil(scene: Scene, ask: CountAsk): Promise<string | undefined> {
  const { clock, context } = scene;
  const matcher = ask.matcher ?? AT_LEAST_ONE;
  const isRight = (count: number) => checkMatcher(matcher, count).ok;
  // Half of the bound at most, so that a short one can be met.
  const quietMs = isRight(0) ? Math.min(ask.quietMs, context.timeoutMs / 2) : 0;
  const heldMs = ask.forMs ?? quietMs;
  let rightSinceMs: number | undefined;
  let isHopeless = false;
  const isMet = (counted: Counted) => {
    isHopeless = !canBecomeRight(counted.count, isRight);
    if (!isRange(counted, isRight)) rightSinceMs = undefined;
    else rightSinceMs ??= clock.monotonicMs();
    const isHeld = rightSinceMs !== undefined && clock.monotonicMs() - rightSinceMs >= heldMs;
    return isHeld || isHopeless;
  };
  const { seen, tookMs } = await lookUntil(scene, { look: async () => ask.count(), isMet });
  const counted = seen ?? ask.count();
  const isHeld = rightSinceMs !== undefined && clock.monotonicMs() - rightSinceMs >= heldMs;
  if (!isHopeless && isHeld && isRange(counted, isRight)) return undefined;
  const time = isHopeless ? "" : `, tried for ${describeTime(tookMs, context.timeoutMs)}`;
  return `Expected the count of ${ask.what} ${describeMatcher(matcher)}, ${describe(counted, { heldMs, isRight })}${time}${counted.seen}`;
}

type Right = (count: number) => boolean;

function isRange({ count, undecided }: Counted, isRight: Right): boolean {
  const more = undecided.reduce((sum, group) => sum + group.count, 0);
  if (!isRight(count) || !isRight(count + more)) return false;
  for (let extra = 1; extra < Math.min(more, RANGE_TRIED_MAX); extra += 1)
    if (!isRight(count + extra)) return false;
  return true;
}

/** A count only grows. */
function canBecomeRight(count: number, isRight: Right): boolean {
  for (let extra = 0; extra <= RANGE_TRIED_MAX; extra += 1) if (isRight(count + extra)) return true;
  return false;
}

function describe(
  counted: Counted,
  { heldMs, isRight }: { readonly heldMs: number; readonly isRight: Right },
): string {
  const doubts = counted.undecided
    .filter((group) => group.count > 0)
    .map((group) => `${group.count} more that may be so: ${group.why}`);
  const text = [`seen ${counted.count}`, ...doubts].join(" and ");
  return isRange(counted, isRight) ? `${text}, but not for ${heldMs} ms` : text;
}
