/** Sets up the page of one attempt: its context as viewport and device want it, and whatever is recorded of it. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import type { Session, SessionOptions } from "../driver.ts";
import { Films } from "./films/films.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import { startMetrics } from "./metrics/metrics.ts";
import { learnPasswords, watchPasswords } from "./passwords.ts";
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
  const context = await browser.newContext(contextOptions(options));
  await watchPasswords(context, options.redactor);
  const page = await context.newPage();
  const control = await context.newCDPSession(page);
  const size = options.web.device?.viewport ?? options.viewport;
  const films = new Films({ page, control, options, clock, size, places });
  await films.begin();
  const learn = () => learnPasswords(page, options.redactor, clock);
  const trace = await beginTrace(context, options, learn);
  const metrics = options.web.metrics
    ? await startMetrics({ browser, control, options, clock })
    : undefined;
  return new WebSession({ ...opening, context, page, control, films, trace, metrics });
}

function contextOptions({ web, viewport }: SessionOptions): BrowserContextOptions {
  // No step reads a download, and what is not taken needs no place.
  const common = { acceptDownloads: false };
  const { device } = web;
  if (device === undefined) {
    const { width, height, touch } = viewport;
    const size = { width, height };
    return { ...common, viewport: size, screen: size, hasTouch: touch, deviceScaleFactor: 1 };
  }
  return {
    ...common,
    userAgent: device.userAgent,
    viewport: device.viewport,
    screen: device.screen ?? device.viewport,
    deviceScaleFactor: device.scale,
    isMobile: device.isMobile,
    hasTouch: device.hasTouch,
  };
}
