/** `expect(…)` of a script as expectations of a suite. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Demand, type DemandCall, not } from "./demand.ts";
import {
  ariaDemand,
  elementDemand,
  otherPictureOptions,
  pictureDemand,
} from "./element-demands.ts";
import { boundOf } from "./record-step.ts";
import { switchTo } from "./tabs.ts";
import { textMatcher } from "./text-demands.ts";
import { urlMatcher } from "./url-words.ts";
import { expectValue, matcherFor } from "./value-demands.ts";
import { DIALOG_MESSAGE, entriesIn, jsonIn, NOTHING, type Tab, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

/** `expect(x)`, `expect.soft(x)`. @throws {Untranslated} for what is tried by the script itself. */
export function makeDemand(name: string, args: readonly Value[]): Value {
  if (name !== "" && name !== "soft") throw new Untranslated(`expect.${name}() has no counterpart`);
  return { kind: "demand", of: args[0] ?? NOTHING, isNot: false, isSoft: name === "soft" };
}

/** Records an expectation. @throws {Untranslated} */
export function demand(walk: Walk, of: Demand, call: DemandCall): Value {
  const subject = of.of;
  if (subject.kind === "data" && subject.value === DIALOG_MESSAGE) {
    walk.dialogMessage = not(of.isNot, matcherFor(call));
    return NOTHING;
  }
  const entries =
    subject.kind === "locator"
      ? elementDemand(subject.words, of, call)
      : subject.kind === "page"
        ? pageDemand(of, call)
        : expectValue(of, call);
  if ("screenshot" in entries) tellBaseline(walk, call);
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

function pageDemand({ isNot }: Demand, { name, args, at }: DemandCall): Entries {
  const [expected] = args;
  if (name === "toHaveURL") {
    const matcher = urlMatcher(expected);
    const isShort = typeof matcher === "string" && !isNot;
    return { url: isShort ? matcher : not(isNot, asMatcher(matcher)) };
  }
  if (name === "toHaveTitle") return { title: not(isNot, textMatcher(expected, args[1])) };
  if (name === "toMatchAriaSnapshot") return ariaDemand(undefined, { name, args, at }, isNot);
  if (name === "toHaveScreenshot") return pictureDemand({ name, args, at }, isNot);
  throw new Untranslated(`a suite has no expectation for ${name}() of a page`);
}

const asMatcher = (matcher: Json): Entries =>
  typeof matcher === "object" && matcher !== null && !Array.isArray(matcher)
    ? (matcher as Entries)
    : { equals: matcher };

function tellBaseline(walk: Walk, call: DemandCall): void {
  const { at } = call;
  const { line, column } = at;
  for (const key of otherPictureOptions(call))
    walk.recorder.missing(
      { ...at, text: `${key} of ${at.text}` },
      `a picture of a suite has no "${key}"; it is compared without it`,
    );
  const text = "its picture needs a baseline: run the suite once with --update-baselines";
  walk.recorder.book.tellAdvice({ line, column, text });
}
