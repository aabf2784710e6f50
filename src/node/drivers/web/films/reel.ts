/**
 * The pictures of a page in the order of time, on disk, which all films of an attempt are cut from. Bounded: when it grows
 * too large every second picture goes, and from then on they are taken half as often (`intervalMs`).
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export type ReelPicture = {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly path: string;
};

/** From and until when a film shows the page, monotonic milliseconds. */
export type FilmSpan = { readonly fromMs: number; readonly toMs: number };

export type Reel = {
  /** Keeps a JPEG picture; one that comes sooner than `intervalMs` takes the place of the one before. */
  readonly add: (jpeg: Uint8Array, atMs: number) => void;
  /** What was to be seen in a span: first the picture that stood when it began. Waits for what is being written. */
  readonly cut: (span: FilmSpan) => Promise<readonly ReelPicture[]>;
  /** Resolves when nothing is being written any more. */
  readonly settled: () => Promise<void>;
  /** The least time between two pictures, by now. */
  readonly intervalMs: () => number;
};

export type ReelOptions = {
  /** An existing folder, for this reel alone. */
  readonly folder: string;
  readonly intervalMs: number;
  readonly bytesMax: number;
  readonly picturesMax: number;
  /** A picture could not be written: the disk is full, the folder is gone. */
  readonly onFault: (thrown: unknown) => void;
};

type Kept = ReelPicture & { readonly bytes: number };

/** What is not on disk yet may not be more than this: a slow disk costs pictures, not memory. */
const UNWRITTEN_BYTES_MAX = 32 * 1024 * 1024;

/** Makes an empty reel. */
export function createReel(options: ReelOptions): Reel {
  let kept: Kept[] = [];
  let { intervalMs } = options;
  let taken = 0;
  let keptBytes = 0;
  let unwrittenBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const queue = (act: () => Promise<void>) => {
    writing = writing.then(act).catch(options.onFault);
  };
  const drop = (pictures: readonly Kept[]) => {
    for (const { path, bytes } of pictures) {
      keptBytes -= bytes;
      queue(() => rm(path, { force: true }));
    }
  };
  const thinOut = () => {
    drop(kept.filter((_, index) => index % 2 === 1));
    kept = kept.filter((_, index) => index % 2 === 0);
    intervalMs *= 2;
  };
  const add = (jpeg: Uint8Array, atMs: number) => {
    if (unwrittenBytes > UNWRITTEN_BYTES_MAX) return;
    const before = kept.at(-1);
    const isSoon = before !== undefined && slotOf(before.atMs) === slotOf(atMs);
    // The first picture of a film may be the only one: it is not moved.
    if (isSoon && kept.length > 1) drop(kept.splice(-1));
    taken += 1;
    const path = join(options.folder, `${taken}.jpg`);
    kept.push({ atMs: Math.max(atMs, before?.atMs ?? atMs), path, bytes: jpeg.length });
    keptBytes += jpeg.length;
    unwrittenBytes += jpeg.length;
    queue(async () => {
      unwrittenBytes -= jpeg.length;
      await writeFile(path, jpeg);
    });
    if (keptBytes > options.bytesMax || kept.length > options.picturesMax) thinOut();
  };
  const slotOf = (atMs: number) => Math.floor(atMs / intervalMs);
  const cut = async ({ fromMs, toMs }: FilmSpan) => {
    await writing;
    const first = Math.max(
      0,
      kept.findLastIndex((picture) => picture.atMs <= fromMs),
    );
    return kept.slice(first).filter((picture, index) => index === 0 || picture.atMs < toMs);
  };
  return { add, cut, settled: () => writing, intervalMs: () => intervalMs };
}
