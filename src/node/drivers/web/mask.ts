/**
 * Takes pictures on which no secret can be read (K1): elements whose text or value holds one are covered first, password
 * fields with something in them always, and looked for again afterwards, as a page may change in between. A picture that cannot be made safe is not taken.
 * Does not cover what a page draws itself (canvas, background images, generated content).
 */
import type { Frame, Locator, Page } from "playwright-core";
import type { PictureFormat } from "#proto/evidence.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { StepError } from "../driver.ts";
import { learnPasswords } from "./passwords.ts";

export type PictureOptions = {
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly locator?: Locator | undefined;
  readonly fullPage?: boolean;
  readonly format: PictureFormat;
  /** Of JPEG, 1 to 100. */
  readonly quality: number;
  /** To be compared: without animations and caret, a pixel of CSS is one, these elements are covered, too. */
  readonly still?: { readonly masks: readonly Locator[] };
};

const MARK = "data-panoptic-covered";
const TRIES_MAX = 3;
const ROUNDS_MAX = 20;
const COVER_COLOUR = "#444444";
const STILL = { animations: "disabled", caret: "hide", scale: "css" } as const;

/**
 * Takes a picture of the page or of one element.
 *
 * @throws {StepError} `screenshot` when the page shows secrets that cannot be covered.
 */
export async function takePicture(page: Page, options: PictureOptions): Promise<Uint8Array> {
  await learnPasswords(page, options.redactor, options.clock);
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
  const { format, quality, signal, still } = options;
  const common = {
    type: format,
    ...(format === "jpeg" && { quality }),
    ...(still && STILL),
    ...{ mask: [...mask, ...(still?.masks ?? [])], maskColor: COVER_COLOUR, timeout: 0, signal },
  };
  if (options.locator !== undefined) return options.locator.screenshot(common);
  return page.screenshot({ ...common, fullPage: options.fullPage ?? false });
}

/** Marks what shows a secret in every frame; the count of what was not marked before. */
async function markSecrets(page: Page, redactor: Redactor): Promise<number> {
  const counts = await Promise.all(page.frames().map((frame) => markInFrame(frame, redactor)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Innermost first, then what is left of the text around them, until nothing shows a secret. */
async function markInFrame(frame: Frame, redactor: Redactor): Promise<number> {
  if (frame.isDetached()) return 0;
  const isHit = ({ text, isPassword }: Shown) => isPassword || redactor.text(text) !== text;
  let marked = 0;
  try {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const found = await markRound(frame, isHit);
      marked += found;
      if (found === 0) return marked;
    }
  } catch (thrown) {
    if (frame.isDetached()) return marked;
    throw withheld(`its secrets could not be looked for: ${redactor.text(messageOf(thrown))}`);
  }
  throw withheld("its secrets are nested too deep");
}

async function markRound(frame: Frame, isHit: (shown: Shown) => boolean): Promise<number> {
  await using found = await frame.evaluateHandle(collectTexts, MARK);
  const texts = await found.evaluate((candidates) =>
    candidates.map(({ text, isPassword }) => ({ text, isPassword })),
  );
  const hits = texts.flatMap((shown, index) => (isHit(shown) ? [index] : []));
  // Awaited here: the handle is released with this function.
  return hits.length === 0 ? 0 : await found.evaluate(markHits, { hits, name: MARK });
}

/** `isPassword`: a password field that holds something, of which a browser shows how long it is. */
type Shown = { readonly text: string; readonly isPassword: boolean };
type Candidates = Array<Shown & { readonly element: Element }>;

/** Runs in the page: marks the hits that hold no other hit, and says how many. */
function markHits(
  candidates: Candidates,
  { hits, name }: { readonly hits: readonly number[]; readonly name: string },
): number {
  const innermost: Element[] = [];
  for (const index of hits) {
    const element = candidates[index]?.element;
    if (element === undefined || innermost.some((one) => element.contains(one))) continue;
    innermost.push(element);
    // What has no box of its own is covered with what shows it.
    const isBoxless = getComputedStyle(element).display === "contents";
    const shown = isBoxless ? element.parentElement : element.closest("select");
    (shown ?? element).setAttribute(name, "");
    element.setAttribute(name, "");
  }
  return innermost.length;
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
 * Runs in the page: everything whose value or text a person could read, inner elements before outer ones, without what
 * is marked already. A secret may be spread over inline children, so short texts are those of whole elements; of long
 * ones only the elements' own.
 */
function collectTexts(name: string): Candidates {
  const lengthMax = 2000;
  const result: Candidates = [];
  const textOf = (node: Node): string => {
    if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? "";
    if (!(node instanceof Element) || node.hasAttribute(name)) return "";
    const whole = [...node.childNodes].map(textOf).join("");
    const own = [...node.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE);
    const parts = [
      whole.length <= lengthMax ? whole : own.map((one) => one.nodeValue).join("\n"),
      (node as HTMLInputElement).value,
      ...["placeholder", "alt", "label"].map((one) => node.getAttribute(one)),
      ...[...(node.shadowRoot?.childNodes ?? [])].map(textOf),
    ];
    const text = parts.filter((part) => typeof part === "string" && part !== "").join("\n");
    const isPassword = node instanceof HTMLInputElement && node.type === "password";
    if (text !== "")
      result.push({ element: node, text, isPassword: isPassword && node.value !== "" });
    return whole;
  };
  textOf(document.documentElement);
  return result;
}

function withheld(reason: string): StepError {
  return new StepError(
    "failed",
    "screenshot",
    `Took no screenshot, as it may show a secret: ${reason}`,
  );
}
