/** Readings of elements that take more than one question to Playwright. */
import type { Locator as PageLocator } from "playwright-core";
import { collapse } from "../../matcher.ts";
import type { Observation } from "../observe.ts";
import { expectOnce } from "./expect-once.ts";
import { measureVisiblePart, readRenderedText, TEXT_LENGTH_MAX } from "./read-in-page.ts";

export type ReadOptions = { readonly timeout: number; readonly signal: AbortSignal };

/** More matches are not read. */
const ELEMENTS_MAX = 1_000;
/** Playwright's rule: rounding must not hide what is just there. */
const RATIO_SLACK = 1e-9;

const ASSISTIVE = {
  role: "to.have.role",
  accessibleName: "to.have.accessible.name",
  accessibleDescription: "to.have.accessible.description",
} as const;

/** A text that was cut in the page, since no node could hold it, is not what stands there. */
export function checkLength(text: string): Observation {
  if (text.length <= TEXT_LENGTH_MAX) return { value: text };
  return { fault: `a text longer than ${TEXT_LENGTH_MAX} characters`, isAbsent: false };
}

/**
 * The text that a person sees of an element that is visible, told by Playwright's own world: what it takes to run a function in
 * the page's world is a tenth of the CPU time of a short test (2026-11). Undefined for what has no inner text, and is no HTML.
 */
export async function readShownText(
  locator: PageLocator,
  options: ReadOptions,
): Promise<Observation | undefined> {
  // One that went away is looked for again.
  // biome-ignore lint/performance/useDomNodeTextContent: rendered text is the point
  const text = await locator.innerText(options).catch(() => undefined);
  return text === undefined ? undefined : checkLength(text);
}

/** The text that a person sees of one that is not plainly visible: an option's label, what a box of none has in it. */
export async function readHiddenText(
  locator: PageLocator,
  options: ReadOptions,
): Promise<Observation> {
  return checkLength(await locator.evaluate(readRenderedText, TEXT_LENGTH_MAX, options));
}

/** The texts that a person sees of all matches, collapsed, in the order of the page. */
export async function readTexts(locator: PageLocator): Promise<Observation> {
  const handles = await locator.elementHandles();
  try {
    if (handles.length > ELEMENTS_MAX)
      return {
        fault: `${handles.length} elements, at most ${ELEMENTS_MAX} are read`,
        isAbsent: false,
      };
    const texts: string[] = [];
    let length = 0;
    for (const handle of handles) {
      const text = await handle.evaluate(readRenderedText, TEXT_LENGTH_MAX);
      length += text.length;
      if (length > TEXT_LENGTH_MAX) return checkLength("x".repeat(TEXT_LENGTH_MAX + 1));
      texts.push(collapse(text));
    }
    return { value: texts };
  } finally {
    await Promise.all(handles.map((handle) => handle.dispose()));
  }
}

/** Whether at least `ratio` of it, and something of it, is within the viewport. */
export async function readInViewport(
  locator: PageLocator,
  ratio: number,
  options: ReadOptions,
): Promise<Observation> {
  const part = await locator.evaluate(measureVisiblePart, undefined, options);
  return { value: part > 0 && part > ratio - RATIO_SLACK };
}

/** What assistive technology is told of it, by the rules of ARIA that Playwright knows. */
export async function readAssistive(
  locator: PageLocator,
  of: keyof typeof ASSISTIVE,
): Promise<string> {
  const { received } = await expectOnce(locator, ASSISTIVE[of], {
    // No name is this, so it is told what there is.
    expectedText: [{ string: "\u0001" }],
  });
  if (typeof received === "string") return received;
  throw new Error(`its ${of} could not be read`);
}
