/**
 * P: the live view as lines: what runs on each node and for how long, and one line of progress below. Never taller than
 * half of the screen and never wider than it; what has no room is counted.
 */
import { cutLine } from "../screen/cut-line.ts";
import { cutToWidth, fitToWidth, widthOf } from "../screen/display-width.ts";
import { inertLine } from "../screen/inert-text.ts";
import type { Line, Span } from "../screen/line.ts";
import type { ScreenSize } from "../screen/live-screen.ts";
import { type Estimate, estimateLeft } from "./estimate.ts";
import { finishedCount, type LiveState, type RunningTest, recentPeak } from "./live-state.ts";

const ROWS_MAX = 24;
const NODE_COLUMNS_MAX = 16;
const KEY_COLUMNS_MIN = 12;
const BAR_COLUMNS = 20;
const BAR_FROM_COLUMNS = 70;

/** Draws what is known now; at least the line of progress, as long as there is a column for it. */
export function renderFrame(state: LiveState, size: ScreenSize, nowMs: number): Line[] {
  // The last column stays free: a terminal that has written there is about to wrap.
  const columns = size.columns - 1;
  if (columns < 1 || size.rows < 1) return [];
  const rows = Math.max(1, Math.min(Math.floor(size.rows / 2), size.rows - 1, ROWS_MAX));
  const lines = [...runningLines(state, { columns, rows: rows - 1 }, nowMs)];
  return [...lines, progressLine(state, columns, nowMs)].map((line) => cutLine(line, columns));
}

function runningLines(state: LiveState, room: ScreenSize, nowMs: number): Line[] {
  const all = [...state.running.values()].toSorted((a, b) => a.startedMs - b.startedMs);
  const fits = all.length <= room.rows ? all.length : Math.max(0, room.rows - 1);
  // Those that run longest are what a person waits for.
  const shown = all.slice(0, fits).toSorted(byNode);
  const nodeColumns = nodeColumnsOf(shown, room.columns);
  const lines = shown.map((test, index) => {
    const isFirst = shown[index - 1]?.node !== test.node;
    return runningLine(test, { isFirst, nodeColumns, columns: room.columns, nowMs });
  });
  const hidden = all.length - fits;
  if (hidden === 0 || room.rows === 0) return lines;
  return [...lines, [{ text: `  … and ${hidden} more running`, style: "dim" }]];
}

function byNode(a: RunningTest, b: RunningTest): number {
  return a.node.localeCompare(b.node, "en", { numeric: true }) || a.startedMs - b.startedMs;
}

/** 0 where there is no room for the names of nodes. */
function nodeColumnsOf(tests: readonly RunningTest[], columns: number): number {
  const widest = Math.max(0, ...tests.map(({ node }) => widthOf(inertLine(node))));
  const wanted = Math.min(widest, NODE_COLUMNS_MAX, Math.floor(columns / 4));
  return wanted >= 4 || wanted === widest ? wanted : 0;
}

type RowOptions = {
  /** Of its node's tests: the name stands there once. */
  readonly isFirst: boolean;
  readonly nodeColumns: number;
  readonly columns: number;
  readonly nowMs: number;
};

function runningLine(test: RunningTest, options: RowOptions): Line {
  const { columns, nodeColumns, nowMs, isFirst } = options;
  const took = tenthsText(nowMs - test.startedMs).padStart(6);
  const again = test.attempt > 1 ? `  attempt ${test.attempt}` : "";
  const node =
    nodeColumns === 0 ? "" : `${fitToWidth(isFirst ? inertLine(test.node) : "", nodeColumns)}  `;
  const room = columns - 2 - widthOf(node) - 2 - took.length - again.length;
  if (room < KEY_COLUMNS_MIN) return ["  ", cutToWidth(inertLine(test.key), columns - 2)];
  const end: Span = again === "" ? "" : { text: again, style: "warning" };
  return [
    "  ",
    { text: node, style: "strong" },
    fitToWidth(inertLine(test.key), room),
    { text: `  ${took}`, style: "dim" },
    end,
  ];
}

/** `[####        ] 12/70 · 2 failed · 1 lost · 3 running · 14s · ~1m20s left` */
function progressLine(state: LiveState, columns: number, nowMs: number): Line {
  const finished = finishedCount(state);
  const { ended, planned, running } = state;
  const parts: Line[] = [
    [{ text: `${finished}/${planned}`, style: "strong" }],
    ...(ended.failed > 0 ? [[{ text: `${ended.failed} failed`, style: "bad" } as const]] : []),
    ...(ended.lost > 0 ? [[{ text: `${ended.lost} lost`, style: "lost" } as const]] : []),
    ...(ended.flaky > 0 ? [[{ text: `${ended.flaky} flaky`, style: "warning" } as const]] : []),
    [`${running.size} running`],
    [secondsText(Math.max(0, nowMs - state.startedMs) / 1_000)],
    ...leftParts(state, nowMs),
  ];
  const bar = columns < BAR_FROM_COLUMNS ? [] : [barText(finished, planned)];
  return [...bar, ...parts.flatMap((part, index) => (index === 0 ? part : [" · ", ...part]))];
}

function leftParts(state: LiveState, nowMs: number): Line[] {
  if (state.note !== undefined) return [[{ text: state.note, style: "warning" }]];
  const text = leftText(estimateOf(state, nowMs));
  return text === "" ? [] : [[text]];
}

/** What the state says of the time that is left. */
export function estimateOf(state: LiveState, nowMs: number): Estimate {
  const runningMs = [...state.running.values()].map(({ startedMs }) => nowMs - startedMs);
  return estimateLeft({
    endedMs: state.tookMs,
    runningMs,
    waitingCount: Math.max(0, state.planned - finishedCount(state) - runningMs.length),
    slotCount: recentPeak(state, nowMs),
  });
}

/** `~1m20s left`, `estimating`, nothing. As coarse as it is unsure: whole seconds, then five, then minutes. */
export function leftText(estimate: Estimate): string {
  if (estimate.kind === "none") return "";
  if (estimate.kind === "estimating") return "estimating";
  const seconds = Math.max(1, Math.ceil(estimate.ms / 1_000));
  if (seconds < 60) return `~${seconds}s left`;
  if (seconds < 600) return `~${secondsText(Math.ceil(seconds / 5) * 5)} left`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `~${minutes}m left` : `~${Math.ceil(minutes / 60)}h left`;
}

/** `14s`, `2m05s` */
function secondsText(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}

/** `0.4s`, `59.9s`, `2m05s` */
function tenthsText(ms: number): string {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  return tenths < 600 ? `${(tenths / 10).toFixed(1)}s` : secondsText(tenths / 10);
}

function barText(finished: number, planned: number): string {
  const inner = BAR_COLUMNS - 2;
  const full = planned === 0 ? inner : Math.floor((Math.min(finished, planned) / planned) * inner);
  return `[${"#".repeat(full)}${" ".repeat(inner - full)}] `;
}
