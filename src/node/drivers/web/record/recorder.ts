/**
 * Records what a person does in a browser of its own as steps of a suite. Acts are taken one after the other, each with
 * a locator that was checked on the page as it was; values of secrets stay in memory, to be kept out of every text.
 */
import { randomUUID } from "node:crypto";
import type { Browser, BrowserContext, Frame, Page } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { escapeTemplate } from "#shared/template.ts";
import { launch } from "../browser.ts";
import type { BrowserPlaces } from "../find-browser.ts";
import { watchPasswords } from "../passwords.ts";
import { type Chosen, chooseLocator, writeLocator } from "./choose-locator.ts";
import { foldStep, type RecordedStep } from "./fold-steps.ts";
import { earsScript } from "./page-ears.ts";
import { wordsScript } from "./page-words.ts";
import { SecretBook } from "./secret-book.ts";
import { type ActSignal, Signal } from "./signals.ts";
import { watchPage } from "./watch-page.ts";
import { writeAct } from "./write-act.ts";

export type Recording = {
  readonly baseUrl: string;
  readonly steps: readonly RecordedStep[];
  /** Names of the secrets that the steps refer to. */
  readonly secrets: readonly string[];
};

export type RecordOptions = {
  /** Of HTTP. */
  readonly url: string;
  readonly isHeadless: boolean;
  /** Where others may drive the browser by its own protocol, on loopback; absent: nowhere. */
  readonly cdpPort?: number | undefined;
  readonly places: BrowserPlaces;
  readonly clock: Clock;
  /** Keeps a chosen file beside the suite; without bytes, what stands for it. Returns the name it got. */
  readonly keepFile: (name: string, bytes: Uint8Array | undefined) => string;
  readonly onChange: (recording: Recording) => void;
};

export type RunningRecording = {
  /** Resolves when the person has closed the browser. */
  readonly ended: Promise<void>;
  /** Takes what is on its way, and closes the browser. */
  readonly stop: () => Promise<void>;
};

const LAUNCH_MS_MAX = 30_000;
const DRAIN_MS_MAX = 3_000;
const SIZE = { width: 1280, height: 720 };
const SIGNAL_LENGTH_MAX = 40 * 1024 * 1024;
const WAITING_MAX = 1_000;
const KNOWN_MAX = 5_000;

/** Opens the browser at the address. @throws {StepError} `lost` when it does not start; what the first load fails by. */
export async function startRecording(options: RecordOptions): Promise<RunningRecording> {
  const { places, clock, isHeadless, cdpPort } = options;
  const flags = cdpPort === undefined ? [] : [`--remote-debugging-port=${cdpPort}`];
  const process = { isHeadless, flags };
  const browser = await launch({ places, clock, timeoutMs: LAUNCH_MS_MAX, process });
  try {
    const context = await browser.newContext({ viewport: SIZE, screen: SIZE });
    return await new Recorder(options, browser, context).open();
  } catch (thrown) {
    await browser.close().catch(() => undefined);
    throw thrown;
  }
}

