/**
 * Time that only a test moves. Timers come due in order of time, then of making, so a run is the same each time.
 * A party (one simulated process) has a clock of its own over the shared time, which can be frozen or killed.
 */
import type { Clock, Timer } from "#shared/clock.ts";

export type PartyClock = Clock & {
  /** As SIGSTOP: timers that come due wait until the thaw. Time itself goes on. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** As SIGKILL: nothing of it ever comes due again. */
  readonly kill: () => void;
  readonly state: () => "running" | "frozen" | "killed";
};

export type HandClock = Clock & {
  /** Moves time by `ms`, running what comes due on the way; promises are not waited for. */
  readonly advance: (ms: number) => void;
  /** The same, letting all promises settle before, between and after. */
  readonly run: (ms: number) => Promise<void>;
  /** Goes to the next timer and runs it; false when there is none. */
  readonly runNext: () => boolean;
  /** When the next timer is due on `monotonicMs`; undefined when there is none. */
  readonly nextAtMs: () => number | undefined;
  /** A clock of one simulated process; `skewMs` is what its machine's wall clock is ahead, default 0. */
  readonly party: (skewMs?: () => number) => PartyClock;
};

type Entry = { readonly atMs: number; readonly order: number; readonly act: () => void };

export function createHandClock(startWallMs = 1_700_000_000_000): HandClock {
  const timers = createTimerQueue();
  let nowMs = 0;
  const monotonicMs = () => nowMs;
  const wallMs = () => startWallMs + nowMs;
  const after = (delayMs: number, act: () => void): Timer =>
    timers.add(nowMs + Math.max(0, delayMs), act);

  const runNext = (untilMs = Number.POSITIVE_INFINITY): boolean => {
    const entry = timers.takeNext(untilMs);
    if (entry === undefined) return false;
    nowMs = Math.max(nowMs, entry.atMs);
    entry.act();
    return true;
  };
  const advance = (ms: number) => {
    const untilMs = nowMs + ms;
    while (runNext(untilMs));
    nowMs = untilMs;
  };
  const run = async (ms: number) => {
    const untilMs = nowMs + ms;
    await settle();
    while (runNext(untilMs)) await settle();
    nowMs = untilMs;
  };
  const base: Clock = { monotonicMs, wallMs, after };
  return {
    ...base,
    advance,
    run,
    runNext: () => runNext(),
    nextAtMs: timers.nextAtMs,
    party: (skewMs = () => 0) => createPartyClock(base, skewMs),
  };
}

/** Lets every promise that can settle without time settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function createPartyClock(shared: Clock, skewMs: () => number): PartyClock {
  let state: "running" | "frozen" | "killed" = "running";
  let waiting: (() => void)[] = [];
  const come = (act: () => void) => {
    if (state === "killed") return;
    if (state === "frozen") waiting.push(act);
    else act();
  };
  const after = (delayMs: number, act: () => void): Timer => {
    let isCancelled = false;
    const timer = shared.after(delayMs, () => come(() => void (isCancelled || act())));
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  };
  return {
    wallMs: () => shared.wallMs() + skewMs(),
    monotonicMs: shared.monotonicMs,
    after,
    freeze: () => {
      if (state === "running") state = "frozen";
    },
    thaw: () => {
      if (state !== "frozen") return;
      state = "running";
      const due = waiting;
      waiting = [];
      // One timer each: a party that is frozen or killed by one of them keeps or loses the rest.
      for (const act of due) shared.after(0, () => come(act));
    },
    kill: () => {
      state = "killed";
      waiting = [];
    },
    state: () => state,
  };
}

/** A binary heap by time, then order of making; cancelled entries are skipped when they surface. */
function createTimerQueue() {
  const heap: (Entry & { isCancelled: boolean })[] = [];
  let order = 0;
  const isBefore = (a: Entry, b: Entry) =>
    a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]];
    if (a === undefined || b === undefined) return;
    heap[i] = b;
    heap[j] = a;
  };
  const isLess = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]];
    return a !== undefined && b !== undefined && isBefore(a, b);
  };
  const rise = (from: number) => {
    for (let i = from, up = (i - 1) >> 1; i > 0 && isLess(i, up); i = up, up = (i - 1) >> 1)
      swap(i, up);
  };
  const sink = (from: number) => {
    for (let i = from; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const least = isLess(right, left) ? right : left;
      if (!isLess(least, i)) return;
      swap(i, least);
      i = least;
    }
  };
  const pop = () => {
    swap(0, heap.length - 1);
    const entry = heap.pop();
    sink(0);
    return entry;
  };
  const dropCancelled = () => {
    while (heap[0]?.isCancelled === true) pop();
  };
  return {
    add: (atMs: number, act: () => void): Timer => {
      const entry = { atMs, order: order++, act, isCancelled: false };
      heap.push(entry);
      rise(heap.length - 1);
      const cancel = () => {
        entry.isCancelled = true;
      };
      return { cancel };
    },
    takeNext: (untilMs: number): Entry | undefined => {
      dropCancelled();
      const first = heap[0];
      return first === undefined || first.atMs > untilMs ? undefined : pop();
    },
    nextAtMs: (): number | undefined => {
      dropCancelled();
      return heap[0]?.atMs;
    },
  };
}
