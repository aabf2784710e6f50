/**
 * The last door of every driver: errors pass the redactor here (K1), and a step that is told to end, ends.
 * Owns no platform's meaning: which failure a thing is, the platform says.
 */
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { StepError } from "./driver.ts";

/**
 * Runs one step, and masks secrets in whatever it throws; the original is not attached, as it would show them.
 *
 * @throws {StepError} The step's own. @throws {Error} For a fault of ours, with its masked message.
 */
export async function guardStep(redactor: Redactor, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    const text = redactor.text(messageOf(thrown));
    if (thrown instanceof StepError) throw new StepError(thrown.outcome, thrown.code, text);
    throw redactor.isEmpty ? thrown : new Error(text);
  }
}

/**
 * Waits for `work` until the signal is aborted, then throws what `onAbort` makes, also when `work` ended by that abort itself.
 * Work that is left behind is watched, so its late failure is nobody's unhandled rejection.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  onAbort: () => Error,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    // The loser's late rejection is handled by the race itself.
    return await Promise.race([work, aborted.promise]);
  } catch (thrown) {
    throw signal.aborted ? onAbort() : thrown;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Says for how long a step was tried: its own bound, or less when the attempt ended it. */
export function describeTime(tookMs: number, boundMs: number): string {
  const isOwnBound = tookMs >= boundMs * 0.9;
  const time = `${Math.round(isOwnBound ? boundMs : tookMs)} ms`;
  return isOwnBound ? time : `${time} (ended by the attempt's bound or a cancel)`;
}
