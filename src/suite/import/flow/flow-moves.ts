/** Commands of flows that scroll: by half a page, by a swipe, until something is there. */
import { spanText } from "../../convert/span-text.ts";
import type { Located } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Perform } from "./flow-command.ts";
import { entryIn, numberIn, selectorLocator } from "./flow-selector.ts";
import { addStep, type FlowWalk, flowText } from "./flow-walk.ts";

/** Half of the page that suites open. */
const HALF = { x: 640, y: 360 } as const;
/** Suites open pages in this size unless they say otherwise. */
export const SCREEN = { width: 2 * HALF.x, height: 2 * HALF.y } as const;
const SCROLLS_MAX = 50;
const SETTLE = "200ms";

/** By which way a finger moves; the page moves with it. */
const SWIPES: ReadonlyMap<string, Entries> = new Map([
  ["up", { x: 0, y: HALF.y }],
  ["down", { x: 0, y: -HALF.y }],
  ["left", { x: HALF.x, y: 0 }],
  ["right", { x: -HALF.x, y: 0 }],
]);
/** Which part of the page comes into sight. */
const SCROLLS: ReadonlyMap<string, Entries> = new Map([
  ["down", { x: 0, y: HALF.y }],
  ["up", { x: 0, y: -HALF.y }],
  ["right", { x: HALF.x, y: 0 }],
  ["left", { x: -HALF.x, y: 0 }],
]);

/** By name. */
export const MOVES: ReadonlyArray<readonly [name: string, perform: Perform]> = [
  [
    "scroll",
    (walk, { carried }) => addStep(walk, { scroll: { by: { x: 0, y: HALF.y } } }, carried),
  ],
  ["scrollUntilVisible", scrollUntilVisible],
  ["swipe", swipe],
];

function swipe(...[walk, { args, carried }]: Parameters<Perform>): void {
  const by = swipeBy(walk, args);
  addStep(walk, { scroll: { by } }, carried);
}

function swipeBy(walk: FlowWalk, args: Located): Entries {
  const start = entryIn(args, "start");
  const end = entryIn(args, "end");
  if (start !== undefined && end !== undefined) {
    const [from, to] = [pointIn(walk, start), pointIn(walk, end)];
    return { x: from.x - to.x, y: from.y - to.y };
  }
  const direction = flowText(walk, entryIn(args, "direction") ?? args, "the direction");
  const by = SWIPES.get(direction.toLowerCase());
  if (by === undefined) throw new Untranslated(`"${direction}" is no direction`);
  return by;
}

function pointIn(walk: FlowWalk, node: Located): { readonly x: number; readonly y: number } {
  const text = flowText(walk, node, "the point");
  const [, x, y] = /^\s*([\d.]+%?)\s*,\s*([\d.]+%?)\s*$/.exec(text) ?? [];
  if (x === undefined || y === undefined) throw new Untranslated(`"${text}" is no point`);
  return { x: toPixels(x, SCREEN.width), y: toPixels(y, SCREEN.height) };
}

/** `50%` of a side, or pixels. */
export function toPixels(written: string, side: number): number {
  const value = Number.parseFloat(written);
  return Math.round(written.endsWith("%") ? (value / 100) * side : value);
}

/** What a page loads only as it is scrolled is looked for by scrolling; then it is brought into sight. */
function scrollUntilVisible(...[walk, { args, carried }]: Parameters<Perform>): void {
  const locator = selectorLocator(walk, entryIn(args, "element"));
  const written = entryIn(args, "direction");
  const direction = written === undefined ? "down" : flowText(walk, written, "the direction");
  const by = SCROLLS.get(direction.toLowerCase());
  if (by === undefined) throw new Untranslated(`"${direction}" is no direction`);
  const timeout = entryIn(args, "timeout");
  const bound: Entries =
    timeout === undefined ? {} : { timeout: spanText(numberIn(walk, timeout, "timeout")) };
  addStep(
    walk,
    {
      repeat: { while: { hidden: locator }, max: SCROLLS_MAX },
      steps: [{ scroll: { by } }, { wait: SETTLE }],
      ...bound,
    },
    carried,
  );
  addStep(walk, { scroll: { to: locator } }, carried);
}
