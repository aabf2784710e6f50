/** Turns the suite's locators into Playwright's, and into words. */
import type { FrameLocator, Page, Locator as PageLocator } from "playwright-core";
import type { Locator, LocatorText } from "#proto/matcher.ts";
import { messageOf, unreachable } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { SHOWN_ENGINE } from "./elements/register-engines.ts";

/** Where elements are looked for: a page, or an inner frame of it. */
type Root = Page | FrameLocator;
type Role = Parameters<Page["getByRole"]>[0];

/**
 * Nothing is looked up yet; strict unless `nth` is given.
 *
 * @throws {StepError} `locator` for a text that is no regular expression once its values are known.
 */
export function toPageLocator(page: Root, locator: Locator): PageLocator {
  const root =
    locator.frame === undefined ? page : toPageLocator(page, locator.frame).contentFrame();
  const scope = locator.within === undefined ? root : toPageLocator(root, locator.within);
  const found = narrow(root, find(scope, locator), locator);
  return locator.nth === undefined ? found : found.nth(locator.nth);
}

function find(scope: Root | PageLocator, locator: Locator): PageLocator {
  const exact = locator.exact ?? false;
  const words = wordsOf(locator, "value") ?? "";
  switch (locator.by) {
    case "css":
      return scope.locator(`css=${locator.value}`);
    case "xpath":
      return scope.locator(`xpath=${locator.value}`);
    case "text":
      return scope.getByText(words, { exact });
    case "label":
      return scope.getByLabel(words, { exact });
    case "placeholder":
      return scope.getByPlaceholder(words, { exact });
    case "altText":
      return scope.getByAltText(words, { exact });
    case "title":
      return scope.getByTitle(words, { exact });
    case "testId":
      return scope.getByTestId(words);
    case "shown":
      return scope.locator(`${SHOWN_ENGINE}=${encodeShown(locator)}`);
    case "role":
      // Playwright's type lists the roles; an unknown one simply matches nothing.
      return scope.getByRole(locator.value as Role, roleOptions(locator));
    default:
      return unreachable(locator.by);
  }
}

/** No sign of it means anything in a selector. */
function encodeShown({ shown, value }: Locator): string {
  return encodeURIComponent(JSON.stringify(shown ?? { text: value })).replaceAll("'", "%27");
}

type RoleOptions = NonNullable<Parameters<Page["getByRole"]>[1]>;
const STATES = ["checked", "pressed", "expanded", "selected", "disabled"] as const;

function roleOptions(locator: Locator): RoleOptions {
  const name = wordsOf(locator, "name");
  const states = STATES.flatMap((state) => {
    const wanted = locator[state];
    return wanted === undefined ? [] : [[state, wanted] as const];
  });
  return {
    ...(name === undefined ? {} : { name, exact: locator.exact ?? false }),
    ...(locator.level === undefined ? {} : { level: locator.level }),
    ...Object.fromEntries(states),
  };
}

/** What `has` and the like look for is looked for from the same frame on. */
function narrow(root: Root, found: PageLocator, locator: Locator): PageLocator {
  const hasText = wordsOf(locator, "hasText");
  const hasNotText = wordsOf(locator, "hasNotText");
  const { has, hasNot, visible, and, or } = locator;
  let narrowed = found;
  if (hasText !== undefined) narrowed = narrowed.filter({ hasText });
  if (hasNotText !== undefined) narrowed = narrowed.filter({ hasNotText });
  if (has !== undefined) narrowed = narrowed.filter({ has: toPageLocator(root, has) });
  if (hasNot !== undefined) narrowed = narrowed.filter({ hasNot: toPageLocator(root, hasNot) });
  if (and !== undefined) narrowed = narrowed.and(toPageLocator(root, and));
  if (or !== undefined) narrowed = narrowed.or(toPageLocator(root, or));
  return visible === undefined ? narrowed : narrowed.filter({ visible });
}

/** One of the texts, as an expression where it is one. */
function wordsOf(locator: Locator, key: LocatorText): string | RegExp | undefined {
  const text = locator[key];
  if (text === undefined || locator.patterns?.includes(key) !== true) return text;
  const [, source = text, flags = ""] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text) ?? [];
  try {
    return new RegExp(source, flags);
  } catch (thrown) {
    const fault = `Cannot look for ${text}: ${messageOf(thrown)}`;
    throw new StepError("failed", "locator", fault);
  }
}

/** How failure texts name what was looked for: `role button "Add to cart"`, `"#count" (nth 1)`. */
export function describeLocator(locator: Locator): string {
  const { by, exact, visible } = locator;
  const value = by === "role" ? describeRole(locator) : quoted(locator, "value");
  const parts = [by === "css" ? value : `${by} ${value}`];
  if (exact) parts.push("(exact)");
  if (locator.hasText !== undefined) parts.push(`with text ${quoted(locator, "hasText")}`);
  if (locator.hasNotText !== undefined) parts.push(`without text ${quoted(locator, "hasNotText")}`);
  if (visible !== undefined) parts.push(visible ? "(visible)" : "(hidden)");
  return parts.join(" ") + describeOthers(locator);
}

function describeRole(locator: Locator): string {
  const parts = [locator.value];
  if (locator.name !== undefined) parts.push(quoted(locator, "name"));
  if (locator.level !== undefined) parts.push(`(level ${locator.level})`);
  for (const state of STATES)
    if (locator[state] !== undefined) parts.push(locator[state] ? `(${state})` : `(not ${state})`);
  return parts.join(" ");
}

/** Expressions stand between their own slashes. */
function quoted(locator: Locator, key: LocatorText): string {
  const text = locator[key] ?? "";
  return locator.patterns?.includes(key) === true ? text : JSON.stringify(text);
}

function describeOthers(locator: Locator): string {
  const others = [
    ["with", locator.has],
    ["without", locator.hasNot],
    ["and", locator.and],
    ["or", locator.or],
    ["within", locator.within],
    ["in frame", locator.frame],
  ] as const;
  const texts = others.map(([word, one]) =>
    one === undefined
      ? ""
      : ` ${word} ${isPlain(one) ? describeLocator(one) : `(${describeLocator(one)})`}`,
  );
  const nth = locator.nth === undefined ? "" : ` (${describeNth(locator.nth)})`;
  return nth + texts.join("");
}

/** Chains of `within` and `in frame` read well without brackets. */
function isPlain({ has, hasNot, and, or }: Locator): boolean {
  return [has, hasNot, and, or].every((one) => one === undefined);
}

const describeNth = (nth: number): string => (nth === -1 ? "last" : `nth ${nth}`);
