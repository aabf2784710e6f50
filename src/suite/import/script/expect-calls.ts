/** `expect(…)` of a script as expectations of a suite. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Demand, type DemandCall, not } from "./demand.ts";
import { boundOf } from "./record-step.ts";
import { switchTo } from "./tabs.ts";
import { urlMatcher } from "./url-words.ts";
import { expectValue } from "./value-demands.ts";
import {
  entriesIn,
  jsonIn,
  NOTHING,
  nameOfValue,
  patternText,
  type Tab,
  textIn,
  type Value,
} from "./values.ts";
import type { Walk } from "./walk.ts";

/** `expect(x)`, `expect.soft(x)`. @throws {Untranslated} for what is tried by the script itself. */
export function makeDemand(name: string, args: readonly Value[]): Value {
  if (name !== "" && name !== "soft") throw new Untranslated(`expect.${name}() has no counterpart`);
  return { kind: "demand", of: args[0] ?? NOTHING, isNot: false, isSoft: name === "soft" };
}

/** Records an expectation. @throws {Untranslated} */
export function demand(walk: Walk, of: Demand, call: DemandCall): Value {
  const subject = of.of;
  const entries =
    subject.kind === "locator"
      ? elementDemand(subject.words, of, call)
      : subject.kind === "page"
        ? pageDemand(of, call)
        : expectValue(walk, of, call);
  const options = call.args.at(-1);
  const timeout = entriesIn(options).get("timeout");
  if ("tab" in subject) switchTo(walk, subject.tab as Tab);
  walk.recorder.step({
    expect: entries,
    ...(timeout === undefined ? {} : boundOf(jsonIn(timeout, "timeout"))),
    ...(of.isSoft ? { soft: true } : {}),
  });
  return NOTHING;
}

/** How a state is said when it holds, and when it does not. */
const STATES: ReadonlyMap<string, readonly [held: string, missed: string]> = new Map([
  ["toBeVisible", ["visible", "hidden"]],
  ["toBeHidden", ["hidden", "visible"]],
  ["toBeEnabled", ["enabled", "disabled"]],
  ["toBeDisabled", ["disabled", "enabled"]],
  ["toBeChecked", ["checked", "unchecked"]],
]);
/** The option by which a state is turned round: `toBeChecked({ checked: false })`. */
const TURNS: ReadonlyMap<string, string> = new Map([
  ["toBeVisible", "visible"],
  ["toBeEnabled", "enabled"],
  ["toBeChecked", "checked"],
  ["toBeAttached", "attached"],
]);

type ElementDemand = (words: Entries, call: DemandCall, isNot: boolean) => Entries;

const ELEMENT: ReadonlyMap<string, ElementDemand> = new Map<string, ElementDemand>([
  [
    "toBeAttached",
    (words, _, isNot) => ({ count: words, ...(isNot ? { equals: 0 } : { atLeast: 1 }) }),
  ],
  [
    "toHaveCount",
    (words, { args }, isNot) => ({
      count: words,
      ...not(isNot, { equals: jsonIn(args[0] ?? NOTHING, "the count") }),
    }),
  ],
  ["toHaveText", (words, call, isNot) => textDemand(words, { call, isNot, isWhole: true })],
  ["toContainText", (words, call, isNot) => textDemand(words, { call, isNot, isWhole: false })],
  [
    "toHaveValue",
    (words, { args }, isNot) => ({ value: words, ...not(isNot, textMatcher(args[0])) }),
  ],
  ["toHaveAttribute", attributeDemand],
  [
    "toHaveId",
    (words, { args }, isNot) => ({
      attribute: "id",
      on: words,
      ...not(isNot, textMatcher(args[0])),
    }),
  ],
  [
    "toHaveClass",
    (words, { args }, isNot) => ({
      attribute: "class",
      on: words,
      ...not(isNot, textMatcher(args[0])),
    }),
  ],
  ["toContainClass", containClass],
]);

function elementDemand(words: Entries, of: Demand, call: DemandCall): Entries {
  const turn = TURNS.get(call.name);
  const turned = turn === undefined ? undefined : entriesIn(call.args[0]).get(turn);
  const isTurned = turned?.kind === "data" && turned.value === false;
  const isNot = of.isNot !== isTurned;
  const state = STATES.get(call.name);
  if (state !== undefined) return { [isNot ? state[1] : state[0]]: words };
  const found = ELEMENT.get(call.name);
  if (found === undefined) throw new Untranslated(`a suite has no expectation for ${call.name}()`);
  return found(words, call, isNot);
}

/** A text or an expression as a matcher. @throws {Untranslated} */
export function textMatcher(value: Value | undefined): Entries {
  if (value?.kind === "pattern") return { matches: patternText(value) };
  return { equals: textIn(value, "the expected text") };
}

type TextDemand = { readonly call: DemandCall; readonly isNot: boolean; readonly isWhole: boolean };

function textDemand(words: Entries, { call, isNot, isWhole }: TextDemand): Entries {
  const [expected] = call.args;
  const options = entriesIn(call.args[1]);
  if (expected?.kind === "list")
    throw new Untranslated("the texts of several elements are expected");
  if (expected?.kind === "pattern")
    return { text: words, ...not(isNot, { matches: patternText(expected) }) };
  const text = textIn(expected, "the expected text").replaceAll(/\s+/g, " ").trim();
  if (options.has("ignoreCase")) {
    const source = text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    return { text: words, ...not(isNot, { matches: isWhole ? `/^${source}$/i` : `/${source}/i` }) };
  }
  return { text: words, ...not(isNot, isWhole ? { equals: text } : { contains: text }) };
}

function attributeDemand(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  const name = textIn(args[0], "the attribute");
  const isBare = args[1] === undefined || args[1].kind === "mapping";
  const matcher: Entries = isBare ? { exists: true } : textMatcher(args[1]);
  return { attribute: name, on: words, ...not(isNot, matcher) };
}

function containClass(words: Entries, { args }: DemandCall, isNot: boolean): Entries {
  const names = textIn(args[0], "the class")
    .split(/\s+/)
    .filter((name) => name !== "");
  const each = names.map(
    (name) => `(?=(?:.*\\s)?${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}(?:\\s|$))`,
  );
  return { attribute: "class", on: words, ...not(isNot, { matches: `/^${each.join("")}/s` }) };
}

function pageDemand({ isNot }: Demand, { name, args }: DemandCall): Entries {
  const [expected] = args;
  if (name === "toHaveURL") {
    const matcher = urlMatcher(expected);
    const isShort = typeof matcher === "string" && !isNot;
    return { url: isShort ? matcher : not(isNot, asMatcher(matcher)) };
  }
  if (name === "toHaveTitle") return { title: not(isNot, textMatcher(expected)) };
  throw new Untranslated(
    `a suite has no expectation for ${name}() of ${nameOfValue({ kind: "page", tab: { number: 0 } })}`,
  );
}

const asMatcher = (matcher: Json): Entries =>
  typeof matcher === "object" && matcher !== null && !Array.isArray(matcher)
    ? (matcher as Entries)
    : { equals: matcher };
