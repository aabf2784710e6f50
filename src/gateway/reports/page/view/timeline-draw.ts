/** Draws the timeline of slots on a canvas: 5,000 bars cost no elements. Statuses differ in shape, not only in colour. */
import { durationText } from "../../html/quantities.ts";
import { axisTicks, type Bar, barAt, type Lane, type Timeline } from "../data/lanes.ts";

export type Ink = {
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly ground: string;
  readonly focus: string;
  /** By the attempt's status. */
  readonly status: (status: string) => string;
};

export type Frame = {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly axis: number;
  readonly lane: number;
  readonly pxPerMs: number;
};

const AXIS_PX = 22;
const TICK_PX = 90;

/** Sizes for a width; lanes get lower when there are many. */
export function frameOf(timeline: Timeline, width: number): Frame {
  const count = timeline.lanes.length;
  const lane = count <= 16 ? 24 : count <= 48 ? 14 : 8;
  const gutter = width < 600 ? 84 : 150;
  const pxPerMs = Math.max(1, width - gutter - 8) / Math.max(1, timeline.toMs - timeline.fromMs);
  return { width, height: AXIS_PX + count * lane, gutter, axis: AXIS_PX, lane, pxPerMs };
}

const MINI_PX_MAX = 60;

/** Without words: only bars, so low that all lanes are seen at once. */
export function miniFrameOf(timeline: Timeline, width: number): Frame {
  const count = Math.max(1, timeline.lanes.length);
  const lane = Math.min(10, MINI_PX_MAX / count);
  const pxPerMs = Math.max(1, width) / Math.max(1, timeline.toMs - timeline.fromMs);
  return { width, height: Math.ceil(count * lane), gutter: 0, axis: 0, lane, pxPerMs };
}

/** Draws everything; `chosen` gets a frame. */
export function drawTimeline(
  canvas: HTMLCanvasElement,
  drawing: { timeline: Timeline; frame: Frame; ink: Ink; chosen: Bar | undefined },
): void {
  const { timeline, frame, ink, chosen } = drawing;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(frame.width * scale);
  canvas.height = Math.round(frame.height * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(scale, scale);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  if (frame.axis > 0) drawAxis(pen, drawing);
  timeline.lanes.forEach((lane, index) => {
    const top = frame.axis + index * frame.lane;
    if (frame.gutter > 0) drawLabel(pen, { lane, top, before: timeline.lanes[index - 1] }, drawing);
    for (const bar of lane.bars)
      drawBar(pen, bar, { ...placeOf(bar, timeline, frame), top, frame, ink });
  });
  if (chosen !== undefined) drawChosen(pen, chosen, drawing);
}

type Drawing = { readonly timeline: Timeline; readonly frame: Frame; readonly ink: Ink };
type Pen = CanvasRenderingContext2D;

function drawAxis(pen: Pen, { timeline, frame, ink }: Drawing): void {
  const countMax = Math.max(2, Math.floor((frame.width - frame.gutter) / TICK_PX));
  for (const tick of axisTicks(timeline.fromMs, timeline.toMs, countMax)) {
    const x = Math.round(frame.gutter + (tick - timeline.fromMs) * frame.pxPerMs) + 0.5;
    pen.fillStyle = ink.rule;
    pen.fillRect(x - 0.5, frame.axis - 4, 1, frame.height);
    pen.fillStyle = ink.muted;
    pen.textAlign = x > frame.width - 50 ? "right" : "left";
    pen.fillText(
      tick === 0 ? "0" : durationText(tick).replace(".0", ""),
      x + (pen.textAlign === "left" ? 3 : 0),
      9,
    );
  }
}

function drawLabel(
  pen: Pen,
  of: { readonly lane: Lane; readonly top: number; readonly before: Lane | undefined },
  { frame, ink }: Drawing,
): void {
  const { lane, top, before } = of;
  const isFirst = before?.node !== lane.node;
  pen.fillStyle = ink.rule;
  if (isFirst) pen.fillRect(0, top, frame.width, 1);
  pen.textAlign = "left";
  const slot = lane.isTold ? `${lane.slot + 1}` : "";
  if (isFirst && frame.lane >= 8) {
    pen.fillStyle = ink.text;
    pen.fillText(fitted(pen, lane.node, frame.gutter - 34), 0, top + Math.max(frame.lane / 2, 7));
  }
  if (frame.lane < 14) return;
  pen.fillStyle = ink.muted;
  pen.textAlign = "right";
  pen.fillText(slot, frame.gutter - 10, top + frame.lane / 2 + 0.5);
}

function fitted(pen: Pen, text: string, widthMax: number): string {
  if (pen.measureText(text).width <= widthMax) return text;
  let length = Math.min(text.length, 40);
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > widthMax) length -= 1;
  return `${text.slice(0, length)}…`;
}

