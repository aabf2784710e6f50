/** Shows a run as it happens: a live view in a terminal, plain lines otherwise; what it says is decided by pure files. */
import type { RunNotice } from "#proto/api.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { Line } from "../screen/line.ts";
import { createLiveScreen } from "../screen/live-screen.ts";
import { occupyTerminal, type Stream } from "../terminal.ts";
import { renderFrame } from "./live-frame.ts";
import { foldNotice, type LiveState, startLiveState } from "./live-state.ts";
import { noticeLines, type Telling, type Verbosity } from "./notice-lines.ts";

export type ProgressOptions = {
  readonly stream: Stream;
  readonly clock: Clock;
  /** Tests of the run. */
  readonly planned: number;
  readonly verbosity: Verbosity;
};

export type Progress = {
  readonly notice: (notice: RunNotice) => void;
  /** A line among the others, whatever the verbosity. */
  readonly line: (line: Line) => void;
  /** The gateway was lost, or is back. */
  readonly contact: (isLost: boolean, reason: string) => void;
  /** What is done now that no test runs any more. */
  readonly phase: (note: string) => void;
  /** Keys of the tests whose end was heard. */
  readonly heard: () => ReadonlySet<string>;
  /** Removes the live view; may be called again. */
  readonly close: () => void;
};

/** So many tests that were lost for one reason before they ran anywhere are shown; the others are counted. */
const SAME_LOSSES_MAX = 5;

/** Starts showing a run on a stream. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, clock, planned, verbosity } = options;
  const isLive = stream.isLive && verbosity !== "quiet";
  const telling: Telling = { verbosity, isLive };
  const heard = new Set<string>();
  const losses = createLossCounter(telling);
  let state = startLiveState(planned, clock.monotonicMs());
  const view = isLive ? openView(options, () => state) : undefined;

  const print = (lines: readonly Line[]) => {
    if (lines.length > 0) view === undefined ? stream.print(lines) : view.print(lines);
  };
  const notice = (note: RunNotice) => {
    if (note.kind === "test_ended" && heard.has(note.key)) return;
    if (note.kind === "test_ended") heard.add(note.key);
    const before = state;
    state = foldNotice(state, note, clock.monotonicMs());
    const isRepeated = note.kind === "test_started" && state === before;
    if (!isRepeated && !losses.isOneOfMany(note)) print(noticeLines(note, telling));
    view?.refresh();
  };
  const phase = (note: string) => {
    state = { ...state, note };
    view?.refresh();
  };
  const contact = (isLost: boolean, reason: string) => {
    state = { ...state, note: isLost ? "gateway lost" : undefined };
    if (verbosity !== "quiet") print([[isLost ? `gateway lost: ${reason}` : "gateway is back"]]);
    view?.refresh();
  };
  return {
    notice,
    line: (line) => print([line]),
    contact,
    phase,
    heard: () => heard,
    close: () => {
      print(losses.restLines());
      view?.close();
    },
  };
}

/** A cancelled run of thousands must not push the failures off the screen. */
function createLossCounter({ verbosity }: Telling) {
  const counts = new Map<string, number>();
  return {
    isOneOfMany: (note: RunNotice): boolean => {
      if (verbosity === "verbose") return false;
      if (note.kind !== "test_ended" || note.verdict !== "lost") return false;
      if (note.node !== undefined || note.reason === undefined) return false;
      const count = (counts.get(note.reason) ?? 0) + 1;
      counts.set(note.reason, count);
      return count > SAME_LOSSES_MAX;
    },
    /** What was counted and not shown; once. */
    restLines: (): Line[] => {
      const rest = [...counts].filter(([, count]) => count > SAME_LOSSES_MAX);
      counts.clear();
      return rest.map(([reason, count]) => [
        { text: "lost   ", style: "lost" },
        `  … and ${count - SAME_LOSSES_MAX} more: ${reason}`,
      ]);
    },
  };
}

type View = {
  readonly print: (lines: readonly Line[]) => void;
  /** Something has changed: it is drawn soon. */
  readonly refresh: () => void;
  readonly close: () => void;
};

const REDRAW_MS = 200;
/** So that a burst of notices costs a few frames, not one each. */
const REFRESH_MS_MIN = 80;

function openView({ stream, clock }: ProgressOptions, state: () => LiveState): View {
  const screen = createLiveScreen(stream);
  const release = occupyTerminal(screen);
  let timer: Timer | undefined;
  let drawnMs = Number.NEGATIVE_INFINITY;

  const draw = () => {
    drawnMs = clock.monotonicMs();
    screen.draw(renderFrame(state(), stream.size(), drawnMs));
    schedule(REDRAW_MS);
  };
  const schedule = (delayMs: number) => {
    timer?.cancel();
    timer = clock.after(delayMs, draw);
  };
  const refresh = () => {
    const sinceMs = clock.monotonicMs() - drawnMs;
    if (sinceMs >= REFRESH_MS_MIN) draw();
    else schedule(REFRESH_MS_MIN - sinceMs);
  };
  const unwatch = stream.onResize(draw);
  draw();
  return {
    print: screen.print,
    refresh,
    close: () => {
      timer?.cancel();
      unwatch();
      screen.leave();
      release();
    },
  };
}
