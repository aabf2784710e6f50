/**
 * The tabs of one attempt: which are open, and the current one, which steps act on and evidence is taken of. A tab that the
 * page opens does not become the current one by itself.
 *
 * When the current tab closes itself, the one that was current when it was opened takes its place (or the one before that);
 * where there is none, the attempt has no page any more: its fate (`fate.ts`).
 */
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { StepError } from "../../driver.ts";
import type { Fate } from "../fate.ts";

/** One tab with Chromium's own protocol to it. */
export type OpenTab = { readonly page: Page; readonly control: CDPSession };

export type TabsParts = {
  readonly context: BrowserContext;
  readonly first: OpenTab;
  readonly fate: Fate;
  /** Aborted when the attempt is closed, and all tabs with it. */
  readonly closing: AbortSignal;
  /** Called when another tab is the current one; `isFallen`: as the one before closed itself. */
  readonly onSwitch: (tab: OpenTab, isFallen: boolean) => Promise<void>;
  /** Adds a line to what is kept of the pages' own words. */
  readonly note: (line: string) => void;
  readonly warn: (text: string) => void;
};

/** A page that opens more is broken, or breaks the machine. */
export const TABS_MAX = 20;

export class Tabs {
  readonly #parts: TabsParts;
  readonly #controls = new Map<Page, Promise<CDPSession | undefined>>();
  /** The tab that was current when a tab was opened. */
  readonly #openers = new Map<Page, OpenTab>();
  readonly #crashed = new WeakSet<Page>();
  readonly #closedByUs = new WeakSet<Page>();
  #current: OpenTab;
  #hasRefused = false;

  constructor(parts: TabsParts) {
    this.#parts = parts;
    this.#current = parts.first;
    this.#watch(parts.first.page);
    this.#controls.set(parts.first.page, Promise.resolve(parts.first.control));
    parts.context.on("page", (page) => this.#add(page));
  }

  get current(): OpenTab {
    return this.#current;
  }

  /** All that are open, in the order of their opening. */
  get pages(): readonly Page[] {
    return this.#parts.context.pages().filter((page) => !page.isClosed());
  }

  /** Makes a tab the current one. @throws {StepError} `page_crash` when it has crashed, `tab` when it has gone. */
  async use(page: Page): Promise<void> {
    if (this.#crashed.has(page)) throw new StepError("failed", "page_crash", "The tab has crashed");
    const control = await this.#controls.get(page);
    if (control === undefined || page.isClosed())
      throw new StepError("failed", "tab", "The tab was closed before it could be used");
    if (page === this.#current.page) return;
    this.#current = { page, control };
    // A window that no person sees is shown as well as it can be.
    await page.bringToFront().catch(() => undefined);
    await this.#parts.onSwitch(this.#current, false);
  }

  /** Opens an empty tab, which becomes the current one; one that comes after the signal is closed again. */
  async open(signal: AbortSignal): Promise<void> {
    const page = await this.#parts.context.newPage();
    if (signal.aborted) await page.close();
    signal.throwIfAborted();
    await this.use(page);
  }

  /** Closes the current tab; the one before it takes its place. @throws {StepError} `tab` when there is no other. */
  async close(): Promise<void> {
    const { page } = this.#current;
    const next = this.#before(page) ?? this.#anyBut(page);
    if (next === undefined)
      throw new StepError("failed", "tab", "Cannot close the tab: it is the only one");
    this.#closedByUs.add(page);
    await this.use(next);
    await page.close();
  }

  #anyBut(page: Page): Page | undefined {
    return this.pages.findLast((one) => one !== page);
  }

  #add(page: Page): void {
    if (this.#parts.closing.aborted) return;
    if (this.pages.length > TABS_MAX) return this.#refuse(page);
    this.#openers.set(page, this.#current);
    this.#watch(page);
    // A tab that went away at once is of no use.
    const control = this.#parts.context.newCDPSession(page).catch(() => undefined);
    this.#controls.set(page, control);
    this.#parts.note(`[popup] opened ${page.url()}`);
  }

  #refuse(page: Page): void {
    if (!this.#hasRefused) this.#parts.warn(`More than ${TABS_MAX} tabs: further ones are closed`);
    this.#hasRefused = true;
    // One that has gone by itself is closed.
    page.close().catch(() => undefined);
  }

  #watch(page: Page): void {
    page.on("crash", () => {
      this.#crashed.add(page);
      if (page === this.#current.page) this.#parts.fate.crashed();
      else this.#parts.note(`[popup] crashed ${page.url()}`);
    });
    page.on("close", () => {
      this.#controls.delete(page);
      if (page === this.#current.page && !this.#closedByUs.has(page)) this.#fallBack(page);
      this.#openers.delete(page);
    });
  }

  #fallBack(page: Page): void {
    if (this.#parts.closing.aborted) return;
    const before = this.#openTabBefore(page);
    if (before === undefined) return this.#parts.fate.closed();
    this.#current = before;
    this.#parts.warn("The tab closed itself: steps go on in the one that was used before it");
    // A film of a page that is gone shows what it has.
    this.#parts.onSwitch(before, true).catch(() => undefined);
  }

  #before(page: Page): Page | undefined {
    return this.#openTabBefore(page)?.page;
  }

  #openTabBefore(page: Page): OpenTab | undefined {
    let before = this.#openers.get(page);
    while (before?.page.isClosed()) before = this.#openers.get(before.page);
    return before;
  }
}
