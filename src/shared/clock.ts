/**
 * Time as an argument: everything that decides takes a `Clock`, so that tests drive it by hand.
 * The only file that reads the machine's clocks or sets its timers.
 */

export type Timer = { readonly cancel: () => void };

export type Clock = {
  /** Milliseconds since the Unix epoch. For people and reports, never for decisions across machines (C5). */
  readonly wallMs: () => number;
  /** Milliseconds from an arbitrary start, never going back, with fractions. For durations and bounds. */
  readonly monotonicMs: () => number;
  /** Calls `act` once after `delayMs`. */
  readonly after: (delayMs: number, act: () => void) => Timer;
};

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, act) => {
    const handle = setTimeout(act, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
