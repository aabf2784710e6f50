/**
 * Takes pictures on which no secret can be read (K1): elements whose text or value holds one are covered first, and
 * looked for again afterwards, as a page may change in between. A picture that cannot be made safe is not taken.
 * Does not cover what a page draws itself (canvas, background images, generated content).
 */
import type { Frame, JSHandle, Locator, Page } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { StepError } from "../driver.ts";

export type PictureOptions = {
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly locator?: Locator | undefined;
  readonly fullPage?: boolean;
};

const MARK = "data-panoptic-covered";
const TRIES_MAX = 3;
const READ_ALL = "document.body ? document.body.innerText : ''";
const COVER_COLOUR = "#444444";

/**
 * Takes a PNG of the page or of one element.
 *
 * @throws {StepError} `screenshot` when the page shows secrets that cannot be covered.
 */
export async function takePicture(page: Page, options: PictureOptions): Promise<Uint8Array> {
  if (options.redactor.isEmpty) return shoot(page, options, []);
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      await markSecrets(page, options.redactor);
      const masks = page.frames().map((frame) => frame.locator(`[${MARK}]`));
      const picture = await shoot(page, options, masks);
      if ((await markSecrets(page, options.redactor)) === 0) return picture;
    } finally {
      await unmark(page);
    }
  }
  throw withheld("the page kept changing while its secrets were covered");
}

async function shoot(page: Page, options: PictureOptions, mask: Locator[]): Promise<Uint8Array> {
  const common = { mask, maskColor: COVER_COLOUR, timeout: 0, signal: options.signal };
  if (options.locator !== undefined) return options.locator.screenshot(common);
  return page.screenshot({ ...common, fullPage: options.fullPage ?? false });
}

/** Marks what shows a secret in every frame; the count of what was not marked before. */
async function markSecrets(page: Page, redactor: Redactor): Promise<number> {
  const counts = await Promise.all(page.frames().map((frame) => markInFrame(frame, redactor)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function markInFrame(frame: Frame, redactor: Redactor): Promise<number> {
  if (frame.isDetached()) return 0;
  try {
    await using found = await frame.evaluateHandle(collectTexts, undefined);
    const texts = await found.evaluate((candidates) => candidates.map((one) => one.text));
    const isHit = (text: string) => redactor.text(text) !== text;
    const hits = texts.flatMap((text, index) => (isHit(text) ? [index] : []));
    // Spread over a long text's inline elements: the whole body is covered, its first candidate.
    if (hits.length === 0 && isHit(await frame.evaluate(READ_ALL))) hits.push(0);
    if (hits.length === 0) return 0;
    return await mark(found, hits);
  } catch (thrown) {
    if (frame.isDetached()) return 0;
    throw withheld(`its secrets could not be looked for: ${redactor.text(messageOf(thrown))}`);
  }
}

type Candidates = Array<{ element: Element; text: string }>;

function mark(found: JSHandle<Candidates>, hits: number[]): Promise<number> {
  return found.evaluate(
    (candidates, { hits, name }) => {
      let marked = 0;
      for (const index of hits) {
        const element = candidates[index]?.element;
        if (element === undefined || element.hasAttribute(name)) continue;
        element.setAttribute(name, "");
        marked += 1;
      }
      return marked;
    },
    { hits, name: MARK },
  );
}

async function unmark(page: Page): Promise<void> {
  const frames = page.frames().map((frame) =>
    frame.locator(`[${MARK}]`).evaluateAll((elements, name) => {
      for (const element of elements) element.removeAttribute(name);
    }, MARK),
  );
  // A frame that went away took its marks along.
  await Promise.allSettled(frames);
}

/**
 * Runs in the page: everything whose value or text a person could read. Short texts are taken of every element, as a
 * secret may be spread over inline children; long ones of the elements that hold the text themselves.
 */
function collectTexts(): Candidates {
  const lengthMax = 500;
  const result: Candidates = [{ element: document.body ?? document.documentElement, text: "" }];
  const visit = (root: Document | ShadowRoot) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot !== null) visit(element.shadowRoot);
      const parts = [
        (element as HTMLInputElement).value,
        element.getAttribute("placeholder"),
        element.getAttribute("alt"),
        element.getAttribute("label"),
      ];
      const whole = element.textContent ?? "";
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      parts.push(
        whole.length <= lengthMax ? whole : own.map((node) => node.textContent).join("\n"),
      );
      const text = parts.filter((part) => typeof part === "string" && part !== "").join("\n");
      if (text !== "") result.push({ element, text });
    }
  };
  visit(document);
  return result;
}

function withheld(reason: string): StepError {
  return new StepError(
    "failed",
    "screenshot",
    `Took no screenshot, as it may show a secret: ${reason}`,
  );
}
