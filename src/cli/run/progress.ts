/** Shows a run as it happens: one live line in a terminal, a plain line for each finished test otherwise. */
import type { RunNotice } from "#proto/api.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { Stream } from "../terminal.ts";
import { liveText, type TestEnded, testLines } from "./progress-text.ts";

export type Progress = {
  readonly notice: (notice: RunNotice) => void;
  /** A line among the others. */
  readonly line: (text: string) => void;
  /** Keys of the tests whose end was shown. */
  readonly shown: () => ReadonlySet<string>;
  /** Removes the live line. */
  readonly close: () => void;
};

const REDRAW_MS = 200;
const CLEAR_LINE = "\r\u001b[2K";

/** Starts showing a run of `planned` tests on a stream. */
export function createProgress(stream: Stream, clock: Clock, planned: number): Progress {
  const startedMs = clock.monotonicMs();
  const running = new Set<number>();
  const shown = new Set<string>();
  const counts = { finished: 0, failed: 0, lost: 0 };
  let timer: Timer | undefined;

  const draw = () => {
    if (!stream.isTerminal) return;
    const elapsedMs = clock.monotonicMs() - startedMs;
    const text = liveText({ ...counts, planned, running: running.size, elapsedMs });
    stream.write(`${CLEAR_LINE}${text.slice(0, Math.max(10, stream.columns() - 1))}`);
    timer?.cancel();
    timer = clock.after(REDRAW_MS, draw);
  };
  const line = (...lines: string[]) => {
    stream.write(`${stream.isTerminal ? CLEAR_LINE : ""}${lines.join("\n")}\n`);
    draw();
  };
  const testEnded = (ended: TestEnded) => {
    running.delete(ended.testIndex);
    if (shown.has(ended.key)) return;
    shown.add(ended.key);
    counts.finished += 1;
    if (ended.verdict === "failed") counts.failed += 1;
    if (ended.verdict === "lost") counts.lost += 1;
    // In a terminal the line above says that a test passed; only what a person must look at stays on the screen.
    if (!stream.isTerminal || ended.verdict !== "passed") line(...testLines(ended));
  };
  const notice = (note: RunNotice) => {
    switch (note.kind) {
      case "test_started":
        running.add(note.testIndex);
        return;
      case "attempt_ended":
        running.delete(note.testIndex);
        if (note.willRunAgain) line(againText(note));
        return;
      case "test_ended":
        return testEnded(note);
      case "waiting":
        return line(`waiting  ${note.reason}`);
      case "run_ended":
        return;
    }
  };
  draw();
  return {
    notice,
    line,
    shown: () => shown,
    close: () => {
      timer?.cancel();
      if (stream.isTerminal) stream.write(CLEAR_LINE);
    },
  };
}

function againText(ended: Extract<RunNotice, { readonly kind: "attempt_ended" }>): string {
  const why = ended.error === undefined ? "" : `: ${ended.error.split("\n")[0]}`;
  return `again    ${ended.key}  attempt ${ended.attempt} ${ended.status} on ${ended.node}${why}`;
}
