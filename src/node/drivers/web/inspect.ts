/** What a person may ask of a page while its attempt stands still: what a locator finds, a value, a picture. */
import type { ElementHandle, Page } from "playwright-core";
import type { Locator } from "#proto/matcher.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type FoundElements, type Inspector, type SessionOptions, StepError } from "../driver.ts";
import { toPageLocator } from "./locate.ts";
import { takePicture } from "./mask.ts";
import { plainMessage } from "./playwright-error.ts";

export type Inspecting = {
  /** The current tab's. */
  readonly page: () => Page;
  readonly options: SessionOptions;
  readonly clock: Clock;
};

/** So many elements are described. */
const DESCRIBED_MAX = 10;
const VALUE_LENGTH_MAX = 10_000;
const OUTLINE = "3px solid #d0f";

/** Makes the inspector of a session. What it shows is masked as evidence is. */
export function createInspector({ page, options, clock }: Inspecting): Inspector {
  const { redactor } = options;
  const shoot = (signal: AbortSignal) =>
    takePicture(page(), { redactor, signal, clock, format: "png", quality: 100 });
  return {
    url: () => redactor.text(page().url()),
    find: (locator, signal) => explained(() => find(locator, signal)),
    evaluate: (js) => explained(async () => redactor.text(await evaluate(page(), js))),
    picture: (signal) => explained(() => shoot(signal)),
  };

  async function find(locator: Locator, signal: AbortSignal): Promise<FoundElements> {
    const found = toPageLocator(page(), locator);
    const count = await found.count();
    const handles = (await found.elementHandles()).slice(0, DESCRIBED_MAX);
    const elements = await Promise.all(handles.map((one) => one.evaluate(describe)));
    if (count === 0) return { count, elements: [] };
    await outline(handles, OUTLINE);
    try {
      return { count, elements: elements.map(redactor.text), picture: await shoot(signal) };
    } finally {
      await outline(handles, undefined);
    }
  }
}

async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    if (thrown instanceof StepError) throw thrown;
    throw new StepError("failed", "inspect", plainMessage(messageOf(thrown)));
  }
}

/** An expression, or statements; its value as JSON, or as text where it has none. */
async function evaluate(page: Page, js: string): Promise<string> {
  const value: unknown = await page.evaluate(js);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}

async function outline(
  handles: readonly ElementHandle[],
  style: string | undefined,
): Promise<void> {
  const marked = handles.map((one) =>
    one.evaluate((element, drawn) => {
      if (!(element instanceof HTMLElement || element instanceof SVGElement)) return;
      if (drawn === undefined) element.style.removeProperty("outline");
      else element.style.setProperty("outline", drawn, "important");
    }, style),
  );
  // An element that went away needs no outline.
  await Promise.allSettled(marked);
}

/** Runs in the page: `<button id="buy" class="big"> "Buy now" (hidden)`. */
function describe(element: Element): string {
  const shown = ["id", "name", "type", "role", "data-testid", "aria-label", "href", "class"];
  const attributes = shown.flatMap((name) => {
    const value = element.getAttribute(name);
    return value === null || value === "" ? [] : [` ${name}=${JSON.stringify(value.slice(0, 60))}`];
  });
  const text = (element.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 60);
  const hidden = element.checkVisibility() ? "" : " (hidden)";
  const words = text === "" ? "" : ` ${JSON.stringify(text)}`;
  return `<${element.tagName.toLowerCase()}${attributes.join("")}>${words}${hidden}`;
}
