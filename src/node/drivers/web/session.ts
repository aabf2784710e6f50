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
import {
  type Ending,
  type Inspector,
  type Session,
  type SessionOptions,
  type StepContext,
  StepError,
} from "../driver.ts";
import { guardStep } from "../guard.ts";
import { removeTraces } from "./browser.ts";
import { closeContext } from "./close-context.ts";
import type { Surroundings } from "./context/surroundings.ts";
import { attachFailure, attachFinal } from "./evidence.ts";
import {
  closedError,
  describeStep,
  type EndedStep,
  explainError,
  tabClosed,
  timeoutError,
} from "./explain.ts";
import { type Fate, watchFate } from "./fate.ts";
import type { Films } from "./films/films.ts";
import { createInspector } from "./inspect.ts";
import { LastResponse } from "./last-response.ts";
import { LeftBehind, rejectAfterAbort } from "./left-behind.ts";
import { PendingLoading } from "./loading.ts";
import { toPageLocator } from "./locate.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { createPageLog, type PageLog } from "./page-log.ts";
import { learnPasswords } from "./passwords.ts";
import { performOnPage } from "./perform.ts";
import { attachPicture } from "./picture-files.ts";
import { answers, stopLoading, stopScript } from "./recover.ts";
import type { Scene } from "./scene.ts";
import { type Beside, watchBeside } from "./tabs/beside.ts";
import type { Trace } from "./traces/trace.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

export type WebSessionParts = {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly control: CDPSession;
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly films: Films;
  readonly trace: Trace;
  readonly metrics: Metrics | undefined;
  readonly surroundings: Surroundings;
  /** Ends a browser process that is this attempt's own. */
  readonly release: () => Promise<void>;
  /** Called when the context does not end as it should: the browser is no good any more. */
  readonly onStuck: () => void;
};

/** A crash is told a moment after the call that it broke: 23 ms on an idle machine, over 100 on a busy one (2026-11). */
const FATE_GRACE_MS = 400;
const EVIDENCE_MS_MAX = 10_000;
/** Steps whose navigation is given up with them. */
const LOADING_KINDS: ReadonlySet<string> = new Set(["goto", "reload", "tab"]);

export class WebSession implements Session {
  readonly #parts: WebSessionParts;
  readonly #log: PageLog;
  readonly #fate: Fate;
  readonly #response: LastResponse;
  readonly #pending = new PendingLoading();
  readonly #beside: Beside;
  readonly #closing = new AbortController();

  constructor(parts: WebSessionParts) {
    this.#parts = parts;
    this.#log = createPageLog(parts.context, parts.clock);
    this.#response = new LastResponse(parts.options, parts.context, parts.clock);
    this.#fate = watchFate(parts.browser, parts.clock);
    this.#beside = watchBeside({
      ...parts,
      ...{ first: { page: parts.page, control: parts.control }, note: this.#log.note },
      ...{ fate: this.#fate, pending: this.#pending, closing: this.#closing.signal },
    });
  }

  readonly ready = (step: Step, context: StepContext): Promise<void> =>
    guardStep(this.#parts.options.redactor, () =>
      this.#run(step, context, (scene) => this.#pending.finish(scene)),
    );

  readonly perform = (step: Step, context: StepContext): Promise<void> =>
    guardStep(this.#parts.options.redactor, async () => {
      const shown = this.#run(step, context, (scene) => this.#show(scene, step));
      await shown.catch((thrown: unknown) => this.#learnAndThrow(thrown));
      await this.#parts.films.afterStep();
    });

