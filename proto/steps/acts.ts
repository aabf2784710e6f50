/** Steps that act with pointer, keys, touch and clipboard in finer grain than a click. */
import { z } from "zod";
import { Locator, Text } from "../matcher.ts";

const target = { locator: Locator };

/** CSS pixels, from the page's or the element's upper left corner. */
const Point = z.strictObject({ x: z.number(), y: z.number() });
const MouseButton = z.enum(["left", "right", "middle"]);

export const Tap = z.strictObject({
  kind: z.literal("tap"),
  ...target,
  position: Point.optional(),
  force: z.boolean().optional(),
});
export const Focus = z.strictObject({ kind: z.literal("focus"), ...target });
export const Blur = z.strictObject({ kind: z.literal("blur"), ...target });
export const Clear = z.strictObject({ kind: z.literal("clear"), ...target });
export const SelectText = z.strictObject({ kind: z.literal("selectText"), ...target });
export const Drag = z.strictObject({
  kind: z.literal("drag"),
  from: Locator,
  to: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("locator"), locator: Locator }),
    z.strictObject({ kind: z.literal("by"), x: z.number(), y: z.number() }),
  ]),
});
export const Drop = z.strictObject({
  kind: z.literal("drop"),
  ...target,
  /** Paths relative to the suite's folder, listed in the test's `files`. */
  files: z.array(z.string()).default([]),
  /** Texts by media type. */
  data: z.record(z.string(), Text).default({}),
});
export const KeyDown = z.strictObject({ kind: z.literal("keyDown"), key: Text });
export const KeyUp = z.strictObject({ kind: z.literal("keyUp"), key: Text });
export const Wheel = z.strictObject({
  kind: z.literal("wheel"),
  locator: Locator.optional(),
  x: z.number().default(0),
  y: z.number().default(0),
});
export const Mouse = z.strictObject({
  kind: z.literal("mouse"),
  action: z.enum(["move", "down", "up"]),
  button: MouseButton.optional(),
  /** Where the pointer goes first; absent: it stays where it is. */
  at: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("locator"), locator: Locator }),
      z.strictObject({ kind: z.literal("point"), x: z.number(), y: z.number() }),
    ])
    .optional(),
});
/** Writes a text, or saves the one that is there; exactly one of both. */
export const Clipboard = z.strictObject({
  kind: z.literal("clipboard"),
  write: Text.optional(),
  save: z.string().optional(),
});
