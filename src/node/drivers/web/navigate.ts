/** Steps that change where the page is. */
import type { Response } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { StepError } from "../driver.ts";
import { describeStatus, isStatusMet } from "../status.ts";
import { resolveUrl } from "../url.ts";
import { bounds, type Scene } from "./scene.ts";

type GotoStep = Extract<Step, { kind: "goto" }>;

/** Chromium says of others only that it "aborted". */
const OPENED = new Set(["http:", "https:", "about:", "data:", "blob:", "file:", "chrome:"]);

/** Opens an address; a page of 400 and above passes with a warning unless `status` says otherwise. */
export async function goto(scene: Scene, step: GotoStep): Promise<void> {
  const url = resolveUrl(step.url, scene.options.baseUrl, "navigation").href;
  const { waitUntil } = step;
  const opened = scene.page.goto(url, { waitUntil, ...bounds(scene) });
  const response = await opened.catch((thrown: unknown) => {
    const { protocol } = new URL(url);
    if (OPENED.has(protocol) || scene.signal.aborted) throw thrown;
    const text = `Cannot goto ${url}: a browser opens no address that begins with "${protocol}"`;
    throw new StepError("failed", "navigation", text);
  });
  if (step.status === undefined) return warnOfStatus(scene, response);
  if (response === null) {
    const text = `Cannot check the status of ${url}: the page was only scrolled, nothing was requested`;
    throw new StepError("failed", "status", text);
  }
  if (isStatusMet(step.status, response.status())) return;
  const text = `Expected status ${describeStatus(step.status)}, got ${response.status()} from ${response.url()}`;
  throw new StepError("failed", "status", text);
}

/** Shows a status of 400 and above as a warning. */
export function warnOfStatus(scene: Scene, response: Response | null): void {
  if (response === null || response.status() < 400) return;
  const text = `${response.url()} answered with status ${response.status()}`;
  scene.options.warn(scene.options.redactor.text(text));
}

/** Loads the page again. */
export async function reload(scene: Scene): Promise<void> {
  warnOfStatus(scene, await scene.page.reload(bounds(scene)));
}

/**
 * Goes back or forward in the page's history.
 *
 * @throws {StepError} `navigation` when there is no such page; Playwright would do nothing without a word.
 */
export async function goInHistory(scene: Scene, direction: "back" | "forward"): Promise<void> {
  if (!(await hasHistory(scene, direction))) {
    const which = direction === "back" ? "earlier" : "later";
    throw new StepError(
      "failed",
      "navigation",
      `Cannot go ${direction}: there is no ${which} page`,
    );
  }
  const { page } = scene;
  const options = bounds(scene);
  await (direction === "back" ? page.goBack(options) : page.goForward(options));
}

async function hasHistory({ control }: Scene, direction: "back" | "forward"): Promise<boolean> {
  const { currentIndex, entries } = await control.send("Page.getNavigationHistory");
  const target = currentIndex + (direction === "back" ? -1 : 1);
  const entry = entries[target];
  // The first entry is the empty page that an attempt begins with.
  return entry !== undefined && !(target === 0 && entry.url === "about:blank");
}
