/**
 * The warm browser process of one slot: launched at the first use, kept for the attempts that follow, launched again after it
 * died, replaced between two attempts when it is worn or answers no more. Playwright is loaded only when a browser is needed:
 * it costs 150 ms.
 */
import { join } from "node:path";
import type { Browser, LaunchOptions } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import type { Environment } from "#shared/config.ts";
import { foreignEnvironment } from "#shared/config.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { registerEngines } from "./elements/register-engines.ts";
import { type BrowserPlaces, findBrowser } from "./find-browser.ts";
import { firstLines } from "./playwright-error.ts";
import { BrowserCare } from "./pool/browser-care.ts";
import { DEFAULT_POOL, type PoolPolicy } from "./pool/pool-policy.ts";
import { connectBrowser, maskUrl } from "./pool/remote-browser.ts";
import { createBrowserDir, emptyDir, removeDir, sweepBrowserDirs } from "./sweep.ts";

export type WarmBrowser = {
  /** The running browser, launched when there is none. @throws {StepError} `lost` when it does not start. */
  readonly ready: () => Promise<Browser>;
  /**
   * The same for the next attempt, while none runs in it: one that does not answer, or is worn, is replaced before.
   *
   * @throws {StepError} `lost` when it does not start.
   */
  readonly forAttempt: () => Promise<Browser>;
  /** Gives this browser up: it does not answer as it should; the next `ready` launches another. */
  readonly discard: (browser: Browser) => void;
  /** The root of its processes; undefined while there is none, or when it runs on another machine. */
  readonly pid: () => number | undefined;
  readonly close: () => Promise<void>;
};

