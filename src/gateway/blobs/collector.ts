/**
 * Collects blobs that no run names, when they are old: of runs that were never made, of events that were refused, of
 * artifacts over a cap; and parts of uploads that nobody goes on with. In the background, a few files at a time.
 *
 * A blob may be here before anything names it: an artifact's event and a run's commit come after its bytes. So (B4) only
 * what is old goes; whoever is told that a blob is here makes it young; and the last look (does a committed run name it,
 * does somebody hold it, is it old) and the removal are one turn in which nothing else happens.
 */
import { join } from "node:path";
import { Sha256 } from "#proto/ids.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import type { BlobStore } from "./blob-store.ts";
import { namesIn, statIfThere } from "./files.ts";

export type CollectorOptions = {
  readonly dir: string;
  readonly blobs: Pick<BlobStore, "removeOld" | "sweepParts">;
  /** Whether a committed run names it; asked within a turn. */
  readonly isNamed: (sha256: Sha256) => boolean;
  /** Runs `act` when nothing that was decided waits to be committed; resolves after it. */
  readonly inTurn: (act: () => void) => Promise<void>;
  /** Forgets a blob whose file is gone. */
  readonly forget: (sha256: Sha256) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** How old is old, milliseconds. */
  readonly graceMs: number;
  /** Between two looks, milliseconds. */
  readonly everyMs: number;
};

export type Collector = {
  /** Looks once; returns how many blobs and parts are gone. */
  readonly collect: () => Promise<number>;
  /** Looks now and every `everyMs`, until `stop`. */
  readonly start: () => void;
  readonly stop: () => void;
};

/** So many files are looked at before others have their turn. */
const FILES_AT_ONCE = 100;
const REST_MS = 20;

export function createCollector(options: CollectorOptions): Collector {
  const { clock, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    for (;;) {
      const count = await collect(options, signal).catch((thrown: unknown) => {
        if (!signal.aborted)
          log.warn("Cannot collect blobs: tried again later", { reason: messageOf(thrown) });
        return 0;
      });
      if (count > 0) log.info("Blobs that no run names were collected", { count });
      await pause(clock, options.everyMs, signal);
    }
  };
  return {
    collect: () => collect(options, signal),
    // It ends by being stopped only, and says so by throwing the stop.
    start: () => void run().catch(() => undefined),
    stop: () => stopping.abort(new Error("the gateway stops")),
  };
}

async function collect(options: CollectorOptions, signal: AbortSignal): Promise<number> {
  const { dir, blobs, clock, graceMs } = options;
  let count = await blobs.sweepParts(graceMs);
  let looked = 0;
  for (const folder of await namesIn(dir)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of await namesIn(join(dir, folder))) {
      looked += 1;
      if (looked % FILES_AT_ONCE === 0) await pause(clock, REST_MS, signal);
      const sha256 = Sha256.safeParse(name);
      if (!sha256.success || !(await isOld(options, join(dir, folder, name)))) continue;
      if (await removeUnnamed(options, sha256.data)) count += 1;
    }
  }
  return count;
}

async function isOld({ clock, graceMs }: CollectorOptions, path: string): Promise<boolean> {
  const found = await statIfThere(path);
  return found !== undefined && found.mtimeMs <= clock.wallMs() - graceMs;
}

async function removeUnnamed(options: CollectorOptions, sha256: Sha256): Promise<boolean> {
  // Most old blobs are named: they cost no turn.
  if (options.isNamed(sha256)) return false;
  let isGone = false;
  let fault: unknown;
  await options.inTurn(() => {
    try {
      isGone = !options.isNamed(sha256) && options.blobs.removeOld(sha256, options.graceMs);
    } catch (thrown) {
      // A file that cannot be removed is told below: within a turn it would end the gateway.
      fault = thrown;
    }
  });
  if (fault !== undefined) throw fault;
  if (isGone) await options.forget(sha256);
  return isGone;
}
