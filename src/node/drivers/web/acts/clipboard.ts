/**
 * The `clipboard` step, by the page's own clipboard: browsers have no other way in. One browser process has one clipboard,
 * which the attempts before and after share: one whose steps may have put something into it empties it when it is over.
 */
import type { BrowserContext, Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";
import { plainMessage } from "../playwright-error.ts";
import type { Scene } from "../scene.ts";

/** As of a value that `eval` saves. */
const SAVED_LENGTH_MAX = 1024 * 1024;
const EMPTY_MS_MAX = 1_000;
/** A page of ours that no network is asked for; only safe origins are given the clipboard. */
const OWN_PAGE = "https://clipboard.invalid/";
const COPIES = /(?:Control|Meta)\w*\+(?:c|x|insert|keyc|keyx)$/i;
/** Held, the keys that follow may copy. */
const HELD = /^(?:Control|Meta)\w*$/i;

/** Contexts whose clipboard a step has used. */
const used = new WeakSet<BrowserContext>();

/** To be called before keys are pressed: they may copy or cut. */
export function noteCopying(page: Page, key: string): void {
  if (COPIES.test(key) || HELD.test(key)) used.add(page.context());
}

/** @throws {StepError} `clipboard` where the browser gives it to no page: one of plain http from another machine. */
export async function useClipboard(
  scene: Scene,
  step: Extract<Step, { kind: "clipboard" }>,
): Promise<void> {
  const { page } = scene;
  used.add(page.context());
  try {
    await allowClipboard(page);
    if (step.write !== undefined) await page.evaluate(writeText, step.write);
    if (step.save !== undefined) scene.context.save(step.save, await readAll(page));
  } catch (thrown) {
    if (thrown instanceof StepError || scene.signal.aborted) throw thrown;
    throw cannotUse(plainMessage(messageOf(thrown)));
  }
}

/** Empties the clipboard when a step of the context has used it; false when it could not within a second. */
export async function emptyClipboard(context: BrowserContext, clock: Clock): Promise<boolean> {
  if (!used.has(context)) return true;
  const over = new AbortController();
  const late = pause(clock, EMPTY_MS_MAX, over.signal).then(
    () => false,
    () => false,
  );
  const emptied = emptyOnOwnPage(context).then(
    () => true,
    () => false,
  );
  const isEmpty = await Promise.race([emptied, late]);
  over.abort();
  return isEmpty;
}

/** On whatever page the attempt has ended: it may be busy, or have none. */
async function emptyOnOwnPage(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.route(OWN_PAGE, (route) => route.fulfill({ contentType: "text/html", body: "" }));
  await page.goto(OWN_PAGE);
  await allowClipboard(page);
  await page.evaluate(writeText, "");
}

async function readAll(page: Page): Promise<string> {
  const text = await page.evaluate(readText);
  if (text.length <= SAVED_LENGTH_MAX) return text;
  throw cannotUse(`its text has more than ${SAVED_LENGTH_MAX} characters`);
}

/** Chromium asks the person first, the others know no such permission and want none. */
async function allowClipboard(page: Page): Promise<void> {
  if (!(await page.evaluate(hasClipboard))) {
    const to = "a browser gives it only to pages of https and of this machine";
    throw cannotUse(`${page.url()} has none; ${to}`);
  }
  const context = page.context();
  if (context.browser()?.browserType().name() !== "chromium") return;
  const { origin } = new URL(page.url());
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
}

const hasClipboard = () => (navigator.clipboard as Clipboard | undefined) !== undefined;
const readText = () => navigator.clipboard.readText();
const writeText = (text: string) => navigator.clipboard.writeText(text);

function cannotUse(reason: string): StepError {
  return new StepError("failed", "clipboard", `Cannot use the clipboard: ${reason}`);
}
