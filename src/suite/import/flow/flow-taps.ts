/** Commands of flows that tap on something, or on a place of the screen. */
import { spanText } from "../../convert/span-text.ts";
import type { Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { FlowCommand } from "./flow-command.ts";
import { SCREEN, toPixels } from "./flow-moves.ts";
import { entryIn, numberIn, selectorLocator, spokenSelector } from "./flow-selector.ts";
import { addStep, type FlowWalk, flowText } from "./flow-walk.ts";

const LONG_PRESS_MS = 3_000;
const TAPS_MAX = 50;

/** What is done at a place of the screen has no element. */
function pointOf(walk: FlowWalk, args: Located): Entries | undefined {
  const point = entryIn(args, "point");
  if (point === undefined) return undefined;
  const [, x = "", y = ""] =
    /^\s*([\d.]+%?)\s*,\s*([\d.]+%?)\s*$/.exec(flowText(walk, point, "the point")) ?? [];
  if (x === "") throw new Untranslated("the point is not of the form x, y");
  return { x: toPixels(x, SCREEN.width), y: toPixels(y, SCREEN.height) };
}

/** `tapOn`, `doubleTapOn`. */
export function tap(
  walk: FlowWalk,
  verb: "click" | "dblclick",
  { args, carried }: FlowCommand,
): void {
  const hasElement = args.kind !== "mapping" || args.entries.some(({ key }) => !TAP_KEYS.has(key));
  const point = pointOf(walk, args);
  if (!hasElement && point !== undefined) return tapPoint(walk, verb, { point, carried });
  const locator = selectorLocator(walk, args);
  if (point !== undefined && !isMiddle(args))
    walk.recorder.missing(
      { ...args, text: "point of tapOn" },
      "the middle of the element is clicked",
    );
  const times = repeatsOf(walk, args);
  const delay = entryIn(args, "delay");
  for (let count = 0; count < times; count += 1) {
    if (count > 0 && delay !== undefined)
      addStep(walk, { wait: spanText(numberIn(walk, delay, "delay")) });
    addStep(walk, { [verb]: locator }, carried);
  }
  walk.tapped = spokenSelector(locator);
}

/** What says how it is tapped, not what. */
const TAP_KEYS: ReadonlySet<string> = new Set([
  "point",
  "repeat",
  "delay",
  "label",
  "optional",
  "retryTapIfNoChange",
  "waitToSettleTimeoutMs",
  "waitUntilVisible",
]);

function isMiddle(args: Located): boolean {
  const point = entryIn(args, "point");
  return point?.kind === "scalar" && /^\s*50%\s*,\s*50%\s*$/.test(String(point.value));
}

function repeatsOf(walk: FlowWalk, args: Located): number {
  const repeat = entryIn(args, "repeat");
  if (repeat === undefined) return 1;
  const times = numberIn(walk, repeat, "repeat");
  if (!Number.isInteger(times) || times < 1 || times > TAPS_MAX)
    throw new Untranslated(`it taps more than ${TAPS_MAX} times`);
  return times;
}

type Pointed = { readonly point: Entries; readonly carried: Entries };

function tapPoint(walk: FlowWalk, verb: "click" | "dblclick", { point, carried }: Pointed): void {
  const presses = verb === "click" ? 1 : 2;
  addStep(walk, { mouse: { move: point } }, carried);
  for (let count = 0; count < presses; count += 1) {
    addStep(walk, { mouse: { down: "left" } });
    addStep(walk, { mouse: { up: "left" } });
  }
  walk.tapped = "";
}

/** `longPressOn`. */
export function longPress(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const point = pointOf(walk, args);
  const at = point ?? selectorLocator(walk, args);
  addStep(walk, { mouse: { down: "left", at } }, carried);
  addStep(walk, { wait: spanText(LONG_PRESS_MS) });
  addStep(walk, { mouse: { up: "left" } });
}