  readonly collectEvidence = async (signal: AbortSignal): Promise<void> => {
    const { options, clock } = this.#parts;
    const { page } = this.#beside.tabs.current;
    await this.#withinBound(signal, (bounded) =>
      attachFailure({ page, log: this.#log, options, clock }, bounded),
    );
    await this.#response.attachEvidence();
  };

  readonly conclude = async (ending: Ending): Promise<void> => {
    const { clock, options, films, trace, metrics } = this.#parts;
    const { page, control } = this.#beside.tabs.current;
    await this.#pending.drop({ control, clock });
    const sources = { page, log: this.#log, options, clock };
    if (ending.status === "passed")
      await this.#withinBound(ending.signal, (bounded) => attachFinal(sources, bounded));
    this.#parts.surroundings.conclude();
    await trace.conclude(ending);
    await films.conclude(ending);
    await metrics?.conclude();
  };

  readonly close = async (): Promise<void> => {
    const { browser, context, clock, films, metrics, onStuck, release, trace } = this.#parts;
    this.#closing.abort();
    this.#response.close();
    trace.drop();
    await metrics?.close();
    await films.close();
    if (!(await closeContext(context, clock))) onStuck();
    await removeTraces(browser);
    await release();
  };

  readonly inspect = (): Inspector =>
    createInspector({ ...this.#parts, page: () => this.#beside.tabs.current.page });

  async #run(
    step: Step,
    context: StepContext,
    act: (scene: Scene) => Promise<void>,
  ): Promise<void> {
    const known = this.#fate.error();
    if (known !== undefined) throw known;
    if (this.#closing.signal.aborted) throw closedError(step);
    const asked = this.#beside.dialogs.takeFault();
    if (asked !== undefined) throw asked;
    const { clock } = this.#parts;
    const scene = this.#setScene(context);
    const { page, signal } = scene;
    const startMs = clock.monotonicMs();
    const ended = new AbortController();
    try {
      const late = rejectAfterAbort(clock, signal, ended.signal);
      await Promise.race([act(scene), this.#fate.ended, late]);
      const fault = this.#beside.dialogs.takeFault();
      if (fault !== undefined) throw fault;
    } catch (thrown) {
      const ended = { step, scene, page, tookMs: clock.monotonicMs() - startMs };
      const error = await this.#toStepError(thrown, ended);
      if (error !== undefined) throw error;
    } finally {
      ended.abort();
    }
  }

  /** What a step has at hand: of the tab that is the current one whenever it asks. */
  #setScene(context: StepContext): Scene {
    const { options, clock } = this.#parts;
    const { tabs } = this.#beside;
    return {
      ...{ options, context, clock, ...this.#beside },
      ...{ pending: this.#pending, surroundings: this.#parts.surroundings },
      records: this.#response.records,
      signal: AbortSignal.any([context.signal, this.#closing.signal]),
      get page() {
        return tabs.current.page;
      },
      get control() {
        return tabs.current.control;
      },
    };
  }

  /** Performs a step where trace and films see it. */
  #show(scene: Scene, step: Step): Promise<void> {
    const { trace, films } = this.#parts;
    const perform = () => this.#act(scene, step);
    // Nothing else touches the page while it only waits.
    const act = isPause(step) ? () => films.watch(perform) : perform;
    return trace.group(describeStep(step), act);
  }

  /** What failed may tell what it saw. */
  async #learnAndThrow(thrown: unknown): Promise<never> {
    const { options, clock, trace } = this.#parts;
    const { page } = this.#beside.tabs.current;
    const isOver = this.#closing.signal.aborted || this.#fate.error() !== undefined;
    if (!isOver) await trace.group("evidence", () => learnPasswords(page, options.redactor, clock));
    throw thrown;
  }

  async #act(scene: Scene, step: Step): Promise<void> {
    scene.records.beginStep(step.kind);
    switch (step.kind) {
      case "screenshot":
        return this.#screenshot(scene, step);
      case "record":
        return this.#parts.films.record(step, scene.signal);
      case "expect":
        return this.#expect(scene, step);
      case "save":
        return this.#response.save(scene, step);
      case "request":
      case "graphql":
      case "ws":
      case "sse":
        return this.#response.perform(scene, step);
      default:
        return performOnPage(scene, step);
    }
  }

  async #screenshot(scene: Scene, step: Of<"screenshot">): Promise<void> {
    const { page, options, signal, clock } = scene;
    const locator = step.locator && toPageLocator(page, step.locator);
    await attachPicture({ page, options, signal, clock }, { ...step, locator });
  }

  async #expect(scene: Scene, step: Of<"expect">): Promise<void> {
    const missed = await this.#response.findMissed(scene, step);
    // A closed attempt did not see its expectation fail.
    if (this.#closing.signal.aborted) throw closedError(step);
    if (missed.length > 0) throw new StepError("failed", "expect", missed.join("\n"));
  }

  /** Takes evidence of the page, which may hang. */
  async #withinBound(
    signal: AbortSignal,
    take: (bounded: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const bound = new AbortController();
    const late = () => bound.abort(new Error("it took too long"));
    const timer = this.#parts.clock.after(EVIDENCE_MS_MAX, late);
    await take(AbortSignal.any([signal, bound.signal, this.#closing.signal]));
    timer.cancel();
  }

  /**
   * Says what became of a step: the page's fate first, then the bound, then what Playwright found. Undefined when it did
   * what it should, and its tab went away over it.
   */
  async #toStepError(
    thrown: unknown,
    ended: EndedStep & { readonly page: Page },
  ): Promise<unknown> {
    const { step, scene } = ended;
    const isEndedFromOutside = scene.signal.aborted;
    if (!isEndedFromOutside && !(thrown instanceof StepError)) await this.#waitForFate();
    const fate = this.#fate.error();
    if (this.#closing.signal.aborted) return closedError(step);
    if (fate !== undefined) return fate;
    const asked = this.#beside.dialogs.takeFault();
    if (asked !== undefined) return asked;
    if (!isEndedFromOutside && ended.page.isClosed()) return tabClosed(thrown, step);
    if (!isEndedFromOutside)
      return thrown instanceof StepError ? thrown : explainError(thrown, step);
    const isAnswering = !(thrown instanceof LeftBehind) && (await answers(scene));
    if (!isAnswering) await stopScript(scene);
    if (LOADING_KINDS.has(step.kind)) await stopLoading(scene);
    return timeoutError(thrown, { ...ended, isAnswering });
  }

  async #waitForFate(): Promise<void> {
    const { clock } = this.#parts;
    await Promise.race([this.#fate.ended, pause(clock, FATE_GRACE_MS)]).catch(() => undefined);
  }
}

const isPause = (step: Step): boolean => step.kind === "wait" && step.for.kind === "time";
