/**
 * One `web` attempt: a fresh browser context with one page. Owns how a step ends: by itself, by its bound, by the
 * page's fate or by the session's close; `perform.ts` owns what it does.
 *
 * After a step that was ended by its bound the session stays usable: Playwright's call is cancelled with the signal, so
 * nothing of it happens during `afterEach`.
 */
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { type Session, type SessionOptions, type StepContext, StepError } from "../driver.ts";
import { guardStep } from "../guard.ts";
import { exchange } from "../http/exchange.ts";
import {
  checkResponse,
  type HttpResponse,
  isOfResponse,
  nameRequest,
  saveFromResponse,
  toEvidence,
} from "../http/response.ts";
import { attachFailure, createNameTaker } from "./evidence.ts";
import { expectOnPage, saveFromPage } from "./expect.ts";
import { closedError, type EndedStep, explainError, LeftBehind, timeoutError } from "./explain.ts";
import { type Fate, watchFate } from "./fate.ts";
import { toPageLocator } from "./locate.ts";
import { takePicture } from "./mask.ts";
import { createPageCookies } from "./page-cookies.ts";
import { createPageLog, type PageLog } from "./page-log.ts";
import { performOnPage } from "./perform.ts";
import { answers, stopLoading, stopScript } from "./recover.ts";
import type { Scene } from "./scene.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

export type WebSessionParts = {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly clock: Clock;
  /** Called when the context does not close in time: the browser is no good any more. */
  readonly onStuck: () => void;
};

/** How long a call may take to say what it was waiting for, after it was told to end. */
const ABORT_GRACE_MS = 150;
/** A crash is told a moment after the call that it broke. */
const FATE_GRACE_MS = 100;
const CONTEXT_CLOSE_MS_MAX = 3_000;
const EVIDENCE_MS_MAX = 10_000;

export class WebSession implements Session {
  readonly #parts: WebSessionParts;
  readonly #log: PageLog;
  readonly #fate: Fate;
  readonly #takeName = createNameTaker();
  readonly #closing = new AbortController();
  #last: HttpResponse | undefined;