type Place = { readonly x: number; readonly width: number };

function placeOf(bar: Bar, timeline: Timeline, frame: Frame): Place {
  const x = frame.gutter + (bar.startMs - timeline.fromMs) * frame.pxPerMs;
  const width = (bar.endMs - bar.startMs) * frame.pxPerMs;
  return { x, width: Math.max(1, width > 4 ? width - 1 : width) };
}

type BarDrawing = Place & { readonly top: number; readonly frame: Frame; readonly ink: Ink };

/** passed: half high · failed: full · lost: hatched · cancelled: hollow · running: half high and open to the right. */
function drawBar(pen: Pen, { attempt }: Bar, { x, width, top, frame, ink }: BarDrawing): void {
  const { status } = attempt;
  const inset = frame.lane >= 14 ? 3 : frame.lane >= 6 ? 1 : 0;
  const high = frame.lane - 2 * inset;
  pen.fillStyle = ink.status(status);
  pen.strokeStyle = pen.fillStyle;
  pen.globalAlpha = attempt.isCounted || status !== "passed" ? 1 : 0.45;
  if (status === "passed" || status === "running")
    pen.fillRect(x, top + frame.lane / 2 - high / 4, width, high / 2);
  else if (status === "failed") pen.fillRect(x, top + inset, width, high);
  else if (status === "lost") drawHatched(pen, { x, y: top + inset, width, high });
  else pen.strokeRect(x + 0.5, top + inset + 0.5, Math.max(1, width - 1), high - 1);
  pen.globalAlpha = 1;
}

function drawHatched(
  pen: Pen,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly high: number },
): void {
  const { x, y, width, high } = box;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, high);
  pen.clip();
  pen.globalAlpha = 0.18;
  pen.fillRect(x, y, width, high);
  pen.globalAlpha = 1;
  pen.beginPath();
  for (let at = x - high; at < x + width; at += 5) {
    pen.moveTo(at, y + high);
    pen.lineTo(at + high, y);
  }
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeRect(x, y, width, high);
  pen.restore();
}

function drawChosen(pen: Pen, chosen: Bar, { timeline, frame, ink }: Drawing): void {
  const index = timeline.lanes.findIndex(({ bars }) => bars.includes(chosen));
  const { x, width } = placeOf(chosen, timeline, frame);
  pen.strokeStyle = ink.focus;
  pen.lineWidth = 2;
  pen.strokeRect(x - 1.5, frame.axis + index * frame.lane + 1, width + 3, frame.lane - 2);
}

const NEAR_PX = 4;

/** The bar under a point of the canvas. */
export function barUnder(
  point: { readonly x: number; readonly y: number },
  { timeline, frame }: Pick<Drawing, "timeline" | "frame">,
): Bar | undefined {
  const lane = timeline.lanes[Math.floor((point.y - frame.axis) / frame.lane)];
  if (lane === undefined || point.x < frame.gutter - NEAR_PX) return undefined;
  const timeMs = timeline.fromMs + (point.x - frame.gutter) / frame.pxPerMs;
  return barAt(lane, timeMs, NEAR_PX / frame.pxPerMs);
}

/** Where a bar is on the canvas, to put words beside it. */
export function spotOf(
  bar: Bar,
  { timeline, frame }: Pick<Drawing, "timeline" | "frame">,
): { readonly x: number; readonly y: number } {
  const index = timeline.lanes.findIndex(({ bars }) => bars.includes(bar));
  const { x, width } = placeOf(bar, timeline, frame);
  return { x: Math.min(x + width / 2, frame.width), y: frame.axis + (index + 1) * frame.lane };
}
