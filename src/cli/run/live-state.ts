/**
 * P: what a follower of a run knows of it, folded from its notices: what runs where, what has ended, how long it took.
 * A start may be lost (the stream says so): what runs is what was heard to run.
 */
import type { RunNotice } from "#proto/api.ts";
import type { Verdict } from "#proto/report.ts";

export type RunningTest = {
  readonly key: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly node: string;
  readonly startedMs: number;
};

export type LiveState = {
  readonly planned: number;
  readonly startedMs: number;
  /** What keeps the run from going on, or what is done after it: said in place of an estimate. */
  readonly note: string | undefined;
  readonly ended: Readonly<Record<Verdict, number>>;
  /** By the test's index. */
  readonly running: ReadonlyMap<number, RunningTest>;
  /** Of tests that will run again: what their attempts took so far. */
  readonly spentMs: ReadonlyMap<number, number>;
  /** What the latest ended tests took, all attempts of each. */
  readonly tookMs: readonly number[];
  /** How many ran at once within the last `PEAK_MS`, oldest first. */
  readonly peaks: readonly Peak[];
};

/** Changes within `PEAK_STEP_MS` of the first are one: a thousand short tests a second change it twice as often. */
type Peak = {
  readonly atMs: number;
  /** At its end. */
  readonly count: number;
  /** At most, within it. */
  readonly most: number;
};

const TOOK_COUNT_MAX = 500;
const PEAK_MS = 10_000;
const PEAK_STEP_MS = 100;

/** A run of `planned` tests of which nothing is known yet. */
export function startLiveState(planned: number, nowMs: number): LiveState {
  return {
    planned,
    startedMs: nowMs,
    note: undefined,
    ended: { passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 },
    running: new Map(),
    spentMs: new Map(),
    tookMs: [],
    peaks: [],
  };
}

/** Takes one notice into account. */
export function foldNotice(state: LiveState, notice: RunNotice, nowMs: number): LiveState {
  switch (notice.kind) {
    case "test_started":
      return withStarted(state, notice, nowMs);
    case "attempt_ended": {
      // The start of the next attempt may be heard first: it has no number in the stream, this end has.
      if (state.running.get(notice.testIndex)?.attempt !== notice.attempt) return state;
      const spent = withSpent(state, notice.testIndex, nowMs);
      const next = notice.willRunAgain ? spent : state;
      return withRunning(next, without(state.running, notice.testIndex), nowMs);
    }
    case "test_ended": {
      const next = withRunning(state, without(state.running, notice.testIndex), nowMs);
      return withEnded(next, notice);
    }
    case "waiting":
    case "run_ended":
      return state;
  }
}

/** Tests that have a verdict. */
export function finishedCount({ ended }: LiveState): number {
  return Object.values(ended).reduce((sum, count) => sum + count, 0);
}

/** How many tests ran at once lately, at most. */
export function recentPeak(state: LiveState, nowMs: number): number {
  const before = state.peaks.findLast(({ atMs }) => atMs <= nowMs - PEAK_MS);
  const within = state.peaks.filter(({ atMs }) => atMs > nowMs - PEAK_MS);
  return Math.max(before?.count ?? 0, ...within.map(({ most }) => most));
}

type Of<K extends RunNotice["kind"]> = Extract<RunNotice, { readonly kind: K }>;

function withStarted(state: LiveState, started: Of<"test_started">, nowMs: number): LiveState {
  const { testIndex, key, attempt, node } = started;
  // Told again to who connects again.
  if ((state.running.get(testIndex)?.attempt ?? 0) >= attempt) return state;
  const before = state.running.has(testIndex) ? withSpent(state, testIndex, nowMs) : state;
  const running = new Map(state.running).set(testIndex, { key, attempt, node, startedMs: nowMs });
  return withRunning(before, running, nowMs);
}

/** Keeps what the attempt that ends now has taken, for a test that runs again. */
function withSpent(state: LiveState, testIndex: number, nowMs: number): LiveState {
  const startedMs = state.running.get(testIndex)?.startedMs ?? nowMs;
  const spentMs = (state.spentMs.get(testIndex) ?? 0) + nowMs - startedMs;
  return { ...state, spentMs: new Map(state.spentMs).set(testIndex, spentMs) };
}

function withEnded(state: LiveState, { testIndex, verdict, ...rest }: Of<"test_ended">): LiveState {
  const ended = { ...state.ended, [verdict]: state.ended[verdict] + 1 };
  const tookMs = (state.spentMs.get(testIndex) ?? 0) + rest.durationMs;
  // A test that never came to a node says nothing of how long tests take.
  const isMeasured = rest.node !== undefined && verdict !== "skipped";
  return {
    ...state,
    ended,
    spentMs: without(state.spentMs, testIndex),
    tookMs: isMeasured ? [...state.tookMs.slice(1 - TOOK_COUNT_MAX), tookMs] : state.tookMs,
  };
}

function withRunning(
  state: LiveState,
  running: ReadonlyMap<number, RunningTest>,
  nowMs: number,
): LiveState {
  const count = running.size;
  const last = state.peaks.at(-1);
  if (last?.count === count) return { ...state, running };
  if (last !== undefined && nowMs - last.atMs < PEAK_STEP_MS) {
    const merged = { atMs: last.atMs, count, most: Math.max(last.most, count) };
    return { ...state, running, peaks: state.peaks.with(-1, merged) };
  }
  const first = state.peaks.findLastIndex(({ atMs }) => atMs <= nowMs - PEAK_MS);
  const kept = state.peaks.slice(Math.max(0, first));
  return { ...state, running, peaks: [...kept, { atMs: nowMs, count, most: count }] };
}

function without<T>(map: ReadonlyMap<number, T>, key: number): ReadonlyMap<number, T> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
