/**
 * What can befall an attempt from outside a step: the renderer of its current tab crashes (the test's failure, C3), its last
 * tab closes itself, or the whole browser process dies (the machine's loss, C3). The first one stands.
 */
import type { Browser } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { StepError } from "../driver.ts";

export type Fate = {
  /** Rejects when something befalls the attempt; never resolves. */
  readonly ended: Promise<never>;
  /** What befell it; undefined while it goes on. */
  readonly error: () => StepError | undefined;
  /** Told when the renderer of the current tab has crashed. */
  readonly crashed: () => void;
  /** Told when there is no tab any more. */
  readonly closed: () => void;
};

const CLOSE_GRACE_MS = 250;

/** Starts watching a browser; what befalls the tabs is told. */
export function watchFate(browser: Browser, clock: Clock): Fate {
  const ended = Promise.withResolvers<never>();
  let error: StepError | undefined;
  // Without a step to tell, the news waits for the next one.
  ended.promise.catch(() => undefined);
  const end = (found: StepError) => {
    error ??= found;
    ended.reject(error);
  };
  browser.on("disconnected", () => end(browserGone()));
  if (!browser.isConnected()) end(browserGone());
  const closed = () => {
    // A dying browser closes its pages first, and says so itself a moment later.
    clock.after(CLOSE_GRACE_MS, () =>
      end(new StepError("failed", "page_closed", "The page closed itself")),
    );
  };
  const crashed = () => end(new StepError("failed", "page_crash", "The page crashed"));
  return { ended: ended.promise, error: () => error, crashed, closed };
}

function browserGone(): StepError {
  return new StepError("lost", "browser_crash", "The browser process died");
}