/** How a browser process is set up. */
export type BrowserProcess = {
  readonly isHeadless: boolean;
  /** Beside our own. */
  readonly flags?: readonly string[];
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
const tracesRemovals = new WeakMap<Browser, () => Promise<void>>();

export type WarmOptions = {
  readonly process?: BrowserProcess;
  readonly policy?: PoolPolicy;
  /** Told why a browser was replaced, in words for the log. */
  readonly onReplaced?: (reason: string) => void;
};

/** Makes the holder of one browser process; nothing is launched yet. */
export function createWarmBrowser(
  places: BrowserPlaces,
  clock: Clock,
  options: WarmOptions = {},
): WarmBrowser {
  return new Holder({ places, clock, ...options });
}

type HolderParts = WarmOptions & { readonly places: BrowserPlaces; readonly clock: Clock };
type Held = { readonly browser: Browser; readonly care: BrowserCare };

class Holder implements WarmBrowser {
  readonly #parts: HolderParts;
  readonly #cares = new WeakMap<Browser, BrowserCare>();
  #current: Promise<Held> | undefined;
  #pid: number | undefined;

  constructor(parts: HolderParts) {
    this.#parts = parts;
  }

  readonly ready = async (): Promise<Browser> => (await this.#held()).browser;

  readonly forAttempt = async (): Promise<Browser> => {
    const known = this.#current;
    const { browser, care } = await this.#held();
    const isSilent = known !== undefined && !(await care.answers());
    // It would take its time to close, and not do it.
    if (isSilent && care.pid !== undefined) endProcess(care.pid);
    const reason = isSilent ? "it does not answer" : await care.whyWorn();
    if (reason === undefined) {
      care.noteContext();
      return browser;
    }
    this.#parts.onReplaced?.(reason);
    this.discard(browser);
    const next = await this.#held();
    next.care.noteContext();
    return next.browser;
  };

  readonly discard = (browser: Browser): void => {
    this.#current = undefined;
    this.#pid = undefined;
    // Bounded by itself; nobody waits for a browser that was given up.
    void this.#end(browser);
  };

  readonly pid = (): number | undefined => this.#pid;

  readonly close = async (): Promise<void> => {
    const launched = this.#current;
    this.#current = undefined;
    this.#pid = undefined;
    // A launch that failed has said so to whoever asked for it.
    const held = await launched?.catch(() => undefined);
    if (held !== undefined) await this.#end(held.browser);
  };

  #held(): Promise<Held> {
    if (this.#current !== undefined) return this.#current;
    const launched = this.#launch();
    this.#current = launched;
    const forget = () => {
      if (this.#current === launched) this.#current = undefined;
    };
    launched.then(({ browser, care }) => {
      this.#pid = care.pid;
      browser.on("disconnected", forget);
    }, forget);
    return launched;
  }

  async #launch(): Promise<Held> {
    const { places, clock, process = WARM_PROCESS, policy = DEFAULT_POOL } = this.#parts;
    const browser = await launch({ places, clock, process, policy, timeoutMs: LAUNCH_MS_MAX });
    const care = await BrowserCare.of(browser, { clock, policy });
    this.#cares.set(browser, care);
    return { browser, care };
  }

  /** Ends it in order, and by force when it does not; one that is not ours is only let go. */
  async #end(browser: Browser): Promise<void> {
    const isClosed = await closeBounded(browser, this.#parts.clock);
    const pid = this.#cares.get(browser)?.pid;
    if (!isClosed && pid !== undefined && browser.isConnected()) endProcess(pid);
  }
}

/** Its pipe is still open, so the number is still its own; what is below it ends with it. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself at this moment.
  }
}

export type LaunchAsk = {
  readonly places: BrowserPlaces;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly process: BrowserProcess;
  readonly policy?: PoolPolicy;
};

/**
 * Launches a browser process, which ends with this process as its pipe closes; or connects to one that runs elsewhere.
 *
 * @throws {StepError} `lost` with `browser_crash` when it does not start.
 */
export async function launch(ask: LaunchAsk): Promise<Browser> {
  const { places, clock, policy } = ask;
  sweeping ??= sweepBrowserDirs(clock.wallMs());
  await sweeping;
  if (policy?.endpoint !== undefined) return connect(policy.endpoint, ask.timeoutMs);
  const { chromium, selectors } = await import("playwright-core");
  await registerEngines(selectors);
  const executablePath = findBrowser(places, ask.process);
  const artifactsDir = await createBrowserDir();
  try {
    const options = launchOptions(ask, { executablePath, artifactsDir });
    const browser = await chromium.launch(options);
    tracesRemovals.set(browser, () => removeDir(options.tracesDir));
    browser.on("disconnected", () => void removeDir(artifactsDir));
    return browser;
  } catch (thrown) {
    await removeDir(artifactsDir);
    const what = executablePath ?? "Playwright's own Chromium";
    const text = `Cannot start the browser ${what}: ${firstLines(messageOf(thrown), 4)}`;
    throw new StepError("lost", "browser_crash", text);
  }
}

async function connect(endpoint: string, timeoutMs: number): Promise<Browser> {
  // Here lies what is recorded of it on this side.
  const artifactsDir = await createBrowserDir();
  try {
    const browser = await connectBrowser(endpoint, { timeoutMs, artifactsDir });
    tracesRemovals.set(browser, () => emptyDir(artifactsDir));
    browser.on("disconnected", () => void removeDir(artifactsDir));
    return browser;
  } catch (thrown) {
    await removeDir(artifactsDir);
    const reason = firstLines(messageOf(thrown), 2).replaceAll(endpoint, maskUrl(endpoint));
    const text = `Cannot connect to the browser at ${maskUrl(endpoint)}: ${reason}`;
    throw new StepError("lost", "browser_crash", text);
  }
}

/** Removes what traces left in the browser's folder: Playwright keeps all of it until the browser ends. */
export async function removeTraces(browser: Browser): Promise<void> {
  await tracesRemovals.get(browser)?.();
}

type LaunchPaths = {
  readonly executablePath: string | undefined;
  readonly artifactsDir: string;
};

function launchOptions(
  { timeoutMs, process: { isHeadless, environment, flags = [] } }: LaunchAsk,
  { executablePath, artifactsDir }: LaunchPaths,
): LaunchOptions & { readonly tracesDir: string } {
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    env: { ...(environment ?? foreignEnvironment()) },
    headless: isHeadless,
    artifactsDir,
    tracesDir: join(artifactsDir, "traces"),
    timeout: timeoutMs,
    args: [...FLAGS, ...flags, ...(isHeadless ? [] : [WINDOW_FLAG])],
    // Chromium refuses its sandbox to root.
    chromiumSandbox: process.getuid?.() !== 0,
    // Signals are the node's: it drains, then closes its slots.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
}

/** False when it did not close in time. */
async function closeBounded(browser: Browser, clock: Clock): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = clock.after(CLOSE_MS_MAX, () => late.resolve(false));
  // A browser that is already gone is closed.
  const closed = browser.close().then(
    () => true,
    () => true,
  );
  const isClosed = await Promise.race([closed, late.promise]);
  timer.cancel();
  return isClosed;
}
