/** Reads from the page what `expect` checks and `save` keeps: one look, no waiting. */
import type { Locator as PageLocator } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import type { Subject } from "#proto/steps/subject.ts";
import {
  checkLength,
  type ReadOptions,
  readAssistive,
  readHiddenText,
  readInViewport,
  readShownText,
  readTexts,
} from "./elements/read.ts";
import * as inPage from "./elements/read-in-page.ts";
import { describeLocator, toPageLocator } from "./locate.ts";
import { plainMessage } from "./playwright-error.ts";
import type { Scene } from "./scene.ts";

/** What was seen; `fault`: why nothing could be seen; `count` 0 with it: no element is there. */
export type Observation =
  | { readonly value: Json | undefined }
  | { readonly fault: string; readonly isAbsent: boolean };

type ElementOf = Exclude<Subject, { of: "screenshot" | "a11y" | "aria" }>;
type ElementSubject = Extract<ElementOf, { locator: unknown }>;
type StateName =
  | "visible"
  | "hidden"
  | "enabled"
  | "disabled"
  | "checked"
  | "unchecked"
  | "focused"
  | "editable"
  | "empty"
  | "attached"
  | "inViewport";

type StateSubject = Extract<ElementSubject, { of: StateName }>;

const STATES: ReadonlySet<string> = new Set([
  "visible",
  "hidden",
  "enabled",
  "disabled",
  "checked",
  "unchecked",
  "focused",
  "editable",
  "empty",
  "attached",
  "inViewport",
] satisfies StateName[]);

/** True for the subjects that hold or do not hold. */
export function isState(subject: Subject): subject is StateSubject {
  return STATES.has(subject.of);
}

/** True for subjects that are read from elements, one or more. */
export function isOfElement(subject: Subject): subject is ElementSubject {
  return "locator" in subject && !["screenshot", "a11y", "aria"].includes(subject.of);
}

/** Looks once. Errors of Playwright become faults, as the next look may do better. */
export async function observe(scene: Scene, subject: Subject): Promise<Observation> {
  try {
    if (isOfElement(subject)) return await observeElement(scene, subject);
    if (subject.of === "url") return { value: scene.page.url() };
    if (subject.of === "title") return { value: await scene.page.title() };
    if (subject.of === "tabs") return { value: scene.tabs.pages.length };
    if (subject.of === "routed") return routed(scene, subject.name);
    if (subject.of === "that") return { value: subject.value };
    return { fault: `a page has no ${subject.of}`, isAbsent: false };
  } catch (thrown) {
    const text = thrown instanceof Error ? plainMessage(thrown.message) : String(thrown);
    return { fault: text, isAbsent: false };
  }
}

function routed({ surroundings }: Scene, name: string): Observation {
  const hits = surroundings.routes.hitsOf(name);
  if (hits !== undefined) return { value: hits };
  return { fault: `nothing: no route ${JSON.stringify(name)} was declared`, isAbsent: false };
}

async function observeElement(scene: Scene, subject: ElementSubject): Promise<Observation> {
  const locator = toPageLocator(scene.page, subject.locator);
  const options = { timeout: 1_000, signal: scene.signal };
  if (subject.of === "texts") return readTexts(locator);
  const shown = await observeShown(locator, subject, options);
  if (shown !== undefined) return shown;
  const count = await locator.count();
  if (subject.of === "count") return { value: count };
  if (count > 1) {
    const text = `${count} elements match ${describeLocator(subject.locator)} (nth says which)`;
    return { fault: text, isAbsent: false };
  }
  if (count === 0) return observeAbsence(subject);
  return readElement(locator, subject, options);
}

/** What most looks see, with fewer questions; undefined where no element, a hidden one or more than one is there. */
async function observeShown(
  locator: PageLocator,
  { of }: ElementSubject,
  options: ReadOptions,
): Promise<Observation | undefined> {
  if (of !== "visible" && of !== "text") return undefined;
  // It refuses more than one.
  if (!(await locator.isVisible().catch(() => false))) return undefined;
  return of === "visible" ? { value: true } : readShownText(locator, options);
}

function observeAbsence(subject: ElementSubject): Observation {
  if (subject.of === "hidden") return { value: true };
  if (subject.of === "attached") return { value: false };
  return { fault: `no element matches ${describeLocator(subject.locator)}`, isAbsent: true };
}

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
    case "focused":
      return { value: await locator.evaluate(inPage.isFocused, undefined, options) };
    case "editable":
      return { value: await locator.isEditable(options) };
    case "empty":
      return { value: await locator.evaluate(inPage.isEmpty, undefined, options) };
    case "attached":
      return { value: true };
    case "inViewport":
      return readInViewport(locator, subject.ratio ?? 0, options);
    case "value":
      return { value: await locator.inputValue(options) };
    case "values":
      return readValues(await locator.evaluate(inPage.readChosen, undefined, options));
    case "attribute":
      return { value: (await locator.getAttribute(subject.name, options)) ?? undefined };
    case "id":
      return { value: (await locator.getAttribute("id", options)) ?? undefined };
    case "class":
      return { value: await locator.evaluate(inPage.readClasses, undefined, options) };
    case "css":
      return {
        value: (await locator.evaluate(inPage.readStyle, subject.name, options)) ?? undefined,
      };
    case "role":
    case "accessibleName":
    case "accessibleDescription":
      return { value: await readAssistive(locator, subject.of) };
    case "textContent":
      return checkLength(
        await locator.evaluate(inPage.readTextContent, inPage.TEXT_LENGTH_MAX, options),
      );
    default:
      return readHiddenText(locator, options);
  }
}

function readValues(chosen: string[] | null): Observation {
  if (chosen !== null) return { value: chosen };
  return { fault: "it is no list of options (select)", isAbsent: false };
}
