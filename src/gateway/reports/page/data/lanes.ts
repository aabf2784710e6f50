/** P: who ran what when: one lane for each slot of each node. */
import type { PageAttempt } from "../../packed/unpack.ts";
import type { TestRow } from "./rows.ts";

export type Bar = {
  readonly row: TestRow;
  readonly attempt: PageAttempt;
  readonly startMs: number;
  readonly endMs: number;
};

export type Lane = {
  readonly node: string;
  /** 0-based. */
  readonly slot: number;
  /** Whether the report tells slots; else bars are laid where there is room. */
  readonly isTold: boolean;
  /** By start. */
  readonly bars: readonly Bar[];
  readonly busyMs: number;
};

export type Timeline = {
  readonly lanes: readonly Lane[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Every bar by start: the order in which the keyboard walks. */
  readonly bars: readonly Bar[];
  /** Attempts of which the report tells no start, or one far outside of the run. */
  readonly timelessCount: number;
  /** Tests without any attempt: they are in no lane. */
  readonly unstarted: readonly TestRow[];
};

export type NodeSlots = { readonly name: string; readonly slots: number };

/** Free slots are shown too, up to so many of a node: that a machine stood idle is worth seeing. */
const IDLE_SLOTS_MAX = 32;
/** More than any node has: a greater number is not believed. */
const SLOTS_MAX = 1_024;

/** One clock that is far off must not squeeze the whole run into a pixel. */
const SLACK_MS_MIN = 60_000;

/** Lays out every attempt of a run. */
export function layTimeline(
  rows: readonly TestRow[],
  nodes: readonly NodeSlots[],
  durationMs: number,
): Timeline {
  const slackMs = Math.max(SLACK_MS_MIN, durationMs);
  const attempts = rows.flatMap((row) => row.test.attempts.map((attempt) => ({ row, attempt })));
  const bars = attempts
    .flatMap(({ row, attempt }): Bar[] => {
      const { startMs } = attempt;
      return startMs === undefined || startMs < -slackMs || startMs > durationMs + slackMs
        ? []
        : [{ row, attempt, startMs, endMs: startMs + attempt.durationMs }];
    })
    .sort((a, b) => a.startMs - b.startMs);
  const byNode = Map.groupBy(bars, ({ attempt }) => attempt.node);
  const known = nodes.map(({ name }) => name);
  const names = [...known, ...[...byNode.keys()].filter((name) => !known.includes(name))];
  return {
    lanes: names.flatMap((name) => {
      const slots = nodes.find((node) => node.name === name)?.slots ?? 0;
      return nodeLanes({ name, slots }, byNode.get(name) ?? []);
    }),
    fromMs: Math.min(0, bars[0]?.startMs ?? 0),
    toMs: bars.reduce((last, { endMs }) => Math.max(last, endMs), Math.max(1, durationMs)),
    bars,
    timelessCount: attempts.length - bars.length,
    unstarted: rows.filter(({ test }) => test.attempts.length === 0),
  };
}

function nodeLanes({ name, slots }: NodeSlots, bars: readonly Bar[]): Lane[] {
  const lanes: Bar[][] = Array.from({ length: Math.min(slots, IDLE_SLOTS_MAX) }, () => []);
  const isTold = bars.every(({ attempt }) => (attempt.slot ?? SLOTS_MAX) < SLOTS_MAX);
  for (const bar of bars) {
    const index = isTold ? (bar.attempt.slot ?? 0) : freeLane(lanes, bar);
    while (lanes.length <= index) lanes.push([]);
    lanes[index]?.push(bar);
  }
  return lanes.map((own, slot) => ({
    node: name,
    slot,
    isTold,
    bars: own,
    busyMs: own.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
  }));
}

/** Starts are told to the millisecond only. */
const OVERLAP_MS_MAX = 2;

function freeLane(lanes: readonly (readonly Bar[])[], bar: Bar): number {
  const free = lanes.findIndex(
    (own) => (own.at(-1)?.endMs ?? -Infinity) <= bar.startMs + OVERLAP_MS_MAX,
  );
  return free === -1 ? lanes.length : free;
}

/** The bar of a lane at a time, or the one nearest to it within `withinMs`. */
export function barAt(lane: Lane, timeMs: number, withinMs: number): Bar | undefined {
  let best: Bar | undefined;
  let bestMs = withinMs;
  for (const bar of lane.bars) {
    const awayMs = Math.max(bar.startMs - timeMs, timeMs - bar.endMs, 0);
    if (awayMs <= bestMs && (best === undefined || awayMs < bestMs)) {
      best = bar;
      bestMs = awayMs;
    }
  }
  return best;
}

/** Round times for an axis, at most `countMax` of them. */
export function axisTicks(fromMs: number, toMs: number, countMax: number): readonly number[] {
  const spanMs = toMs - fromMs;
  const steps = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3,
    900e3, 1800e3, 3600e3, 7200e3, 14400e3, 43200e3, 86400e3,
  ];
  const stepMs = steps.find((step) => spanMs / step <= countMax) ?? spanMs / countMax;
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  const count = Math.max(0, Math.floor((toMs - first) / stepMs) + 1);
  return Array.from(
    { length: Math.min(count, countMax + 1) },
    (_, index) => first + index * stepMs,
  );
}
