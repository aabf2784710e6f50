/**
 * Why NATS is away for long: its client dials again without a word, also when it will never be let in. While it is away
 * another dial now and then tells the reason, so that what will not pass by itself is said and acted on.
 */
import { type Clock, pause } from "../clock.ts";
import { MeshError } from "../errors.ts";

export type AbsenceOptions = {
  readonly isAway: () => boolean;
  /** Connects once and leaves again. @throws {MeshError} With what kept it from it. */
  readonly dialOnce: () => Promise<void>;
  readonly onReason: (fault: MeshError) => void;
  readonly clock: Clock;
  /** Ends the asking. */
  readonly signal: AbortSignal;
};

/** Shorter outages end by themselves. */
const ASK_MS = 5_000;
const ASK_MS_MAX = 60_000;

/** Makes what is called at each loss of the connection; it asks until the connection is back, and more and more rarely. */
export function createAbsenceWatch(options: AbsenceOptions): () => void {
  const { isAway, dialOnce, onReason, clock, signal } = options;
  let isWatching = false;
  const watch = async () => {
    for (let askMs = ASK_MS; ; askMs = Math.min(ASK_MS_MAX, askMs * 2)) {
      await pause(clock, askMs, signal).catch(() => undefined); // closed: away from nobody any more
      if (signal.aborted || !isAway()) return;
      const fault = await dialOnce().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (signal.aborted || !isAway()) return; // re-checked after await
      if (fault instanceof MeshError) onReason(fault);
    }
  };
  return () => {
    if (isWatching) return;
    isWatching = true;
    void watch().finally(() => {
      isWatching = false;
    });
  };
}
