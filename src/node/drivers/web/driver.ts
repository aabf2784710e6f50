/** The `web` platform: Chromium by Playwright, one warm process a slot, one fresh context an attempt. */
import type { Browser } from "playwright-core";
import { type Clock, pause, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Driver, type DriverProbe, type DriverSlot, StepError } from "../driver.ts";
import { createWarmBrowser, launch, WARM_PROCESS, type WarmBrowser } from "./browser.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import type { BrowserPlaces } from "./find-browser.ts";
import { openSession } from "./open-session.ts";
import { chooseProcess } from "./own-process.ts";
import { firstLines } from "./playwright-error.ts";

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
    browser = await launch({ places, clock, timeoutMs, process: WARM_PROCESS });
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

/** Makes a slot over a browser process that is launched with its first `open`; an attempt that needs another has it to itself. */
export function createWebSlot({ warm, places, clock }: SlotParts): DriverSlot {
  return {
    open: async (options) => {
      const own = chooseProcess(options, places);
      const holder = own === undefined ? warm : createWarmBrowser(places, clock, own);
      const release = own === undefined ? async () => undefined : holder.close;
      const browser = await holder.ready();
      try {
        const opening = { browser, options, clock, places, release };
        const onStuck = () => holder.discard(browser);
        return await within(openSession({ ...opening, onStuck }), clock, OPEN_MS_MAX);
      } catch (thrown) {
        // The test's own fault costs no browser; but one that is the attempt's own ends with it.
        if (thrown instanceof StepError && thrown.outcome === "failed") {
          await release();
          throw thrown;
        }
        holder.discard(browser);
        const reason = firstLines(messageOf(thrown), 4);
        const text = options.redactor.text(`The browser opened no page: ${reason}`);
        throw new StepError("lost", "browser_crash", text);
      }
    },
    close: () => warm.close(),
  };
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
