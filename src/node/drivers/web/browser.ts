/**
 * The warm browser process of one slot: launched at the first use, kept for the attempts that follow, launched again
 * after it died. The only file that loads playwright-core, and only when a browser is needed: it costs 150 ms.
 */
import { join } from "node:path";
import type { Browser, LaunchOptions } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import type { Environment } from "#shared/config.ts";
import { foreignEnvironment } from "#shared/config.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { type BrowserPlaces, findBrowser } from "./find-browser.ts";
import { firstLines } from "./playwright-error.ts";
import { createBrowserDir, removeDir, sweepBrowserDirs } from "./sweep.ts";

export type WarmBrowser = {
  /** The running browser, launched when there is none. @throws {StepError} `lost` when it does not start. */
  readonly ready: () => Promise<Browser>;
  /** Gives this browser up: it does not answer as it should; the next `ready` launches another. */
  readonly discard: (browser: Browser) => void;
  readonly close: () => Promise<void>;
};

/** How a browser process is set up. */
export type BrowserProcess = {
  readonly isHeadless: boolean;
  /** All of its environment; absent: this process's own, as far as it is not about us. */
  readonly environment?: Environment;
};

/** The process that attempts share. */
export const WARM_PROCESS: BrowserProcess = { isHeadless: true };

const LAUNCH_MS_MAX = 30_000;
const CLOSE_MS_MAX = 5_000;

const FLAGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];
/** Without it a machine that has only Wayland shows no window. */
const WINDOW_FLAG = "--ozone-platform-hint=auto";
let sweeping: Promise<void> | undefined;
const tracesDirs = new WeakMap<Browser, string>();

/** Makes the holder of one browser process; nothing is launched yet. */
export function createWarmBrowser(
  places: BrowserPlaces,
  clock: Clock,
  process: BrowserProcess = WARM_PROCESS,
): WarmBrowser {
  let current: Promise<Browser> | undefined;
  const forget = (launched: Promise<Browser>) => {
    if (current === launched) current = undefined;
  };
  const ready = (): Promise<Browser> => {
    if (current !== undefined) return current;
    const launched = launch({ places, clock, process, timeoutMs: LAUNCH_MS_MAX });
    current = launched;
    launched.then(
      (browser) => browser.on("disconnected", () => forget(launched)),
      () => forget(launched),
    );
    return launched;
  };
  const close = async () => {
    const launched = current;
    current = undefined;
    // A launch that failed has said so to whoever asked for it.
    const browser = await launched?.catch(() => undefined);
    if (browser !== undefined) await closeBounded(browser, clock);
  };
  const discard = (browser: Browser) => {
    current = undefined;
    // Bounded by itself; nobody waits for a browser that was given up.
    void closeBounded(browser, clock);
  };
  return { ready, discard, close };
}

export type LaunchAsk = {
  readonly places: BrowserPlaces;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly process: BrowserProcess;
};

/**
 * Launches a browser process; it ends with this process, whose end closes its pipe.
 *
 * @throws {StepError} `lost` with `browser_crash` when it does not start.
 */
export async function launch(ask: LaunchAsk): Promise<Browser> {
  const { places, clock } = ask;
  sweeping ??= sweepBrowserDirs(clock.wallMs());
  await sweeping;
  const { chromium } = await import("playwright-core");
  const executablePath = findBrowser(places, ask.process);
  const artifactsDir = await createBrowserDir();
  try {
    const options = launchOptions(ask, { executablePath, artifactsDir });
    const browser = await chromium.launch(options);
    tracesDirs.set(browser, options.tracesDir);
    browser.on("disconnected", () => void removeDir(artifactsDir));
    return browser;
  } catch (thrown) {
    await removeDir(artifactsDir);
    const what = executablePath ?? "Playwright's own Chromium";
    const text = `Cannot start the browser ${what}: ${firstLines(messageOf(thrown), 4)}`;
    throw new StepError("lost", "browser_crash", text);
  }
}

/** Removes what traces left in the browser's folder: Playwright keeps all of it until the browser ends. */
export async function removeTraces(browser: Browser): Promise<void> {
  const path = tracesDirs.get(browser);
  if (path !== undefined) await removeDir(path);
}

type LaunchPaths = {
  readonly executablePath: string | undefined;
  readonly artifactsDir: string;
};

function launchOptions(
  { timeoutMs, process: { isHeadless, environment } }: LaunchAsk,
  { executablePath, artifactsDir }: LaunchPaths,
): LaunchOptions & { readonly tracesDir: string } {
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    env: { ...(environment ?? foreignEnvironment()) },
    headless: isHeadless,
    artifactsDir,
    tracesDir: join(artifactsDir, "traces"),
    timeout: timeoutMs,
    args: isHeadless ? FLAGS : [...FLAGS, WINDOW_FLAG],
    // Chromium refuses its sandbox to root.
    chromiumSandbox: process.getuid?.() !== 0,
    // Signals are the node's: it drains, then closes its slots.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
}

async function closeBounded(browser: Browser, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(CLOSE_MS_MAX, late.resolve);
  // A browser that is already gone is closed.
  await Promise.race([browser.close().catch(() => undefined), late.promise]);
  timer.cancel();
}
