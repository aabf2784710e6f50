/**
 * What can befall an attempt's page from outside a step: its renderer crashes (the test's failure, C3), it closes
 * itself, or the whole browser process dies (the machine's loss, C3). The first one stands.
 */
import type { Browser, Page } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { StepError } from "../driver.ts";

export type Fate = {
  /** Rejects when something befalls the page; never resolves. */
  readonly ended: Promise<never>;
  /** What befell it; undefined while it lives. */
  readonly error: () => StepError | undefined;
};

const CLOSE_GRACE_MS = 250;

/** Starts watching a page and its browser. */
export function watchFate(page: Page, browser: Browser, clock: Clock): Fate {
  const ended = Promise.withResolvers<never>();
  let error: StepError | undefined;
  // Without a step to tell, the news waits for the next one.
  ended.promise.catch(() => undefined);
  const end = (found: StepError) => {
    error ??= found;
    ended.reject(error);
  };
  page.on("crash", () => end(new StepError("failed", "page_crash", "The page crashed")));
  page.on("close", () => {
    // A dying browser closes its pages first, and says so itself a moment later.
    clock.after(CLOSE_GRACE_MS, () =>
      end(new StepError("failed", "page_closed", "The page closed itself")),
    );
  });
  browser.on("disconnected", () => end(browserGone()));
  if (!browser.isConnected()) end(browserGone());
  return { ended: ended.promise, error: () => error };
}

function browserGone(): StepError {
  return new StepError("lost", "browser_crash", "The browser process died");
}
