/**
 * Chooses how a recorded element is found: the first of its ways that the engine of our own locators takes for this very
 * element and no other, on the page as it is now.
 */
import type { Frame, Page } from "playwright-core";
import type { Json, Locator } from "#proto/matcher.ts";
import { escapeTemplate } from "#shared/template.ts";
import { toPageLocator } from "../locate.ts";
import type { Candidate } from "./signals.ts";

export type Chosen = {
  readonly locator: Locator;
  /** Why it is not one of the good ones; absent: it is. */
  readonly comment?: string;
};

export type Choosing = {
  readonly page: Page;
  readonly frame: Frame;
  readonly id: number;
  readonly candidates: readonly Candidate[];
  /** Where the page keeps its words. */
  readonly place: string;
  /** Whether a text may stand in a file. */
  readonly isOpen: (text: string) => boolean;
};

/** Chooses; undefined when none of them fits, or the page went away before it could be told. */
export async function chooseLocator(choosing: Choosing): Promise<Chosen | undefined> {
  const { page, frame, candidates, isOpen } = choosing;
  const inside = await frameLocator(page, frame);
  if (inside === "unknown") return undefined;
  const allowed = candidates.filter((one) => isUsable(one) && textsOf(one).every(isOpen));
  const framed = allowed
    .flatMap(exactToo)
    .map((way) => (inside === undefined ? way : { ...way, frame: inside }));
  const fits = await Promise.all(framed.map((locator) => isThisOne(choosing, locator)));
  const isGood = (locator: Locator, index: number) =>
    fits[index] === "one" && !(locator.by === "css" && PATH.test(locator.value));
  const good = framed.find(isGood);
  if (good !== undefined) return { locator: good, ...commentOf(good) };
  const last = framed.find((_, index) => fits[index] === "one");
  return chooseNth(framed, fits) ?? (last && { locator: last, ...commentOf(last) });
}

/** A way through the document, which changes with it. */
const PATH = /^(html|#\S+) > /;

/** Of several alike the number says which. */
function chooseNth(ways: readonly Locator[], fits: readonly Fit[]): Chosen | undefined {
  const index = ways.findIndex(({ by }, at) => by !== "css" && typeof fits[at] === "number");
  const [way, nth] = [ways[index], fits[index]];
  if (way === undefined || typeof nth !== "number") return undefined;
  const comment = "several are alike: another name or a data-testid would say which";
  return { locator: { ...way, nth }, comment };
}

/** A text that begins so would be read as a regular expression. */
const isUsable = (candidate: Candidate): boolean =>
  textsOf(candidate).every((text) => !text.startsWith("/"));

const textsOf = ({ value, name = "", within }: Candidate): readonly string[] => [
  value,
  name,
  within?.hasText ?? "",
];

/** Parts of names first: they stand more. */
function exactToo({ by, value, name, within }: Candidate): Locator[] {
  const around = within && { by: "role" as const, value: within.role, hasText: within.hasText };
  const way: Locator = {
    ...{ by, value },
    ...(name !== undefined && { name }),
    ...(around !== undefined && { within: around }),
  };
  const hasParts = by === "label" || by === "placeholder" || by === "text" || name !== undefined;
  return hasParts ? [way, { ...way, exact: true }] : [way];
}

/** `one`: this element alone; a number: this one of several; `no`: neither, or it cannot be told. */
type Fit = "one" | "no" | number;

async function isThisOne({ page, id, place }: Choosing, locator: Locator): Promise<Fit> {
  try {
    const index = await toPageLocator(page, locator).evaluateAll(findIn, { id, place });
    if (index.count === 1 && index.at === 0) return "one";
    return index.at >= 0 ? index.at : "no";
  } catch {
    // The page went away, or the selector is none.
    return "no";
  }
}

/** Runs in the page. */
function findIn(
  found: readonly Element[],
  { id, place }: { readonly id: number; readonly place: string },
): { readonly count: number; readonly at: number } {
  const words = Reflect.get(window, place) as { element: (id: number) => Element | undefined };
  const element = words.element(id);
  return { count: found.length, at: element === undefined ? -1 : found.indexOf(element) };
}

const commentOf = ({ by }: Locator) =>
  by === "css"
    ? { comment: "no role, label or text says it: a data-testid would be steadier" }
    : {};

/** The locator of the frame's own element, in the frame around it. */
async function frameLocator(page: Page, frame: Frame): Promise<Locator | undefined | "unknown"> {
  const parent = frame.parentFrame();
  if (parent === null) return undefined;
  try {
    const around = await frameLocator(page, parent);
    if (around === "unknown") return around;
    const own = await frame.frameElement();
    const ways = await own.evaluate(waysOfFrame);
    for (const value of ways) {
      const way: Locator = { by: "css", value, ...(around && { frame: around }) };
      const found = await toPageLocator(page, way).elementHandles();
      const same = await Promise.all(found.map((one) => one.evaluate((a, b) => a === b, own)));
      if (same.length === 1 && same[0] === true) return way;
      if (same.includes(true)) return { ...way, nth: same.indexOf(true) };
    }
    return "unknown";
  } catch {
    // It went away meanwhile.
    return "unknown";
  }
}

/** Runs in the page. */
function waysOfFrame(element: Element): string[] {
  const tag = element.localName;
  const named = ["name", "title", "data-testid"].flatMap((key) => {
    const value = element.getAttribute(key);
    return value ? [`${tag}[${key}=${JSON.stringify(value)}]`] : [];
  });
  return [...(element.id === "" ? [] : [`#${CSS.escape(element.id)}`]), ...named, tag];
}

/** As people write it: `{ role: button, name: Buy }`. */
export function writeLocator({ by, value, ...more }: Locator): { readonly [key: string]: Json } {
  const { name, exact, hasText, nth, within, frame } = more;
  return {
    [by]: escapeTemplate(value),
    ...(name !== undefined && { name: escapeTemplate(name) }),
    ...(exact === true && { exact }),
    ...(hasText !== undefined && { hasText: escapeTemplate(hasText) }),
    ...(within !== undefined && { within: writeLocator(within) }),
    ...(nth !== undefined && { nth }),
    ...(frame !== undefined && { frame: writeLocator(frame) }),
  };
}