class Recorder {
  readonly #options: RecordOptions;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #book = new SecretBook();
  readonly #ended = Promise.withResolvers<void>();
  readonly #place = `_${randomUUID()}`;
  /** By frame: what was chosen for the elements that were aimed at. */
  readonly #known = new WeakMap<Frame, Map<string, Chosen>>();
  #steps: readonly RecordedStep[] = [];
  #current: Page | undefined;
  /** Where the last act has led. */
  #led: string | undefined;
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: RecordOptions, browser: Browser, context: BrowserContext) {
    this.#options = options;
    this.#browser = browser;
    this.#context = context;
  }

  async open(): Promise<RunningRecording> {
    const context = this.#context;
    const tell = `_${randomUUID()}`;
    await watchPasswords(context, { redactor: this.#book.redactor });
    await context.exposeBinding(tell, ({ page, frame }, said: unknown) =>
      this.#hear(page, frame, said),
    );
    await context.addInitScript({ content: wordsScript(this.#place) });
    await context.addInitScript({ content: earsScript({ place: this.#place, tell }) });
    // A listener leaves the answer to the person; without one Playwright would dismiss it.
    context.on("dialog", () => undefined);
    this.#browser.on("disconnected", () => this.#ended.resolve());
    const page = await context.newPage();
    this.#current = page;
    await page.goto(this.#options.url);
    this.#add({ verb: "goto", args: this.#book.openUrl(this.#options.url, this.#options.url) });
    await this.#watch(page);
    context.on("page", (opened) => void this.#watch(opened));
    return { ended: this.#ended.promise, stop: () => this.#stop() };
  }

  async #stop(): Promise<void> {
    const { clock } = this.#options;
    const done = new AbortController();
    await Promise.race([this.#work, pause(clock, DRAIN_MS_MAX, done.signal)]);
    done.abort();
    await this.#browser.close().catch(() => undefined);
  }

  async #watch(page: Page): Promise<void> {
    page.on("close", () => this.#queue(async () => this.#closed(page)));
    page.on("download", () => this.#queue(async () => this.#downloaded()));
    const isBlank = page !== this.#current && (await page.opener()) === null;
    let isFresh = isBlank;
    await watchPage(this.#context, page, {
      onAddress: (url) => {
        if (!/^https?:/.test(url)) return;
        const verb = isFresh ? "tab" : "goto";
        isFresh = false;
        void this.#queue(async () => this.#visited(page, verb, url));
      },
      onLed: (url) => {
        void this.#queue(async () => {
          if (/^https?:/.test(url)) this.#led = url;
        });
      },
      onReload: () => this.#queue(async () => this.#onPage(page, { verb: "reload", args: true })),
      onHistory: (verb) => this.#queue(async () => this.#onPage(page, { verb, args: true })),
      onDialog: ({ type, isAccepted, text }) => {
        const accepted = type === "prompt" ? { accept: escapeTemplate(text) } : "accept";
        const args = isAccepted ? accepted : "dismiss";
        void this.#queue(async () => this.#add({ verb: "dialog", args }));
      },
    }).catch(() => undefined); // Closed before it could be watched.
  }

  #visited(page: Page, verb: "tab" | "goto", url: string): void {
    const text = this.#book.openUrl(url, this.#options.url);
    if (verb === "goto") return this.#onPage(page, { verb, args: text });
    this.#current = page;
    this.#add({ verb, args: { open: text } });
  }

  /** A visit does not wait for what is loading, and would break it off: so the step before is seen to have led there. */
  #onPage(page: Page, step: RecordedStep): void {
    this.#switchTo(page);
    if (this.#led !== undefined) {
      const contains = this.#book.openPath(this.#led);
      this.#add({ verb: "wait", args: { url: { contains } } });
    }
    this.#led = undefined;
    this.#add(step);
  }

  /** Acts in another tab than the last one are in that tab. */
  #switchTo(page: Page): void {
    if (page === this.#current) return;
    const index = this.#context.pages().indexOf(page);
    if (index === -1) return;
    this.#current = page;
    // By its number: one that a step has just opened is waited for so.
    this.#add({ verb: "tab", args: { switch: index } });
  }

  #closed(page: Page): void {
    if (this.#context.pages().length === 0) return this.#ended.resolve();
    if (page !== this.#current) return;
    this.#current = undefined;
    this.#add({ verb: "tab", args: "close" });
  }

  /** What began a download waits for it. */
  #downloaded(): void {
    const last = this.#steps.at(-1);
    if (last?.verb !== "click") return;
    this.#steps = this.#steps.slice(0, -1);
    this.#add({ ...last, verb: "download", args: { click: last.args } });
  }

  #queue(act: () => Promise<void>): Promise<void> {
    if (this.#waiting >= WAITING_MAX) return this.#work;
    this.#waiting += 1;
    this.#work = this.#work.then(act).then(
      () => {
        this.#waiting -= 1;
      },
      () => {
        // What cannot be taken of one act is no reason to lose the others.
        this.#waiting -= 1;
      },
    );
    return this.#work;
  }

  /** Resolves when the element has been checked: the page may wait for that. */
  async #hear(page: Page, frame: Frame, said: unknown): Promise<void> {
    const signal = readSignal(said);
    if (signal === undefined) return;
    if (signal.kind !== "aim") return this.#queue(() => this.#take(page, frame, signal));
    const chosen = await this.#choose(page, frame, signal);
    if (chosen !== undefined) this.#remember(frame, signal, chosen);
  }

  #choose(page: Page, frame: Frame, { id, candidates }: Signal): Promise<Chosen | undefined> {
    const { isOpen } = this.#book;
    return chooseLocator({ page, frame, id, candidates, isOpen, place: this.#place });
  }

  #remember(frame: Frame, { document, id }: Signal, chosen: Chosen): void {
    const known = this.#known.get(frame) ?? new Map<string, Chosen>();
    if (known.size >= KNOWN_MAX) known.clear();
    this.#known.set(frame, known.set(`${document} ${id}`, chosen));
  }

  async #take(page: Page, frame: Frame, signal: ActSignal): Promise<void> {
    const key = `${signal.document} ${signal.id}`;
    const chosen =
      (await this.#choose(page, frame, signal)) ??
      this.#known.get(frame)?.get(key) ??
      this.#unchecked(signal);
    if (chosen === undefined) return;
    this.#remember(frame, signal, chosen);
    this.#led = undefined;
    this.#switchTo(page);
    const about = JSON.stringify(writeLocator(chosen.locator));
    this.#book.heed(signal);
    const safe = this.#book.withoutSecrets(signal);
    const secret = safe.kind === "secret" ? this.#book.nameFor(about, safe.field) : undefined;
    const files = safe.kind === "upload" ? this.#keepFiles(safe) : [];
    const hasFocus = this.#steps.at(-1)?.about === about;
    const { comment } = chosen;
    const written = writeAct({ signal: safe, locator: chosen.locator, secret, files, hasFocus });
    this.#add({ ...written, about, ...(comment !== undefined && { comment }) });
  }

  /** The page went away before its element could be looked for: better than nothing, and said. */
  #unchecked({ candidates }: ActSignal): Chosen | undefined {
    const { isOpen } = this.#book;
    const way = candidates.find(({ value, name = "" }) => isOpen(value) && isOpen(name));
    if (way === undefined) return undefined;
    const { by, value, name } = way;
    const locator = { by, value, ...(name !== undefined && { name }) };
    return { locator, comment: "not checked: the page went away too soon" };
  }

  #keepFiles({ files }: Extract<ActSignal, { kind: "upload" }>): string[] {
    return files.map(({ name, base64 }) => {
      const bytes = base64 === undefined ? undefined : Buffer.from(base64, "base64");
      return this.#options.keepFile(name, bytes);
    });
  }

  #add(step: RecordedStep): void {
    this.#steps = foldStep(this.#steps, step);
    const baseUrl = new URL(this.#options.url).origin;
    // All of them again: a password may have been learned after a step was made.
    const masked = (args: Json) => this.#book.redactor.json(args);
    const steps = this.#steps.map((one) => ({ ...one, args: masked(one.args) }));
    this.#options.onChange({ baseUrl, steps, secrets: this.#book.names() });
  }
}

function readSignal(said: unknown): Signal | undefined {
  if (typeof said !== "string" || said.length > SIGNAL_LENGTH_MAX) return undefined;
  try {
    return Signal.safeParse(JSON.parse(said)).data;
  } catch {
    // A page may call the function with anything.
    return undefined;
  }
}
