/** Draws the timeline of slots on a canvas: 5,000 bars cost no elements. Statuses differ in shape, not only in colour. */
import { durationText } from "../../html/quantities.ts";
import { type Frame, type Place, placeOf } from "../data/frame.ts";
import { axisTicks, type Bar, type Lane, type Timeline } from "../data/lanes.ts";

export type Ink = {
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly ground: string;
  readonly focus: string;
  /** By the attempt's status. */
  readonly status: (status: string) => string;
};

const TICK_PX = 90;

/** Draws everything; `chosen` gets a frame. */
export function drawTimeline(
  canvas: HTMLCanvasElement,
  drawing: { timeline: Timeline; frame: Frame; ink: Ink; chosen: Bar | undefined },
): void {
  const { timeline, frame, chosen } = drawing;
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
    if (frame.gutter > 0) drawLabel(pen, { lane, top, index }, drawing);
  });
  // What lies outside of the span must not run over the names.
  pen.beginPath();
  pen.rect(frame.gutter, 0, frame.width - frame.gutter, frame.height);
  pen.clip();
  for (const [index, lane] of timeline.lanes.entries())
    drawLane(pen, { lane, top: frame.axis + index * frame.lane }, drawing);
  if (chosen !== undefined) drawChosen(pen, chosen, drawing);
}

/** What needs a look comes last, so that no neighbour lies over it. */
function drawLane(
  pen: Pen,
  { lane, top }: { readonly lane: Lane; readonly top: number },
  { frame, ink }: Drawing,
): void {
  const shown = lane.bars.filter(
    ({ startMs, endMs }) => endMs >= frame.fromMs && startMs <= frame.toMs,
  );
  const draw = (bar: Bar) => drawBar(pen, bar, { ...placeOf(bar, frame), top, frame, ink });
  for (const bar of shown) if (bar.attempt.status === "passed") draw(bar);
  for (const bar of shown) if (bar.attempt.status !== "passed") draw(bar);
}

type Drawing = { readonly timeline: Timeline; readonly frame: Frame; readonly ink: Ink };
type Pen = CanvasRenderingContext2D;

function drawAxis(pen: Pen, { frame, ink }: Drawing): void {
  const countMax = Math.max(2, Math.floor((frame.width - frame.gutter) / TICK_PX));
  for (const tick of axisTicks(frame.fromMs, frame.toMs, countMax)) {
    const x = Math.round(frame.gutter + (tick - frame.fromMs) * frame.pxPerMs) + 0.5;
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
  of: { readonly lane: Lane; readonly top: number; readonly index: number },
  { timeline, frame, ink }: Drawing,
): void {
  const { lane, top, index } = of;
  const isFirst = timeline.lanes[index - 1]?.node !== lane.node;
  pen.fillStyle = ink.rule;
  if (isFirst) pen.fillRect(0, top, frame.width, 1);
  pen.textAlign = "left";
  const slot = lane.isTold ? `${lane.slot + 1}` : "";
  if (isFirst && hasRoom(index, frame)) {
    pen.fillStyle = ink.text;
    pen.fillText(fitted(pen, lane.node, frame.gutter - 34), 0, top + Math.max(frame.lane / 2, 7));
  }
  if (frame.lane < 14) return;
  pen.fillStyle = ink.muted;
  pen.textAlign = "right";
  pen.fillText(slot, frame.gutter - 10, top + frame.lane / 2 + 0.5);
}

const LABEL_PX = 13;

/** Where lanes are lower than words, not every node is named. */
function hasRoom(index: number, frame: Frame): boolean {
  return frame.lane >= LABEL_PX || index % Math.ceil(LABEL_PX / frame.lane) === 0;
}

function fitted(pen: Pen, text: string, widthMax: number): string {
  if (pen.measureText(text).width <= widthMax) return text;
  let length = Math.min(text.length, 40);
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > widthMax) length -= 1;
  return `${text.slice(0, length)}…`;
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
  else if (status === "lost")
    drawHatched(pen, { x, y: top + inset, width, high, ...inSight(x, width, frame) });
  else pen.strokeRect(x + 0.5, top + inset + 0.5, Math.max(1, width - 1), high - 1);
  pen.globalAlpha = 1;
}

/** The part of a bar that is on the canvas. */
function inSight(x: number, width: number, frame: Frame) {
  return { from: Math.max(x, frame.gutter), to: Math.min(x + width, frame.width) };
}

function drawHatched(
  pen: Pen,
  box: Place & {
    readonly y: number;
    readonly high: number;
    readonly from: number;
    readonly to: number;
  },
): void {
  const { x, y, width, high, from, to } = box;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, high);
  pen.clip();
  pen.globalAlpha = 0.18;
  pen.fillRect(x, y, width, high);
  pen.globalAlpha = 1;
  pen.beginPath();
  for (let at = from - high; at < to; at += 5) {
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
  const { x, width } = placeOf(chosen, frame);
  pen.strokeStyle = ink.focus;
  pen.lineWidth = 2;
  pen.strokeRect(x - 1.5, frame.axis + index * frame.lane + 1, width + 3, frame.lane - 2);
}
