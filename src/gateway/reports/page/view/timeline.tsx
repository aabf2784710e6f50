/** The timeline of slots: who ran what when. By mouse, by keyboard (arrows and Enter), and as a table. */
import { useMemo, useRef, useState } from "preact/hooks";
import { countText, durationText, numberText } from "../../html/quantities.ts";
import type { Bar, Lane, Timeline } from "../data/lanes.ts";
import { usePage } from "./page-context.ts";
import { barUnder, type Frame, frameOf, spotOf } from "./timeline-draw.ts";
import { useDrawing, useWidth } from "./use-drawing.ts";

const STATUSES = ["passed", "failed", "lost", "cancelled", "running"] as const;

export function TimelineView() {
  const { book } = usePage();
  const timeline = book.timeline();
  const legend = STATUSES.filter((status) =>
    timeline.bars.some((bar) => bar.attempt.status === status),
  );
  return (
    <section class="list-view">
      <h2>Timeline</h2>
      <p class="note">
        {countText(timeline.bars.length, "attempt")} on {countText(timeline.lanes.length, "slot")}
        {timeline.lanes.some(({ isTold }) => !isTold) &&
          ", laid where there was room: the report tells no slots"}
        {timeline.timelessCount > 0 && `; ${timeline.timelessCount} without a start are not shown`}.
      </p>
      <ul class="legend">
        {legend.map((status) => (
          <li key={status}>
            <span class={`swatch is-${status}`} aria-hidden="true" /> {status}
          </li>
        ))}
      </ul>
      {timeline.bars.length > 0 && <Canvas timeline={timeline} />}
      <LaneTable timeline={timeline} />
    </section>
  );
}

function Canvas({ timeline }: { timeline: Timeline }) {
  const { change } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [chosen, choose] = useState<Bar>();
  const width = useWidth(box);
  const frame = useMemo(() => frameOf(timeline, width), [timeline, width]);
  useDrawing({ canvas, timeline, frame, chosen });
  const under = (event: MouseEvent) =>
    barUnder({ x: event.offsetX, y: event.offsetY }, { timeline, frame });
  const open = (bar: Bar | undefined) => {
    if (bar !== undefined) change({ test: bar.row.test.key }, true);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") return open(chosen);
    if (event.key === "Escape") return choose(undefined);
    const next = moved(timeline, chosen, event.key);
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  };
  const index = chosen === undefined ? 0 : timeline.bars.indexOf(chosen) + 1;
  return (
    <div
      class="timeline"
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label="Attempts by start; arrow keys walk through them, Enter opens the test"
      aria-valuemin={0}
      aria-valuemax={timeline.bars.length}
      aria-valuenow={index}
      aria-valuetext={chosen === undefined ? "none chosen" : barText(chosen).join(", ")}
      onKeyDown={press}
    >
      <canvas
        ref={canvas}
        style={{ width: `${frame.width}px`, height: `${frame.height}px` }}
        onMouseMove={(event) => choose(under(event))}
        onMouseLeave={() => choose(undefined)}
        onClick={(event) => open(under(event))}
      />
      {chosen !== undefined && <Words bar={chosen} timeline={timeline} frame={frame} />}
    </div>
  );
}

/** By time with left and right; up and down to the neighbouring slot that did anything. */
function moved(timeline: Timeline, chosen: Bar | undefined, key: string): Bar | undefined {
  const { bars } = timeline;
  if (chosen === undefined) return /^(Arrow|Home|End)/.test(key) ? bars[0] : undefined;
  const index = bars.indexOf(chosen);
  switch (key) {
    case "Home":
      return bars[0];
    case "End":
      return bars.at(-1);
    case "ArrowRight":
      return bars[index + 1] ?? chosen;
    case "ArrowLeft":
      return bars[index - 1] ?? chosen;
    case "ArrowDown":
      return inLane(timeline.lanes, chosen) ?? chosen;
    case "ArrowUp":
      return inLane(timeline.lanes.toReversed(), chosen) ?? chosen;
    default:
      return undefined;
  }
}

/** What the next lane in this order with anything in it did at the time of the chosen bar. */
function inLane(lanes: readonly Lane[], chosen: Bar): Bar | undefined {
  const own = lanes.findIndex((lane) => lane.bars.includes(chosen));
  const next = lanes.slice(own + 1).find((lane) => lane.bars.length > 0);
  return next?.bars.findLast((bar) => bar.startMs <= chosen.startMs) ?? next?.bars[0];
}

function barText({ row, attempt, startMs, endMs }: Bar): string[] {
  const slot = attempt.slot === undefined ? "" : ` slot ${attempt.slot + 1}`;
  const late = attempt.isLate ? ", late" : "";
  return [
    row.label,
    `attempt ${attempt.number} ${attempt.status}${late}`,
    `${attempt.node}${slot}`,
    `${durationText(Math.max(0, startMs))} to ${durationText(endMs)} (${durationText(endMs - startMs)})`,
  ];
}

function Words({ bar, timeline, frame }: { bar: Bar; timeline: Timeline; frame: Frame }) {
  const { x, y } = spotOf(bar, { timeline, frame });
  const [name, ...more] = barText(bar);
  const isRight = x > frame.width / 2;
  const place = isRight ? { right: `${frame.width - x}px` } : { left: `${x}px` };
  return (
    <div class="words" style={{ top: `${y + 4}px`, ...place }} aria-hidden="true">
      <b>{name}</b>
      {more.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}

/** The same in figures, for those who do not see the picture. */
function LaneTable({ timeline }: { timeline: Timeline }) {
  const spanMs = timeline.toMs - timeline.fromMs;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen
    <section class="table-box" tabIndex={0} aria-label="Slots" data-scrolls>
      <table>
        <caption class="unseen">What each slot did</caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Slot</th>
            <th scope="col">Attempts</th>
            <th scope="col">Failed</th>
            <th scope="col">Lost</th>
            <th scope="col">Busy</th>
            <th scope="col">Busy share</th>
          </tr>
        </thead>
        <tbody>
          {timeline.lanes.map((lane) => (
            <tr key={`${lane.node} ${lane.slot}`}>
              <th scope="row">{lane.node}</th>
              <td>{lane.slot + 1}</td>
              <td>{numberText(lane.bars.length)}</td>
              <td>{countOf(lane, "failed")}</td>
              <td>{countOf(lane, "lost")}</td>
              <td>{durationText(lane.busyMs)}</td>
              <td>{Math.min(100, Math.round((100 * lane.busyMs) / spanMs))} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function countOf(lane: Lane, status: string): number {
  return lane.bars.filter(({ attempt }) => attempt.status === status).length;
}