  constructor(parts: WebSessionParts) {
    this.#parts = parts;
    this.#log = createPageLog(parts.context);
    this.#fate = watchFate(parts.page, parts.browser, parts.clock);
    parts.context.on("dialog", (dialog) => {
      const text = `Dismissed a dialog (${dialog.type()}): ${JSON.stringify(dialog.message())}`;
      this.#log.note(`[dialog] ${text}`);
      parts.options.warn(parts.options.redactor.text(text));
      // A page that went away took its dialog along.
      dialog.dismiss().catch(() => undefined);
    });
    parts.context.on("page", (popup) => this.#log.note(`[popup] opened ${popup.url()}`));
  }

  readonly perform = (step: Step, context: StepContext): Promise<void> =>
    guardStep(this.#parts.options.redactor, () => this.#run(step, context));

  readonly collectEvidence = async (signal: AbortSignal): Promise<void> => {
    const { page, options, clock } = this.#parts;
    const bound = new AbortController();
    const timer = clock.after(EVIDENCE_MS_MAX, () => bound.abort(new Error("it took too long")));
    const ending = AbortSignal.any([signal, bound.signal, this.#closing.signal]);
    const sources = { page, log: this.#log, options, takeName: this.#takeName };
    await attachFailure(sources, ending);
    timer.cancel();
    if (this.#last !== undefined) options.attach(toEvidence(this.#last, options.redactor));
  };

  readonly conclude = async (): Promise<void> => undefined;

  readonly close = async (): Promise<void> => {
    const { context, clock, onStuck } = this.#parts;
    this.#closing.abort();
    const late = Promise.withResolvers<"late">();
    const timer = clock.after(CONTEXT_CLOSE_MS_MAX, () => late.resolve("late"));
    // A context whose browser is gone is closed.
    const closed = context.close().then(
      () => "closed",
      () => "closed",
    );
    if ((await Promise.race([closed, late.promise])) === "late") onStuck();
    timer.cancel();
  };

  async #run(step: Step, context: StepContext): Promise<void> {
    const known = this.#fate.error();
    if (known !== undefined) throw known;
    if (this.#closing.signal.aborted) throw closedError(step);
    const { page, control, options, clock } = this.#parts;
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    const scene: Scene = { page, control, options, context, signal, clock };
    const startMs = clock.monotonicMs();
    const ended = new AbortController();
    try {
      const late = this.#rejectAfterAbort(signal, ended.signal);
      await Promise.race([this.#act(scene, step), this.#fate.ended, late]);
    } catch (thrown) {
      throw await this.#toStepError(thrown, { step, scene, tookMs: clock.monotonicMs() - startMs });
    } finally {
      ended.abort();
    }
  }

  /** A call that does not end with its signal (a busy page) is left behind a moment later. */
  async #rejectAfterAbort(signal: AbortSignal, ended: AbortSignal): Promise<never> {
    const { clock } = this.#parts;
    return new Promise((_, reject) => {
      const leave = () => {
        const timer = clock.after(ABORT_GRACE_MS, () => reject(new LeftBehind()));
        ended.addEventListener("abort", timer.cancel, { once: true });
      };
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
      ended.addEventListener("abort", () => signal.removeEventListener("abort", leave));
    });
  }

  async #act(scene: Scene, step: Step): Promise<void> {
    switch (step.kind) {
      case "screenshot":
        return this.#screenshot(scene, step);
      case "expect":
        return this.#expect(scene, step);
      case "save":
        return this.#save(scene, step);
      case "request":
        return this.#request(scene, step);
      default:
        return performOnPage(scene, step);
    }
  }

  async #screenshot(scene: Scene, step: Of<"screenshot">): Promise<void> {
    const { page, options } = this.#parts;
    const { redactor } = options;
    const locator = step.locator && toPageLocator(page, step.locator);
    const { fullPage } = step;
    const bytes = await takePicture(page, { redactor, signal: scene.signal, locator, fullPage });
    const name = this.#takeName(redactor.text(step.name));
    options.attach({ name, kind: "screenshot", bytes });
  }

  async #expect(scene: Scene, step: Of<"expect">): Promise<void> {
    const failures: string[] = [];
    for (const demand of step.checks) {
      const isOfLast = isOfResponse(demand.subject);
      const missed = isOfLast
        ? checkResponse(demand, this.#lastFor("expect"))
        : await expectOnPage(scene, demand);
      const of = isOfLast && this.#last !== undefined ? ` of ${nameRequest(this.#last)}` : "";
      if (missed !== undefined) failures.push(missed + of);
    }
    // A closed attempt did not see its expectation fail.
    if (this.#closing.signal.aborted) throw closedError(step);
    if (failures.length > 0) throw new StepError("failed", "expect", failures.join("\n"));
  }

  async #save(scene: Scene, step: Of<"save">): Promise<void> {
    for (const [key, subject] of Object.entries(step.values)) {
      const value = isOfResponse(subject)
        ? saveFromResponse(subject, this.#lastFor("save"))
        : await saveFromPage(scene, subject);
      scene.context.save(key, value);
    }
  }

  async #request(scene: Scene, step: Of<"request">): Promise<void> {
    const { options, context, clock } = this.#parts;
    this.#last = undefined;
    this.#last = await exchange(step, {
      baseUrl: options.baseUrl,
      cookies: createPageCookies(context, clock),
      resolveFile: options.resolveFile,
      signal: scene.signal,
      clock,
    });
  }

  #lastFor(verb: string): HttpResponse {
    if (this.#last !== undefined) return this.#last;
    throw new StepError("failed", verb, `Cannot ${verb}: no request has been answered yet`);
  }

  /** Says what became of a step: the page's fate first, then the bound, then what Playwright found. */
  async #toStepError(thrown: unknown, ended: EndedStep): Promise<unknown> {
    const { step, scene } = ended;
    const isEndedFromOutside = scene.signal.aborted;
    if (!isEndedFromOutside && !(thrown instanceof StepError)) await this.#waitForFate();
    const fate = this.#fate.error();
    if (this.#closing.signal.aborted) return closedError(step);
    if (fate !== undefined) return fate;
    if (!isEndedFromOutside)
      return thrown instanceof StepError ? thrown : explainError(thrown, step);
    const isAnswering = !(thrown instanceof LeftBehind) && (await answers(scene));
    if (!isAnswering) await stopScript(scene);
    if (step.kind === "goto" || step.kind === "reload") await stopLoading(scene);
    return timeoutError(thrown, { ...ended, isAnswering });
  }

  async #waitForFate(): Promise<void> {
    const { clock } = this.#parts;
    await Promise.race([this.#fate.ended, pause(clock, FATE_GRACE_MS)]).catch(() => undefined);
  }
}
