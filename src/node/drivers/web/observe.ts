/** Reads from the page what `expect` checks and `save` keeps: one look, no waiting. */
import type { Locator as PageLocator } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import type { Subject } from "#proto/steps/subject.ts";
import { describeLocator, toPageLocator } from "./locate.ts";
import { plainMessage } from "./playwright-error.ts";
import type { Scene } from "./scene.ts";

/** What was seen; `fault`: why nothing could be seen; `count` 0 with it: no element is there. */
export type Observation =
  | { readonly value: Json | undefined }
  | { readonly fault: string; readonly isAbsent: boolean };

type ElementSubject = Extract<Subject, { locator: unknown }>;
type StateName = "visible" | "hidden" | "enabled" | "disabled" | "checked" | "unchecked";

type StateSubject = ElementSubject & { readonly of: StateName };

/** As of a body of HTTP. */
const TEXT_LENGTH_MAX = 10 * 1024 * 1024;

const STATES: ReadonlySet<string> = new Set([
  "visible",
  "hidden",
  "enabled",
  "disabled",
  "checked",
  "unchecked",
] satisfies StateName[]);

/** True for the subjects that hold or do not hold, without a matcher. */
export function isState(subject: Subject): subject is StateSubject {
  return STATES.has(subject.of);
}

/** Looks once. Errors of Playwright become faults, as the next look may do better. */
export async function observe(scene: Scene, subject: Subject): Promise<Observation> {
  try {
    if ("locator" in subject) return await observeElement(scene, subject);
    if (subject.of === "url") return { value: scene.page.url() };
    if (subject.of === "title") return { value: await scene.page.title() };
    if (subject.of === "that") return { value: subject.value };
    return { fault: `a page has no ${subject.of}`, isAbsent: false };
  } catch (thrown) {
    const text = thrown instanceof Error ? plainMessage(thrown.message) : String(thrown);
    return { fault: text, isAbsent: false };
  }
}

async function observeElement(scene: Scene, subject: ElementSubject): Promise<Observation> {
  const locator = toPageLocator(scene.page, subject.locator);
  const count = await locator.count();
  if (subject.of === "count") return { value: count };
  if (count > 1) {
    const text = `${count} elements match ${describeLocator(subject.locator)} (nth says which)`;
    return { fault: text, isAbsent: false };
  }
  if (count === 0) return observeAbsence(subject);
  return readElement(locator, subject, { timeout: 1_000, signal: scene.signal });
}

function observeAbsence(subject: ElementSubject): Observation {
  if (subject.of === "hidden") return { value: true };
  return { fault: `no element matches ${describeLocator(subject.locator)}`, isAbsent: true };
}

type ReadOptions = { readonly timeout: number; readonly signal: AbortSignal };

async function readElement(
  locator: PageLocator,
  subject: ElementSubject,
  options: ReadOptions,
): Promise<Observation> {
  switch (subject.of) {
    case "visible":
      return { value: await locator.isVisible() };
    case "hidden":
      return { value: await locator.isHidden() };
    case "enabled":
      return { value: await locator.isEnabled(options) };
    case "disabled":
      return { value: await locator.isDisabled(options) };
    case "checked":
      return { value: await locator.isChecked(options) };
    case "unchecked":
      return { value: !(await locator.isChecked(options)) };
    case "value":
      return { value: await locator.inputValue(options) };
    case "attribute":
      return { value: (await locator.getAttribute(subject.name, options)) ?? undefined };
    default:
      return checkLength(await locator.evaluate(readRenderedText, TEXT_LENGTH_MAX, options));
  }
}

/** A text that was cut in the page, since no node could hold it, is not what stands there. */
function checkLength(text: string): Observation {
  if (text.length <= TEXT_LENGTH_MAX) return { value: text };
  return { fault: `a text longer than ${TEXT_LENGTH_MAX} characters`, isAbsent: false };
}

/** Runs in the page: the text that a person sees, up to one character too many. `innerText` alone would give hidden elements' text too. */
function readRenderedText(element: Element, lengthMax: number): string {
  const isBoxless = getComputedStyle(element).display === "contents";
  const isOption = element instanceof HTMLOptionElement;
  if (!isOption && !isBoxless && !element.checkVisibility()) return "";
  if (isOption) return element.label;
  // biome-ignore lint/performance/useDomNodeTextContent: rendered text is the point
  const text = element instanceof HTMLElement ? element.innerText : (element.textContent ?? "");
  return text.slice(0, lengthMax + 1);
}
