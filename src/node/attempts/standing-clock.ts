/** A clock that can be made to stand: its time does not pass, and its timers wait, while something is done. */
import type { Clock, Timer } from "#shared/clock.ts";

export type StandingClock = {
  readonly clock: Clock;
  /** Lets the clock stand until `act` has ended; may be called while it stands. */
  readonly stand: <T>(act: () => Promise<T>) => Promise<T>;
};

type Waiting = {
  readonly dueMs: number;
  readonly act: () => void;
  /** Undefined while the clock stands. */
  timer: Timer | undefined;
};

/** Makes one that goes as the other one goes. */
export function createStandingClock(real: Clock): StandingClock {
  const waiting = new Set<Waiting>();
  let standingCount = 0;
  let sinceMs = 0;
  let stoodMs = 0;
  const nowMs = () => (standingCount > 0 ? sinceMs : real.monotonicMs()) - stoodMs;
  const arm = (one: Waiting) => {
    one.timer = real.after(Math.max(0, one.dueMs - nowMs()), () => {
      waiting.delete(one);
      one.act();
    });
  };
  const halt = () => {
    standingCount += 1;
    if (standingCount > 1) return;
    sinceMs = real.monotonicMs();
    for (const one of waiting) one.timer?.cancel();
  };
  const go = () => {
    standingCount -= 1;
    if (standingCount > 0) return;
    stoodMs += real.monotonicMs() - sinceMs;
    for (const one of waiting) arm(one);
  };
  return {
    clock: {
      wallMs: real.wallMs,
      monotonicMs: nowMs,
      after: (delayMs, act) => {
        const one: Waiting = { dueMs: nowMs() + delayMs, act, timer: undefined };
        waiting.add(one);
        if (standingCount === 0) arm(one);
        return {
          cancel: () => {
            waiting.delete(one);
            one.timer?.cancel();
          },
        };
      },
    },
    stand: async (act) => {
      halt();
      try {
        return await act();
      } finally {
        go();
      }
    },
  };
}
