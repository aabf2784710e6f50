/** Steps that load a page, act on its elements, wait for it or run a script in it. */
import { z } from "zod";
import { Locator, Matcher, StatusMatcher, Text } from "../matcher.ts";

const target = { locator: Locator };
const button = z.enum(["left", "right", "middle"]).optional();
const modifiers = z.array(z.enum(["Alt", "Control", "ControlOrMeta", "Meta", "Shift"])).optional();
/** CSS pixels from the element's upper left corner; absent: its middle. */
const position = z.strictObject({ x: z.number(), y: z.number() }).optional();
/** Whether it acts on what is covered, moves or is disabled as well. */
const force = z.boolean().optional();

export const Goto = z.strictObject({
  kind: z.literal("goto"),
  url: Text,
  waitUntil: z.enum(["load", "domcontentloaded", "networkidle", "commit"]).default("load"),
  status: StatusMatcher.optional(),
});
export const Back = z.strictObject({ kind: z.literal("back") });
export const Forward = z.strictObject({ kind: z.literal("forward") });
export const Reload = z.strictObject({ kind: z.literal("reload") });
export const Click = z.strictObject({
  kind: z.literal("click"),
  ...target,
  button,
  modifiers,
  position,
  force,
  /** Clicks in a row; absent: 1. */
  count: z.number().int().min(1).max(10).optional(),
  /** How long the button stays down, milliseconds; absent: no time. */
  delayMs: z.number().min(0).optional(),
  /** Whether a navigation that the click started is waited for: by the step while its bound lasts, then by the next one. */
  waitForLoad: z.boolean().optional(),
  /** It opens a tab, which is waited for and becomes the current one. */
  opens: z.literal("tab").optional(),
});
/**
 * Clicks a button, or submits a form; without a locator the form that was filled in last, else the page's first. Waits as
 * `waitForLoad` of a click.
 */
export const Submit = z.strictObject({ kind: z.literal("submit"), locator: Locator.optional() });
export const Dblclick = z.strictObject({
  kind: z.literal("dblclick"),
  ...target,
  button,
  modifiers,
  position,
  force,
});
export const Hover = z.strictObject({
  kind: z.literal("hover"),
  ...target,
  modifiers,
  position,
  force,
});
export const Check = z.strictObject({
  kind: z.literal("check"),
  ...target,
  /** Absent: true. */
  to: z.boolean().optional(),
  force,
});
export const Uncheck = z.strictObject({ kind: z.literal("uncheck"), ...target, force });
export const Fill = z.strictObject({ kind: z.literal("fill"), ...target, value: Text });
export const Type = z.strictObject({
  kind: z.literal("type"),
  ...target,
  value: Text,
  /** Pause between keys, milliseconds. */
  delayMs: z.number().min(0).optional(),
});
export const Press = z.strictObject({
  kind: z.literal("press"),
  /** A key or a chord, or several, one after the other. */
  key: z.union([Text, z.array(Text).max(1_000)]),
  locator: Locator.optional(),
});
export const Select = z.strictObject({
  kind: z.literal("select"),
  ...target,
  /** Labels or values, or 0-based places. */
  options: z.array(z.union([Text, z.strictObject({ index: z.number().int().min(0) })])),
});
export const Upload = z.strictObject({
  kind: z.literal("upload"),
  ...target,
  /** Paths relative to the suite's folder, listed in the test's `files`. */
  files: z.array(z.string()),
});
export const Scroll = z.strictObject({
  kind: z.literal("scroll"),
  to: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("top") }),
    z.strictObject({ kind: z.literal("bottom") }),
    z.strictObject({ kind: z.literal("locator"), locator: Locator }),
    z.strictObject({ kind: z.literal("by"), x: z.number(), y: z.number() }),
  ]),
});
export const Wait = z.strictObject({
  kind: z.literal("wait"),
  for: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("time"), ms: z.number().min(0) }),
    z.strictObject({
      kind: z.literal("locator"),
      locator: Locator,
      state: z.enum(["visible", "hidden", "attached", "detached"]).default("visible"),
    }),
    z.strictObject({ kind: z.literal("text"), text: Text }),
    z.strictObject({ kind: z.literal("url"), matcher: Matcher }),
  ]),
});
export const Eval = z.strictObject({
  kind: z.literal("eval"),
  js: Text,
  /** The element of the inner frame in which it runs; absent: the page itself. */
  frame: Locator.optional(),
  /** Key under which the value is saved. */
  save: z.string().optional(),
});
