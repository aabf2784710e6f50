/**
 * Pure: the circuit breaker of one node. A node that loses what it is given gets nothing for a while, then one attempt
 * to show that it is well again.
 *
 * closed     gets offers. → open when at least `LOSSES_TO_OPEN` of its last `ATTEMPTS_SEEN` attempts were lost by its
 *            fault, and at least half of them; not while the mesh would be left with too few nodes (`mayOpen`).
 * open       gets none until `untilMs`: 30 s, twice as long each time in a row, at most 10 min. → half_open then.
 * half_open  gets one attempt at a time. → closed when one ends without a loss, → open again when one is lost.
 *
 * Invariants: B1 only attempts of a node that were lost by its own fault count (blame.ts says which). B2 the death of a
 * node's process is one loss, however many attempts it took along: else a node of eight slots opened by its first. B3 it
 * is not stored: a gateway that starts has seen nothing, and whoever is ill shows it again.
 */

export type Breaker = {
  readonly kind: "closed" | "open" | "half_open";
  /** The newest attempts, oldest first: whether each was lost by the node's fault. */
  readonly recent: readonly boolean[];
  /** How often it opened without closing in between. */
  readonly openings: number;
  /** While open: when it is tried again, gateway's monotonic clock; else 0. */
  readonly untilMs: number;
};

export const CLOSED_BREAKER: Breaker = { kind: "closed", recent: [], openings: 0, untilMs: 0 };

export const ATTEMPTS_SEEN = 10;
export const LOSSES_TO_OPEN = 3;
export const OPEN_MS = 30_000;
export const OPEN_MS_MAX = 600_000;

export type BreakerMoment = {
  /** Gateway's monotonic clock. */
  readonly nowMs: number;
  /** Enough other nodes are well. */
  readonly mayOpen: boolean;
};

/** An attempt of the node is over. */
export function noteAttempt(breaker: Breaker, isLost: boolean, moment: BreakerMoment): Breaker {
  const recent = [...breaker.recent, isLost].slice(-ATTEMPTS_SEEN);
  if (breaker.kind === "half_open" && !isLost) return CLOSED_BREAKER;
  // Attempts that began before it opened end while it is open: they show nothing new.
  if (breaker.kind === "open") return breaker;
  return judgeBreaker({ ...breaker, recent }, moment);
}

/** What the passing of time means for it, and that other nodes became well: called on each tick. */
export function judgeBreaker(breaker: Breaker, { nowMs, mayOpen }: BreakerMoment): Breaker {
  switch (breaker.kind) {
    case "closed":
      return mayOpen && isTripped(breaker.recent) ? open(breaker, nowMs) : breaker;
    case "open":
      // A mesh that has nobody else tries it at once: ill is better than none.
      return nowMs >= breaker.untilMs
        ? { ...breaker, kind: "half_open", recent: [], untilMs: 0 }
        : breaker;
    case "half_open":
      return breaker.recent.at(-1) === true ? open(breaker, nowMs) : breaker;
  }
}

function isTripped(recent: readonly boolean[]): boolean {
  const losses = recent.filter((isLost) => isLost).length;
  return losses >= LOSSES_TO_OPEN && 2 * losses >= recent.length;
}

function open({ openings }: Breaker, nowMs: number): Breaker {
  const openMs = Math.min(OPEN_MS * 2 ** Math.min(openings, 10), OPEN_MS_MAX);
  return { kind: "open", recent: [], openings: openings + 1, untilMs: nowMs + openMs };
}

/** It as a predicate for people; undefined when it is closed. */
export function breakerInWords(breaker: Breaker, nowMs: number): string | undefined {
  switch (breaker.kind) {
    case "closed":
      return undefined;
    case "open": {
      const seconds = Math.max(1, Math.ceil((breaker.untilMs - nowMs) / 1_000));
      return `lost what it was given: it is tried again in ${seconds} s`;
    }
    case "half_open":
      return "lost what it was given: one attempt at a time shows whether it is well again";
  }
}
