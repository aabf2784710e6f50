/**
 * The picture of the timeline. Mouse: point, click, drag to move, wheel with Ctrl to zoom. Keyboard: arrows walk from
 * attempt to attempt, Enter opens the test, + - 0 zoom.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { durationText } from "../../html/quantities.ts";
import {
  barUnder,
  broughtTo,
  type Frame,
  frameOf,
  moved,
  type Span,
  spotOf,
  timeAt,
  zoomed,
} from "../data/frame.ts";
import type { Bar, Lane, Timeline } from "../data/lanes.ts";
import { usePage } from "./page-context.ts";
import { useDrawing, useWidth } from "./use-drawing.ts";

const ZOOM = 0.5;
const DRAG_PX_MIN = 4;

export function TimelineCanvas({ timeline }: { timeline: Timeline }) {
  const { change } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [chosen, choose] = useState<Bar>();
  const [span, setSpan] = useState<Span>(timeline);
  const width = useWidth(box);
  const frame = useMemo(() => frameOf(timeline, width, span), [timeline, width, span]);
  useDrawing({ canvas, timeline, frame, chosen });
  const zoom = (factor: number, atMs = (span.fromMs + span.toMs) / 2) =>
    setSpan((old) => zoomed(old, factor, { atMs, whole: timeline }));
  useWheel(canvas, (factor, x) => zoom(factor, timeAt(x, frame)));
  const open = (bar: Bar | undefined) => {
    if (bar !== undefined) change({ test: bar.row.test.key }, true);
  };
  const pointing = usePointing({
    timeline,
    frame,
    choose,
    open,
    drag: (px) => setSpan((old) => moved(old, -px / frame.pxPerMs, timeline)),
  });
  const press = (event: KeyboardEvent) => {
    const factor = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM, "0": Number.POSITIVE_INFINITY }[
      event.key
    ];
    if (factor !== undefined) return zoom(factor, chosen?.startMs);
    if (event.key === "Enter") return open(chosen);
    if (event.key === "Escape") return choose(undefined);
    const next = nextBar(timeline, chosen, event.key);
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    setSpan((old) => broughtTo(old, next, timeline));
  };
  return (
    <div class="timeline-box">
      <ZoomButtons
        isWhole={span.toMs - span.fromMs >= timeline.toMs - timeline.fromMs}
        zoom={zoom}
      />
      <div
        class="timeline"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label="Attempts by start: arrow keys walk through them, Enter opens the test, plus and minus zoom"
        aria-valuemin={0}
        aria-valuemax={timeline.bars.length}
        aria-valuenow={chosen === undefined ? 0 : timeline.bars.indexOf(chosen) + 1}
        aria-valuetext={chosen === undefined ? "none chosen" : barText(chosen).join(", ")}
        onKeyDown={press}
      >
        <canvas
          ref={canvas}
          style={{ width: `${frame.width}px`, height: `${frame.height}px` }}
          {...pointing}
        />
        {chosen !== undefined && <Words bar={chosen} timeline={timeline} frame={frame} />}
      </div>
    </div>
  );
}

function ZoomButtons({ isWhole, zoom }: { isWhole: boolean; zoom: (factor: number) => void }) {
  return (
    <div class="zoom">
      <button type="button" class="quiet" onClick={() => zoom(ZOOM)}>
        Zoom in
      </button>
      <button type="button" class="quiet" disabled={isWhole} onClick={() => zoom(1 / ZOOM)}>
        Zoom out
      </button>
      <button
        type="button"
        class="quiet"
        disabled={isWhole}
        onClick={() => zoom(Number.POSITIVE_INFINITY)}
      >
        Whole run
      </button>
    </div>
  );
}

type Pointing = {
  readonly timeline: Timeline;
  readonly frame: Frame;
  readonly choose: (bar: Bar | undefined) => void;
  readonly open: (bar: Bar | undefined) => void;
  readonly drag: (px: number) => void;
};

/** A press that moves drags, one that does not opens. */
function usePointing({ timeline, frame, choose, open, drag }: Pointing) {
  const held = useRef<{ x: number; movedPx: number }>();
  const under = (event: MouseEvent) =>
    barUnder({ x: event.offsetX, y: event.offsetY }, { timeline, frame });
  return {
    onPointerDown: (event: PointerEvent) => {
      held.current = { x: event.clientX, movedPx: 0 };
    },
    onPointerMove: (event: PointerEvent) => {
      const hold = event.buttons === 0 ? undefined : held.current;
      if (hold === undefined) return choose(under(event));
      const px = event.clientX - hold.x;
      held.current = { x: event.clientX, movedPx: hold.movedPx + Math.abs(px) };
      drag(px);
    },
    onPointerLeave: () => choose(undefined),
    onClick: (event: MouseEvent) => {
      if ((held.current?.movedPx ?? 0) < DRAG_PX_MIN) open(under(event));
    },
  };
}

/** Not passive, so that the page itself is not zoomed. */
function useWheel(
  canvas: { readonly current: HTMLCanvasElement | null },
  zoom: (factor: number, x: number) => void,
): void {
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX);
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [canvas]);
}

/** By time with left and right; up and down to the neighbouring slot that did anything. */
function nextBar(timeline: Timeline, chosen: Bar | undefined, key: string): Bar | undefined {
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
