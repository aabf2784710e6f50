/** Texts that a script expects of elements, as matchers. Playwright reads the text of the page's source: `textContent`. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type DemandCall, not } from "./demand.ts";
import { entriesIn, patternText, textIn, type Value } from "./values.ts";

/** A text or an expression as a matcher. @throws {Untranslated} */
export function textMatcher(value: Value | undefined, options?: Value): Entries {
  const isLax = isSet(options, "ignoreCase");
  if (value?.kind === "pattern")
    return { matches: patternText(isLax ? withoutCase(value) : value) };
  const text = textIn(value, "the expected text");
  return isLax ? { matches: `/^${plainPattern(text)}$/i` } : { equals: text };
}

type Pattern = Extract<Value, { kind: "pattern" }>;
const withoutCase = (pattern: Pattern): Pattern => ({
  ...pattern,
  flags: `${pattern.flags.replace("i", "")}i`,
});

function isSet(options: Value | undefined, key: string): boolean {
  const value = entriesIn(options).get(key);
  return value?.kind === "data" && value.value === true;
}

/** A text in which no sign means anything to an expression. */
export const plainPattern = (text: string): string =>
  text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");

type TextDemand = { readonly call: DemandCall; readonly isNot: boolean; readonly isWhole: boolean };

/** `toHaveText` and `toContainText`. @throws {Untranslated} */
export function textDemand(words: Entries, { call, isNot, isWhole }: TextDemand): Entries {
  const [expected] = call.args;
  const options = entriesIn(call.args[1]);
  const of = options.has("useInnerText") ? "text" : "textContent";
  if (expected?.kind === "list")
    return textsDemand(words, { items: expected.items, isNot, isWhole });
  if (expected?.kind === "pattern")
    return { [of]: words, ...not(isNot, { matches: patternText(expected) }) };
  const text = collapse(textIn(expected, "the expected text"));
  if (options.has("ignoreCase")) {
    const source = plainPattern(text);
    return { [of]: words, ...not(isNot, { matches: isWhole ? `/^${source}$/i` : `/${source}/i` }) };
  }
  return { [of]: words, ...not(isNot, isWhole ? { equals: text } : { contains: text }) };
}

const collapse = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

type Texts = {
  readonly items: readonly Value[];
  readonly isNot: boolean;
  readonly isWhole: boolean;
};

/** Of several elements only whole texts, all of them in their order. */
function textsDemand(words: Entries, { items, isNot, isWhole }: Texts): Entries {
  const texts: Json[] = items.map((item) => collapse(textIn(item, "an expected text")));
  if (!isWhole) throw new Untranslated("parts of the texts of several elements are expected");
  return { texts: words, ...not(isNot, { equals: texts }) };
}
