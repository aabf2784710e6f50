/**
 * The `clipboard` step, by the page's own clipboard: browsers have no other way in. One browser process has one clipboard,
 * which the attempts before and after share: an attempt that may have used it empties it when it is over.
 */
import type { Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";
import { plainMessage } from "../playwright-error.ts";
import type { Scene } from "../scene.ts";

/** As of a value that `eval` saves. */
const SAVED_LENGTH_MAX = 1024 * 1024;
const EMPTY_MS_MAX = 250;

/** Pages of contexts whose clipboard a step has used. */
const used = new WeakSet<object>();

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

/** Empties the clipboard when a step of the attempt has used it; a page that does not answer keeps nobody waiting. */
export async function emptyClipboard(page: Page, clock: Clock): Promise<void> {
  if (!used.has(page.context()) || page.isClosed()) return;
  // A page that is gone or on no address takes no text: nothing else of ours can reach it.
  const emptied = page.evaluate(writeText, "").catch(() => undefined);
  const over = new AbortController();
  const late = pause(clock, EMPTY_MS_MAX, over.signal).catch(() => undefined);
  await Promise.race([emptied, late]);
  over.abort();
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
