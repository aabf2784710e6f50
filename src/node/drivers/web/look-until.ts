/** Looks at a page again and again, until what is seen will do or the step's bound is reached. */
import { pause } from "#shared/clock.ts";
import { untilAborted } from "../guard.ts";
import type { Scene } from "./scene.ts";

/** Pauses between looks; the last one repeats. */
const PAUSES_MS = [20, 50, 100];

export type Look<T> = {
  /** One look, without waiting; it may be broken off by the step's signal. */
  readonly look: () => Promise<T>;
  readonly isMet: (seen: T) => boolean;
  /** False: one look decides. Default: true. */
  readonly isRetried?: boolean;
  /** Milliseconds between looks; default: short at first, then 100. */
  readonly pauseMs?: number;
};

/** What was seen last, and how long it took; `seen` is undefined when no look came to its end. */
export type Looked<T> = { readonly seen: T | undefined; readonly tookMs: number };

/** @throws What a look throws. */
export async function lookUntil<T>(scene: Scene, options: Look<T>): Promise<Looked<T>> {
  const { clock, signal, context } = scene;
  const startMs = clock.monotonicMs();
  let seen: T | undefined;
  for (let count = 0; ; count += 1) {
    seen = (await orEnded(options.look(), signal)) ?? seen;
    const tookMs = clock.monotonicMs() - startMs;
    const isOver = signal.aborted || tookMs >= context.timeoutMs || options.isRetried === false;
    if (isOver || (seen !== undefined && options.isMet(seen))) return { seen, tookMs };
    const leftMs = Math.max(1, context.timeoutMs - tookMs);
    await orEnded(
      pause(clock, Math.min(leftMs, options.pauseMs ?? pauseMs(count)), signal),
      signal,
    );
  }
}

function pauseMs(count: number): number {
  return PAUSES_MS[Math.min(count, PAUSES_MS.length - 1)] ?? 100;
}

/** The result of `work`, or undefined when the signal ended it first. */
export async function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const ended = new Error("ended");
  try {
    return await untilAborted(work, signal, () => ended);
  } catch (thrown) {
    if (thrown === ended) return undefined;
    throw thrown;
  }
}
