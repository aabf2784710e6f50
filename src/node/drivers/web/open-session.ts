/** Sets up the page of one attempt: its context as viewport and device want it, and whatever is recorded of it. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Session, type SessionOptions, StepError } from "../driver.ts";
import { contextOptions } from "./context/context-options.ts";
import { Surroundings } from "./context/surroundings.ts";
import { Films } from "./films/films.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import { startMetrics } from "./metrics/metrics.ts";
import { learnPasswords, watchPasswords } from "./passwords.ts";
import { firstLines } from "./playwright-error.ts";
import { WebSession } from "./session.ts";
import { beginTrace } from "./traces/trace.ts";

export type SessionOpening = {
  readonly browser: Browser;
  readonly options: SessionOptions;
  readonly places: FfmpegPlaces;
  readonly clock: Clock;
  readonly onStuck: () => void;
  readonly release: () => Promise<void>;
};

/** Opens a fresh context with one page, and starts what the policy records. */
export async function openSession(opening: SessionOpening): Promise<Session> {
  const { browser, options, clock, places } = opening;
  const { context, page } = await openContext(opening);
  const surroundings = new Surroundings({ context, options, clock });
  const { network: wanted = "online" } = options.browser ?? {};
  if (typeof wanted !== "string") await surroundings.network.set(wanted);
  const control = await context.newCDPSession(page);
  const size = options.web.device?.viewport ?? options.viewport;
  const films = new Films({ page, control, options, clock, size, places });
  await films.begin();
  const learn = () => learnPasswords(page, options.redactor, clock);
  const trace = await beginTrace(context, options, learn);
  const metrics = options.web.metrics
    ? await startMetrics({ browser, control, options, clock })
    : undefined;
  return new WebSession({ ...opening, context, page, control, films, trace, metrics, surroundings });
}

type Opened = { readonly context: BrowserContext; readonly page: Page };

/**
 * Opens the context and its page.
 *
 * @throws {StepError} `failed`, `browser_setup` when the browser refuses what the test wants of it; that is no crash.
 */
async function openContext({ browser, options }: SessionOpening): Promise<Opened> {
  const wanted = await contextOptions(options);
  try {
    const context = await browser.newContext(wanted);
    await watchPasswords(context, options.redactor);
    return { context, page: await context.newPage() };
  } catch (thrown) {
    const isOwn = options.browser !== undefined || options.state !== undefined;
    if (!isOwn || !browser.isConnected()) throw thrown;
    const reason = firstLines(messageOf(thrown), 2);
    const text = `Cannot set the browser up as the test wants it: ${reason}`;
    throw new StepError("failed", "browser_setup", options.redactor.text(text));
  }
}
