/**
 * Looks at files again and again, by their size, times and inode: no watcher of the system misses less (editors replace
 * files, folders come by network), and what it may cost is bounded: a tenth of the time.
 */
import { statSync } from "node:fs";
import { type Clock, pause } from "#shared/clock.ts";
import type { Changes } from "../choice/affected.ts";

/** What was seen of each path; `gone` where nothing is. */
export type Look = ReadonlyMap<string, string>;

const GONE = "gone";
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;
/** The pause after a look is so many times as long as the look. */
const REST_FACTOR = 9;
/** A burst of changes is over when two looks are the same, or after so long. */
const SETTLE_MS_MAX = 2_000;
const SETTLE_PAUSE_MS = 50;

/** Looks once. */
export function lookAt(paths: Iterable<string>): Look {
  return new Map([...paths].map((path) => [path, signatureOf(path)]));
}

function signatureOf(path: string): string {
  try {
    const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
    return `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
  } catch {
    // Not there, or not to be seen: it counts as changed when it is again.
    return GONE;
  }
}

/** What is different now: paths that only one of both looks knows count, too. */
export function changesBetween(before: Look, now: Look): Changes {
  const changes = new Map<string, string>();
  for (const [path, seen] of now) {
    const known = before.get(path);
    if (known === seen) continue;
    const isNew = known === undefined || known === GONE;
    changes.set(path, seen === GONE ? "removed" : isNew ? "new" : "changed");
  }
  for (const [path, seen] of before)
    if (!now.has(path) && seen !== GONE) changes.set(path, "removed");
  return changes;
}

export type Awaiting = {
  readonly clock: Clock;
  /** Looks again, at whatever is there now. */
  readonly look: () => Look;
  readonly signal: AbortSignal;
};

/** Resolves with what has changed since `before`, once that has settled. @throws The signal's reason when it is aborted. */
export async function waitForChanges(before: Look, awaiting: Awaiting): Promise<Changes> {
  const { clock, look, signal } = awaiting;
  for (;;) {
    const startMs = clock.monotonicMs();
    const now = look();
    if (changesBetween(before, now).size > 0)
      return changesBetween(before, await settle(now, awaiting));
    const restMs = (clock.monotonicMs() - startMs) * REST_FACTOR;
    await pause(clock, Math.min(PAUSE_MS_MAX, Math.max(PAUSE_MS_MIN, restMs)), signal);
  }
}

async function settle(first: Look, { clock, look, signal }: Awaiting): Promise<Look> {
  const untilMs = clock.monotonicMs() + SETTLE_MS_MAX;
  for (let last = first; ; ) {
    await pause(clock, SETTLE_PAUSE_MS, signal);
    const now = look();
    if (changesBetween(last, now).size === 0 || clock.monotonicMs() > untilMs) return now;
    last = now;
  }
}
