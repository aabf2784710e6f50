/** What a script expects of an element, as the arguments of an `expect`. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Demand, type DemandCall, not } from "./demand.ts";
import { plainPattern, textDemand, textMatcher } from "./text-demands.ts";
import { entriesIn, jsonIn, NOTHING, textIn, type Value } from "./values.ts";

/** How a state is said when it holds, and when it does not. */
const STATES: ReadonlyMap<string, readonly [held: string, missed: string]> = new Map([
  ["toBeVisible", ["visible", "hidden"]],
  ["toBeHidden", ["hidden", "visible"]],
  ["toBeEnabled", ["enabled", "disabled"]],
  ["toBeDisabled", ["disabled", "enabled"]],
  ["toBeChecked", ["checked", "unchecked"]],
]);
/** States whose opposite is said by `equals: false`. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ["toBeFocused", "focused"],
  ["toBeEditable", "editable"],
  ["toBeEmpty", "empty"],
  ["toBeAttached", "attached"],
  ["toBeInViewport", "inViewport"],
]);
/** The option by which a state is turned round: `toBeChecked({ checked: false })`. */
const TURNS: ReadonlyMap<string, string> = new Map([
  ["toBeVisible", "visible"],
  ["toBeEnabled", "enabled"],
  ["toBeChecked", "checked"],
  ["toBeEditable", "editable"],
  ["toBeAttached", "attached"],
]);
/** Texts that are read of an element. */
const READINGS: ReadonlyMap<string, string> = new Map([
  ["toHaveValue", "value"],
  ["toHaveId", "id"],
  ["toHaveRole", "role"],
  ["toHaveAccessibleName", "accessibleName"],
  ["toHaveAccessibleDescription", "accessibleDescription"],
]);

type Element = (words: Entries, call: DemandCall, isNot: boolean) => Entries;

const OTHERS: ReadonlyMap<string, Element> = new Map<string, Element>([
  ["toHaveCount", countDemand],
  ["toHaveText", (words, call, isNot) => textDemand(words, { call, isNot, isWhole: true })],
  ["toContainText", (words, call, isNot) => textDemand(words, { call, isNot, isWhole: false })],
  ["toHaveValues", valuesDemand],
  ["toHaveAttribute", attributeDemand],
  ["toHaveClass", classDemand],
  ["toContainClass", containClass],
  ["toHaveCSS", styleDemand],
  ["toMatchAriaSnapshot", ariaDemand],
  ["toHaveScreenshot", (words, call, isNot) => ({ ...pictureDemand(call, isNot), on: words })],
]);

/** @throws {Untranslated} when it has no counterpart. */
export function elementDemand(words: Entries, of: Demand, call: DemandCall): Entries {
  const { name, args } = call;
  const turn = TURNS.get(name);
  const turned = turn === undefined ? undefined : entriesIn(args[0]).get(turn);
  const isTurned = turned?.kind === "data" && turned.value === false;
  const isNot = of.isNot !== isTurned;
  if (name === "toBeChecked" && entriesIn(args[0]).has("indeterminate"))
    throw new Untranslated("a suite does not ask whether a box is indeterminate");
  const state = STATES.get(name);
  if (state !== undefined) return { [isNot ? state[1] : state[0]]: words };
  const flag = FLAGS.get(name);
  if (flag !== undefined)
    return { [flag]: words, ...ratioOf(call), ...(isNot ? { equals: false } : {}) };
  const reading = READINGS.get(name);
  if (reading !== undefined)
    return { [reading]: words, ...not(isNot, textMatcher(args[0], args[1])) };
  const found = OTHERS.get(name);
  if (found === undefined) throw new Untranslated(`a suite has no expectation for ${name}()`);
  return found(words, call, isNot);
}

function ratioOf({ name, args }: DemandCall): Entries {
  const ratio = name === "toBeInViewport" ? entriesIn(args[0]).get("ratio") : undefined;
  return ratio === undefined ? {} : { ratio: jsonIn(ratio, "the ratio") };
}

function countDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  return { count: words, ...not(isNot, { equals: jsonIn(args[0] ?? NOTHING, "the count") }) };
}

function valuesDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  return { values: words, ...not(isNot, { equals: jsonIn(args[0] ?? NOTHING, "the values") }) };
}

function attributeDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  const name = textIn(args[0], "the attribute");
  const isBare = args[1] === undefined || args[1].kind === "mapping";
  const matcher: Entries = isBare ? { exists: true } : textMatcher(args[1], args[2]);
  return { attribute: name, on: words, ...not(isNot, matcher) };
}

function classDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  return { attribute: "class", on: words, ...not(isNot, textMatcher(args[0])) };
}

function containClass(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  const names = textIn(args[0], "the class")
    .split(/\s+/)
    .filter((name) => name !== "");
  const each = names.map((name) => `(?=(?:.*\\s)?${plainPattern(name)}(?:\\s|$))`);
  return { attribute: "class", on: words, ...not(isNot, { matches: `/^${each.join("")}/s` }) };
}

function styleDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  return { css: textIn(args[0], "the property"), on: words, ...not(isNot, textMatcher(args[1])) };
}

/** The tree behind a page or an element. @throws {Untranslated} without a text, or where it must not match. */
export function ariaDemand(
  words: Entries | undefined,
  { args }: DemandCall,
  isNot: boolean,
): Entries {
  if (isNot) throw new Untranslated("a tree is expected not to match");
  if (args[0]?.kind !== "data")
    throw new Untranslated("its template stands in a file beside the script");
  const aria = dedent(textIn(args[0], "the template"));
  return { aria, ...(words === undefined ? {} : { on: words }) };
}

/** Without the empty lines around it and the indentation of the script. */
function dedent(text: string): string {
  const lines = text
    .replace(/^\s*\n/, "")
    .trimEnd()
    .split("\n");
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const depth = Math.min(...depths);
  return lines.map((line) => line.slice(Number.isFinite(depth) ? depth : 0)).join("\n");
}

/** A picture beside its baseline, which is made by a run with `--update-baselines`. @throws {Untranslated} */
export function pictureDemand({ args }: DemandCall, isNot: boolean): Entries {
  if (isNot) throw new Untranslated("a picture is expected to differ");
  const [first] = args;
  const name = first?.kind === "data" ? textIn(first, "the name").replace(/\.png$/, "") : "page";
  const options = entriesIn(args.at(-1));
  const kept: { [key: string]: Json } = { screenshot: name };
  for (const [from, to] of PICTURE_OPTIONS) {
    const value = options.get(from);
    if (value !== undefined) kept[to] = jsonIn(value, from);
  }
  const mask = options.get("mask");
  if (mask !== undefined) kept["mask"] = masked(mask);
  return kept;
}

function masked(value: Value): Json {
  if (value.kind !== "list") throw new Untranslated("what is masked is no list of locators");
  return value.items.map((item) => {
    if (item.kind !== "locator") throw new Untranslated("what is masked is no locator");
    return item.words;
  });
}

/** Options of a picture that a suite has no word for; what only makes it steady is done anyway. */
export function otherPictureOptions({ args }: DemandCall): readonly string[] {
  const known = ["mask", "timeout", "animations", "caret", "scale", "maskColor"];
  return [...entriesIn(args.at(-1)).keys()].filter(
    (key) => !known.includes(key) && !PICTURE_OPTIONS.some(([from]) => from === key),
  );
}

const PICTURE_OPTIONS: ReadonlyArray<readonly [from: string, to: string]> = [
  ["fullPage", "fullPage"],
  ["maxDiffPixelRatio", "maxDiffRatio"],
  ["maxDiffPixels", "maxDiffPixels"],
  ["threshold", "threshold"],
];
