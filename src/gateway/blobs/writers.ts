/**
 * Who writes a part now (B2): one at a time. A later upload of the same blob waits a moment, is then told to come again,
 * and takes over when no byte of the earlier one came for `idleMs`: so two senders never write beside each other, and a
 * dead one never blocks for long. Refused: taking over at once; eight equal uploads then ended each other for ever
 * (measured 2026-11).
 */
import type { Sha256 } from "#proto/ids.ts";
import { type Clock, pause } from "#shared/clock.ts";

/** Why a writer was ended from outside. */
export type WriterEnd = "taken_over" | "too_long";

export type Writer = {
  /** Where the part ends now. */
  end: number;
  /** When the last byte came. */
  heardMs: number;
  /** Aborted with a `WriterEnd`. */
  readonly ending: AbortController;
  readonly done: Promise<void>;
  /** Lets the next one write. */
  readonly finish: () => void;
};

export type Writers = {
  readonly get: (sha256: Sha256) => Writer | undefined;
  /** The caller is the writer until it calls `finish`; undefined when another one goes on writing. */
  readonly enter: (sha256: Sha256) => Promise<Writer | undefined>;
};

export type WritersOptions = {
  readonly clock: Clock;
  /** A writer of which no byte came for this long may be taken over. */
  readonly idleMs: number;
  /** One that goes on for longer is ended, to come again: a sender of one byte a second holds nobody up. */
  readonly spanMsMax: number;
};

/** How long a second sender waits for the first: small blobs are over by then. */
const WAIT_MS = 1_000;

export function createWriters({ clock, idleMs, spanMsMax }: WritersOptions): Writers {
  const writers = new Map<Sha256, Writer>();

  const open = (sha256: Sha256): Writer => {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const ending = new AbortController();
    const bound = clock.after(spanMsMax, () => ending.abort("too_long" satisfies WriterEnd));
    const finish = () => {
      bound.cancel();
      writers.delete(sha256);
      resolve();
    };
    const writer = { end: 0, heardMs: clock.monotonicMs(), ending, done, finish };
    writers.set(sha256, writer);
    return writer;
  };

  const enter = async (sha256: Sha256): Promise<Writer | undefined> => {
    const untilMs = clock.monotonicMs() + WAIT_MS;
    // No await between the last look and our own entry.
    for (let other = writers.get(sha256); other !== undefined; other = writers.get(sha256)) {
      const nowMs = clock.monotonicMs();
      const idleLeftMs = idleMs - (nowMs - other.heardMs);
      if (idleLeftMs <= 0) {
        other.ending.abort("taken_over" satisfies WriterEnd);
        await other.done;
      } else if (nowMs >= untilMs) return undefined;
      else await waitFor(other, Math.min(idleLeftMs, untilMs - nowMs));
    }
    return open(sha256);
  };

  const waitFor = async ({ done }: Writer, ms: number): Promise<void> => {
    const leaving = new AbortController();
    await Promise.race([done, pause(clock, ms, leaving.signal)]).finally(() => {
      leaving.abort();
    });
  };

  return { get: (sha256) => writers.get(sha256), enter };
}
