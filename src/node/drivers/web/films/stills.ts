/**
 * Masked pictures of a page that may show secrets. A mask takes several looks at a page that holds still, so there is no
 * picture while a step acts: one after each step, and two a second while the page is only watched.
 */
import type { Page } from "playwright-core";
import { type Clock, pause } from "#shared/clock.ts";
import type { Redactor } from "#shared/redactor.ts";
import { takePicture } from "../mask.ts";

export type Stills = {
  /** Takes one now; none when it could not be made safe, or the page does not answer. */
  readonly take: () => Promise<void>;
  /** Takes one again and again until `act` is over, which must leave the page alone. */
  readonly takeDuring: <T>(act: () => Promise<T>) => Promise<T>;
};

export type StillsOptions = {
  readonly page: Page;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** A JPEG and when it was taken, monotonic milliseconds. */
  readonly onPicture: (jpeg: Uint8Array, atMs: number) => void;
};

const JPEG_QUALITY = 80;
const TAKE_MS_MAX = 1_000;
const EVERY_MS = 500;

/** Makes the taker; it takes nothing by itself. */
export function createStills(options: StillsOptions): Stills {
  const { page, redactor, clock } = options;
  const take = async () => {
    const bound = new AbortController();
    const timer = clock.after(TAKE_MS_MAX, () => bound.abort());
    try {
      const { signal } = bound;
      const work = takePicture(page, {
        ...{ redactor, signal, clock, format: "jpeg" },
        quality: JPEG_QUALITY,
      });
      const jpeg = await Promise.race([work, pause(clock, TAKE_MS_MAX).then(() => undefined)]);
      if (jpeg !== undefined) options.onPicture(jpeg, clock.monotonicMs());
    } catch {
      // The picture before it stands for it: what is not safe is not shown.
    } finally {
      timer.cancel();
    }
  };
  const takeDuring = async <T>(act: () => Promise<T>): Promise<T> => {
    const over = new AbortController();
    const taking = (async () => {
      while (!over.signal.aborted) {
        await take();
        await pause(clock, EVERY_MS, over.signal).catch(() => undefined);
      }
    })();
    try {
      return await act();
    } finally {
      over.abort();
      await taking;
    }
  };
  return { take, takeDuring };
}
