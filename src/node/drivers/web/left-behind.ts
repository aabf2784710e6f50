/** A call that does not end with its signal (a busy page) is left behind a moment later. */
import type { Clock } from "#shared/clock.ts";

/** A call did not end with its signal. */
export class LeftBehind extends Error {}

/** How long a call may take to say what it was waiting for, after it was told to end. */
const GRACE_MS = 150;

/** Rejects with `LeftBehind` a moment after the signal; never, once `ended` is aborted. */
export function rejectAfterAbort(
  clock: Clock,
  signal: AbortSignal,
  ended: AbortSignal,
): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => {
      const timer = clock.after(GRACE_MS, () => reject(new LeftBehind()));
      ended.addEventListener("abort", timer.cancel, { once: true });
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    ended.addEventListener("abort", () => signal.removeEventListener("abort", leave));
  });
}
