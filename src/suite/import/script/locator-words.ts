/** Locators of a script in the words of the suite format: getBy…, selectors, filters, choices, frames. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Ground, on } from "./ground.ts";
import { selectorWords } from "./selector.ts";
import { entriesIn, jsonIn, textIn, type Value, wordsIn } from "./values.ts";

const BY_TEXT: ReadonlyMap<string, string> = new Map([
  ["getByText", "text"],
  ["getByLabel", "label"],
  ["getByPlaceholder", "placeholder"],
  ["getByAltText", "altText"],
  ["getByTitle", "title"],
]);
const ROLE_STATES = ["checked", "disabled", "expanded", "pressed", "selected", "level"];

/** Methods that make a locator out of a page, a frame or a locator. */
export const FINDERS: ReadonlySet<string> = new Set([
  ...BY_TEXT.keys(),
  "getByRole",
  "getByTestId",
  "locator",
  "frameLocator",
]);

/** What `find` knows beside its arguments. */
export type Finding = {
  readonly name: string;
  readonly args: readonly Value[];
  readonly ground: Ground;
  readonly testIdAttribute: string;
};

/** The words for one call of a finder. @throws {Untranslated} with the reason. */
export function find({ name, args, ground, testIdAttribute }: Finding): Entries {
  const [first, second] = args;
  const byText = BY_TEXT.get(name);
  if (byText !== undefined) return on(ground, textWords(byText, first, second));
  if (name === "getByRole") return on(ground, roleWords(first, second));
  if (name === "getByTestId") return on(ground, testIdWords(first, testIdAttribute));
  if (first?.kind === "locator") return narrow(on(ground, first.words), second);
  return narrow(selectorWords(textIn(first, "the selector"), ground), second);
}

function textWords(key: string, value: Value | undefined, options: Value | undefined): Entries {
  const isExact = isTrue(entriesIn(options).get("exact"));
  return { [key]: wordsIn(value, `the ${key}`, isExact), ...(isExact ? { exact: true } : {}) };
}

const isTrue = (value: Value | undefined): boolean =>
  value?.kind === "data" && value.value === true;

function roleWords(role: Value | undefined, options: Value | undefined): Entries {
  const given = entriesIn(options);
  const isExact = isTrue(given.get("exact"));
  const name = given.get("name");
  const words: { [key: string]: Json } = { role: textIn(role, "the role") };
  if (name !== undefined) words["name"] = wordsIn(name, "the name", isExact);
  if (isExact && name !== undefined) words["exact"] = true;
  for (const [key, value] of given) {
    if (ROLE_STATES.includes(key)) words[key] = jsonIn(value, key);
    else if (key !== "name" && key !== "exact")
      throw new Untranslated(`a role has no "${key}" in a suite`);
  }
  return words;
}

function testIdWords(value: Value | undefined, attribute: string): Entries {
  if (attribute === "data-testid") return { testId: wordsIn(value, "the test id", true) };
  return { css: `[${attribute}=${JSON.stringify(textIn(value, "the test id"))}]` };
}

/** Options of `locator()` and `filter()`: hasText, hasNotText, has, hasNot, visible. @throws {Untranslated} */
export function narrow(words: Entries, options: Value | undefined): Entries {
  const added: { [key: string]: Json } = {};
  for (const [key, value] of entriesIn(options)) {
    if (key === "hasText" || key === "hasNotText") added[key] = wordsIn(value, key);
    else if (key === "visible") added[key] = jsonIn(value, key);
    else if ((key === "has" || key === "hasNot") && value.kind === "locator")
      added[key] = withoutFrame(value.words);
    else throw new Untranslated(`a locator has no "${key}" in a suite`);
  }
  if (Object.keys(added).length === 0) return words;
  if (words["nth"] !== undefined)
    throw new Untranslated("what is chosen by its number is filtered afterwards");
  const isTaken = Object.keys(added).some((key) => words[key] !== undefined);
  if (!isTaken) return { ...words, ...added };
  const { frame, ...inner } = words;
  const both = { ...inner, ...added, and: inner };
  return frame === undefined ? both : { ...both, frame };
}

const withoutFrame = (words: Entries): Entries =>
  Object.fromEntries(Object.entries(words).filter(([key]) => key !== "frame"));

/** `first()`, `last()`, `nth(2)`. @throws {Untranslated} for a choice out of a choice. */
export function choose(words: Entries, nth: number): Entries {
  const chosen = words["nth"];
  if (chosen === undefined) return { ...words, nth };
  if (nth === 0 || nth === -1) return words;
  throw new Untranslated("a choice is made out of what was chosen by its number");
}

/** `a.and(b)` and `a.or(b)`. @throws {Untranslated} where the first was chosen by its number. */
export function combine(words: Entries, key: "and" | "or", other: Value | undefined): Entries {
  if (other?.kind !== "locator") throw new Untranslated(`${key}() takes a locator`);
  if (words["nth"] !== undefined || words[key] !== undefined)
    throw new Untranslated(`${key}() follows a choice or another ${key}()`);
  return { ...words, [key]: withoutFrame(other.words) };
}

/** How a field is called, to see whether it takes a secret. */
export function spokenName(words: Entries): string {
  return ["label", "placeholder", "name", "title", "testId", "text", "css", "xpath"]
    .map((key) => words[key])
    .filter((text) => typeof text === "string")
    .join(" ");
}
