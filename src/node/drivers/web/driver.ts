/** The `web` platform: Chromium by Playwright, one warm process a slot, one fresh context an attempt. */
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
import { createWarmBrowser, type WarmBrowser } from "./browser.ts";
import type { FfmpegPlaces } from "./films/find-ffmpeg.ts";
import type { BrowserPlaces } from "./find-browser.ts";
import { openSession } from "./open-session.ts";
import { chooseProcess } from "./own-process.ts";
import { firstLines } from "./playwright-error.ts";
import { DEFAULT_POOL, type PoolPolicy } from "./pool/pool-policy.ts";
import { Spare } from "./pool/prepared.ts";

/** Where this machine's programs are. */
export type WebPlaces = BrowserPlaces & FfmpegPlaces;

export type PoolOptions = {
  readonly policy: PoolPolicy;
  /** Told why a browser was replaced, in words for the log. */
  readonly onReplaced?: (reason: string) => void;
};

const OPEN_MS_MAX = 30_000;

/**
 * Makes the driver of platform `web`; nothing is loaded or launched before it is needed.
 *
 * @param pool How browsers are kept; absent: nothing is kept of a probe, everything else by default.
 */
export function createWebDriver(
  places: WebPlaces,
  clock: Clock = systemClock,
  pool: PoolOptions = { policy: { ...DEFAULT_POOL, isPrefetching: false } },
): Driver {
  const shared = { places, clock, policy: pool.policy };
  const make = () => createWarmBrowser(places, clock, pool);
  /** Of a probe, for the first slot. */
  let kept: WarmBrowser | undefined;
  const take = () => {
    const warm = kept ?? make();
    kept = undefined;
    return warm;
  };
  return {
    platform: "web",
    probe: async (timeoutMs) => {
      const warm = make();
      const found = await probe(warm, shared, timeoutMs);
      if (found.kind === "able" && pool.policy.isPrefetching) kept = warm;
      else await warm.close();
      return found;
    },
    createSlot: () => createWebSlot({ ...shared, warm: take() }),
    close: async () => {
      const left = kept;
      kept = undefined;
      await left?.close();
    },
  };
}

type ProbeParts = { readonly clock: Clock; readonly policy: PoolPolicy };

/** Launches a browser and opens a page with it: a version number alone would not prove that it works. */
async function probe(
  warm: WarmBrowser,
  { clock, policy }: ProbeParts,
  timeoutMs: number,
): Promise<DriverProbe> {
  try {
    const browser = await within(warm.ready(), clock, timeoutMs);
    const page = await within(browser.newPage(), clock, timeoutMs);
    await within(page.setContent("<title>probe</title>"), clock, timeoutMs);
    await within(page.close(), clock, timeoutMs);
    const capability = {
      platform: "web",
      browser: "chromium",
      version: browser.version(),
      ...(policy.endpoint === undefined ? {} : { isRemote: true }),
    } as const;
    return { kind: "able", capability };
  } catch (thrown) {
    return { kind: "unable", platform: "web", reason: firstLines(messageOf(thrown), 4) };
  }
}

export type SlotParts = {
  readonly warm: WarmBrowser;
  readonly places: WebPlaces;
  readonly clock: Clock;
  /** Default: as `panoptic node` without more words. */
  readonly policy?: PoolPolicy;
};

/** Makes a slot over a browser process that is launched with its first `open`; an attempt that needs another has it to itself. */
export function createWebSlot(parts: SlotParts): DriverSlot {
  const { warm, clock, policy = DEFAULT_POOL } = parts;
  const spare = new Spare(clock);
  return {
    open: (options) => openInSlot({ ...parts, policy, spare }, withPolicy(options, policy)),
    close: async () => {
      spare.drop();
      await warm.close();
    },
  };
}

type OpenParts = SlotParts & { readonly policy: PoolPolicy; readonly spare: Spare };

async function openInSlot(parts: OpenParts, options: SessionOptions): Promise<Session> {
  const { warm, places, clock, policy, spare } = parts;
  const own = chooseProcess(options, places, policy);
  const holder = own === undefined ? warm : createWarmBrowser(places, clock, { process: own });
  const release = own === undefined ? async () => undefined : holder.close;
  const browser = await holder.forAttempt();
  try {
    const opening = { browser, options, clock, places, release };
    const onStuck = () => holder.discard(browser);
    const session = openSession({
      ...{ ...opening, onStuck, pid: holder.pid() },
      ...(own === undefined && policy.isPrefetching ? { spare } : {}),
    });
    return await within(session, clock, OPEN_MS_MAX);
  } catch (thrown) {
    // What the test wants of the browser and cannot have is no fault of it.
    if (thrown instanceof StepError && thrown.outcome === "failed") {
      await release();
      throw thrown;
    }
    holder.discard(browser);
    const reason = firstLines(messageOf(thrown), 4);
    const text = options.redactor.text(`The browser opened no page: ${reason}`);
    throw new StepError("lost", "browser_crash", text);
  }
}

/** What the node decides where the test says nothing. */
function withPolicy(options: SessionOptions, policy: PoolPolicy): SessionOptions {
  const isolation = options.web.isolation ?? policy.isolation;
  const headless = options.web.headless && !policy.isHeaded;
  return { ...options, web: { ...options.web, isolation, headless } };
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
