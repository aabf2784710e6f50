/** P: times as places on the timeline's canvas: which part of the run is shown, how large, and what lies where. */
import { type Bar, barAt, type Timeline } from "./lanes.ts";

/** A part of the run, milliseconds after its start. */
export type Span = { readonly fromMs: number; readonly toMs: number };

export type Frame = Span & {
  readonly width: number;
  readonly height: number;
  /** Left of the bars, for names; 0 without. */
  readonly gutter: number;
  /** Above the bars, for times; 0 without. */
  readonly axis: number;
  /** Height of a lane. */
  readonly lane: number;
  readonly pxPerMs: number;
};

const AXIS_PX = 22;
const MARGIN_PX = 8;
/** Of a larger canvas, browsers draw nothing. */
const HEIGHT_PX_MAX = 6_000;
const MINI_PX_MAX = 60;

/** Sizes for a width; lanes get lower when there are many. */
export function frameOf(timeline: Timeline, width: number, span: Span = timeline): Frame {
  const count = timeline.lanes.length;
  const lane = count <= 16 ? 24 : count <= 48 ? 14 : Math.min(8, HEIGHT_PX_MAX / count);
  const gutter = width < 600 ? 84 : 150;
  const room = Math.max(1, width - gutter - MARGIN_PX);
  const { fromMs, toMs } = span;
  const pxPerMs = room / Math.max(1, toMs - fromMs);
  const height = AXIS_PX + count * lane;
  return { fromMs, toMs, width, height, gutter, axis: AXIS_PX, lane, pxPerMs };
}

/** Without words: only bars, so low that all lanes are seen at once. */
export function miniFrameOf(timeline: Timeline, width: number): Frame {
  const { fromMs, toMs, lanes } = timeline;
  const count = Math.max(1, lanes.length);
  const lane = Math.min(10, MINI_PX_MAX / count);
  const pxPerMs = Math.max(1, width) / Math.max(1, toMs - fromMs);
  return {
    fromMs,
    toMs,
    width,
    height: Math.ceil(count * lane),
    gutter: 0,
    axis: 0,
    lane,
    pxPerMs,
  };
}

export type Place = { readonly x: number; readonly width: number };

/** Where a bar lies; never thinner than one can see. */
export function placeOf(bar: Bar, frame: Frame): Place {
  const x = frame.gutter + (bar.startMs - frame.fromMs) * frame.pxPerMs;
  const width = (bar.endMs - bar.startMs) * frame.pxPerMs;
  return { x, width: Math.max(1, width > 4 ? width - 1 : width) };
}

type Laid = { readonly timeline: Timeline; readonly frame: Frame };
type Point = { readonly x: number; readonly y: number };

const NEAR_PX = 4;

/** The bar under a point of the canvas, or nearest to it by a few pixels. */
export function barUnder(point: Point, { timeline, frame }: Laid): Bar | undefined {
  const lane = timeline.lanes[Math.floor((point.y - frame.axis) / frame.lane)];
  if (lane === undefined || point.x < frame.gutter - NEAR_PX) return undefined;
  return barAt(lane, timeAt(point.x, frame), NEAR_PX / frame.pxPerMs);
}

/** The time at a place of the canvas. */
export function timeAt(x: number, frame: Frame): number {
  return frame.fromMs + (x - frame.gutter) / frame.pxPerMs;
}

/** Below a bar, to put words beside it; within the canvas. */
export function spotOf(bar: Bar, { timeline, frame }: Laid): Point {
  const index = timeline.lanes.findIndex(({ bars }) => bars.includes(bar));
  const { x, width } = placeOf(bar, frame);
  const middle = Math.max(frame.gutter, x + Math.min(width, frame.width) / 2);
  return { x: Math.min(middle, frame.width), y: frame.axis + (index + 1) * frame.lane };
}

const SPAN_MS_MIN = 10;

/** The span made shorter (`factor` below 1) or longer around a time, within the whole run. */
export function zoomed(
  span: Span,
  factor: number,
  of: { readonly atMs: number; readonly whole: Span },
): Span {
  const { atMs, whole } = of;
  const wholeMs = whole.toMs - whole.fromMs;
  const lengthMs = Math.min(wholeMs, Math.max(SPAN_MS_MIN, (span.toMs - span.fromMs) * factor));
  const share = (atMs - span.fromMs) / Math.max(1e-9, span.toMs - span.fromMs);
  return within({ fromMs: atMs - share * lengthMs, toMs: atMs + (1 - share) * lengthMs }, whole);
}

/** The span moved so that it holds a bar's start, as little as possible. */
export function broughtTo(span: Span, bar: Bar, whole: Span): Span {
  const lengthMs = span.toMs - span.fromMs;
  if (bar.startMs >= span.fromMs && bar.startMs <= span.toMs) return span;
  return moved(span, bar.startMs - lengthMs / 2 - span.fromMs, whole);
}

/** The span moved by a time, within the whole run. */
export function moved(span: Span, byMs: number, whole: Span): Span {
  return within({ fromMs: span.fromMs + byMs, toMs: span.toMs + byMs }, whole);
}

function within({ fromMs, toMs }: Span, whole: Span): Span {
  const lengthMs = Math.min(toMs - fromMs, whole.toMs - whole.fromMs);
  const from = Math.min(Math.max(fromMs, whole.fromMs), whole.toMs - lengthMs);
  return { fromMs: from, toMs: from + lengthMs };
}
