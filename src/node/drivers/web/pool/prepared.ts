/**
 * A fresh context with its first page, ready for an attempt; and the spare one of a slot, which is opened while the attempt
 * before it runs, since opening takes a fourth of a short test (2026-11). A spare has seen no test: it is used once, by an
 * attempt that wants exactly what it was opened with, or thrown away.
 */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  CDPSession,
  Page,
} from "playwright-core";
import type { Clock, Timer } from "#shared/clock.ts";
import { type PasswordEar, watchPasswords } from "../passwords.ts";

export type Prepared = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Chromium's own protocol to the page. */
  readonly control: CDPSession;
  /** Hears of passwords once the attempt's redactor is in it. */
  readonly ear: PasswordEar;
};

/** Opens a context and its page. @throws {Error} What the browser says when it does not. */
export async function prepareContext(
  browser: Browser,
  wanted: BrowserContextOptions,
  ear: PasswordEar = { redactor: undefined },
): Promise<Prepared> {
  const context = await browser.newContext(wanted);
  try {
    await watchPasswords(context, ear);
    const page = await context.newPage();
    return { context, page, control: await context.newCDPSession(page), ear };
  } catch (thrown) {
    // The first error is the one to tell.
    await context.close().catch(() => undefined);
    throw thrown;
  }
}

/** A spare that nobody wanted for so long gives its memory back. */
const IDLE_MS_MAX = 60_000;

type Kept = {
  readonly browser: Browser;
  readonly key: string;
  readonly prepared: Promise<Prepared | undefined>;
  readonly timer: Timer;
};

/** Holds one spare context of one slot. */
export class Spare {
  readonly #clock: Clock;
  #kept: Kept | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens one for the next attempt, when there is none; it is nobody's until it is taken. */
  refill(browser: Browser, wanted: BrowserContextOptions): void {
    const key = keyOf(wanted);
    if (this.#kept?.browser === browser && this.#kept.key === key) return;
    this.drop();
    // One that cannot be opened is missed by nobody: the attempt opens its own, and tells.
    const prepared = prepareContext(browser, wanted).catch(() => undefined);
    const timer = this.#clock.after(IDLE_MS_MAX, () => this.drop());
    this.#kept = { browser, key, prepared, timer };
  }

  /** The spare, if it is of that browser and as wanted and its page lives; else undefined, and it is thrown away. */
  async take(browser: Browser, wanted: BrowserContextOptions): Promise<Prepared | undefined> {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    if (kept.browser !== browser || kept.key !== keyOf(wanted)) {
      this.drop();
      return undefined;
    }
    this.#kept = undefined;
    kept.timer.cancel();
    const prepared = await kept.prepared;
    return prepared?.page.isClosed() === false ? prepared : undefined;
  }

  /** Throws it away; its browser ends it at the latest. */
  drop(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    kept?.timer.cancel();
    // Of a browser that is gone, it is gone.
    void kept?.prepared.then((one) => one?.context.close()).catch(() => undefined);
  }
}

/** Two contexts of one key are alike. */
const keyOf = (wanted: BrowserContextOptions): string => JSON.stringify(wanted);
