/** The `web` platform: Chromium by Playwright, one warm process a slot, one fresh context an attempt. */
import type { Browser } from "playwright-core";
import { type Clock, pause, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import {
  type Driver,
  type DriverProbe,
  type DriverSlot,
  type Session,
  type SessionOptions,
  StepError,
} from "../driver.ts";
import { createWarmBrowser, launch, type WarmBrowser } from "./browser.ts";
import { Films } from "./films/films.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import type { BrowserPlaces } from "./find-browser.ts";
import { firstLines } from "./playwright-error.ts";
import { WebSession } from "./session.ts";
import { beginTrace } from "./trace.ts";

/** Where this machine's programs are. */
export type WebPlaces = BrowserPlaces & FfmpegPlaces;

const OPEN_MS_MAX = 30_000;

/** Makes the driver of platform `web`; nothing is loaded or launched before it is needed. */
export function createWebDriver(places: WebPlaces, clock: Clock = systemClock): Driver {
  return {
    platform: "web",
    probe: (timeoutMs) => probe(places, clock, timeoutMs),
    createSlot: () => createWebSlot({ warm: createWarmBrowser(places, clock), places, clock }),
  };
}

/** Launches a browser and opens a page with it: a version number alone would not prove that it works. */
async function probe(places: BrowserPlaces, clock: Clock, timeoutMs: number): Promise<DriverProbe> {
  let browser: Browser | undefined;
  try {
    browser = await launch(places, clock, timeoutMs);
    const page = await within(browser.newPage(), clock, timeoutMs);
    await within(page.setContent("<title>probe</title>"), clock, timeoutMs);
    const capability = {
      platform: "web",
      browser: "chromium",
      version: browser.version(),
    } as const;
    return { kind: "able", capability };
  } catch (thrown) {
    return { kind: "unable", platform: "web", reason: firstLines(messageOf(thrown), 4) };
  } finally {
    // A browser that does not close was probed all the same.
    await within(browser?.close() ?? Promise.resolve(), clock, timeoutMs).catch(() => undefined);
  }
}

export type SlotParts = {
  readonly warm: WarmBrowser;
  readonly places: WebPlaces;
  readonly clock: Clock;
};

/** Makes a slot over a browser process that is launched with its first `open`. */
export function createWebSlot({ warm, places, clock }: SlotParts): DriverSlot {
  return {
    open: async (options) => {
      const browser = await warm.ready();
      try {
        return await within(
          openSession({ browser, options, clock, warm, places }),
          clock,
          OPEN_MS_MAX,
        );
      } catch (thrown) {
        warm.discard(browser);
        const reason = firstLines(messageOf(thrown), 4);
        const text = options.redactor.text(`The browser opened no page: ${reason}`);
        throw new StepError("lost", "browser_crash", text);
      }
    },
    close: () => warm.close(),
  };
}

type Opening = SlotParts & { readonly browser: Browser; readonly options: SessionOptions };

async function openSession(opening: Opening): Promise<Session> {
  const { browser, options, clock, warm, places } = opening;
  const { width, height, touch } = options.viewport;
  const context = await browser.newContext({
    viewport: { width, height },
    screen: { width, height },
    hasTouch: touch,
    deviceScaleFactor: 1,
    // No step reads a download, and what is not taken needs no place.
    acceptDownloads: false,
  });
  const page = await context.newPage();
  const control = await context.newCDPSession(page);
  const films = new Films({ control, options, clock, size: { width, height }, places });
  await films.begin();
  const trace = await beginTrace(context, options);
  const onStuck = () => warm.discard(browser);
  return new WebSession({ browser, context, page, control, options, clock, films, trace, onStuck });
}

async function within<T>(work: Promise<T>, clock: Clock, timeoutMs: number): Promise<T> {
  const done = new AbortController();
  const late = pause(clock, timeoutMs, done.signal).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    // Cancels the timer; the race has seen its rejection.
    done.abort();
  }
}
