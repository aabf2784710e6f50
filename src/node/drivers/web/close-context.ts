/** The end of an attempt's browser context, bounded: a browser that cannot end it is no good for the next attempt. */
import type { BrowserContext } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { emptyClipboard } from "./acts/clipboard.ts";

const CLOSE_MS_MAX = 3_000;

/** Closes a context and what it left in the browser; false when that did not come about in time. */
export async function closeContext(context: BrowserContext, clock: Clock): Promise<boolean> {
  const isClipboardEmpty = await emptyClipboard(context, clock);
  const late = Promise.withResolvers<false>();
  const timer = clock.after(CLOSE_MS_MAX, () => late.resolve(false));
  // A context whose browser is gone is closed.
  const closed = context.close().then(
    () => true,
    () => true,
  );
  const isClosed = await Promise.race([closed, late.promise]);
  timer.cancel();
  return isClosed && isClipboardEmpty;
}
