/**
 * Waits for the navigation that an act starts. Chromium says of the main frame when it begins to load and when it has
 * loaded; what begins within a moment after the act counts as started by it. A change of the address without a new document
 * is no navigation (Chromium says "loading" of it too); those of popups and inner frames are not the page's.
 */
import type { CDPSession, Request, Response } from "playwright-core";
import { type Clock, pause } from "#shared/clock.ts";
import { StepError } from "../driver.ts";
import { untilAborted } from "../guard.ts";
import { warnOfStatus } from "./navigate.ts";
import { stopLoading } from "./recover.ts";
import type { Scene } from "./scene.ts";

/** How long after the act a navigation may be asked for: a handler that asks a server first. */
const ASK_MS_MAX = 100;
/** How long after the act one that was asked for may begin; a browser may refuse it without a word. */
const BEGIN_MS_MAX = 1_000;

/** For acts of Playwright: it would wait too, without end for a navigation that is refused. */
export const NO_WAIT = { noWaitAfter: true } as const;

/** What a step needs of its bound to say that it is over. */
const SPARE_MS = 100;

/**
 * Performs `act`, and when it started a navigation waits until that has loaded, for what is left of the step's bound: a
 * page that takes longer is no fault of the act, and is left to the step after it.
 *
 * @throws {StepError} `navigation` when the new page could not be reached. @throws What `act` throws.
 */
export async function actAndLoad(scene: Scene, act: () => Promise<void>): Promise<void> {
  const { clock, context, signal } = scene;
  const startMs = clock.monotonicMs();
  const loading = await watchLoading(scene.control);
  const document = watchDocument(scene);
  const stop = () => {
    loading.stop();
    document.stop();
  };
  let isLeft = false;
  try {
    await act();
    await Promise.race([runHandlers(scene), loading.begun]);
    const settled = loading.settled(clock);
    const leftMs = context.timeoutMs - SPARE_MS - (clock.monotonicMs() - startMs);
    const late = pause(clock, Math.max(0, leftMs), signal).then(() => false);
    // A tab that closes itself loads no more.
    const closed = new Promise<true>((resolve) => scene.page.once("close", () => resolve(true)));
    const either = Promise.race([settled.then(() => true), late, closed]);
    const isLoaded = await untilAborted(either, signal, () => notLoaded(scene));
    if (isLoaded) return throwFailure(document);
    isLeft = true;
    const finish = async (next: Scene) => {
      await untilAborted(settled, next.signal, () => notLoaded(next));
      throwFailure(document);
    };
    scene.pending.leave({ finish, stop });
    scene.options.warn("The page that followed was not loaded yet when the step ended");
  } finally {
    if (!isLeft) stop();
  }
}

const notLoaded = ({ context }: Scene): StepError =>
  new StepError(
    "failed",
    "timeout",
    `The page that followed was not loaded within ${Math.round(context.timeoutMs)} ms`,
  );

function throwFailure(document: DocumentWatch): void {
  const failure = document.failure();
  if (failure === undefined) return;
  const text = `The page that followed cannot be opened: ${failure}`;
  throw new StepError("failed", "navigation", text);
}

/** A navigation that a step has started and left to the next one. */
type LeftLoading = {
  /** Waits until it is over, within the bound of the step that is about to begin. */
  readonly finish: (next: Scene) => Promise<void>;
  readonly stop: () => void;
};

/** The navigation that the next step must wait for; at most one. */
export class PendingLoading {
  #left: LeftLoading | undefined;

  leave(left: LeftLoading): void {
    this.#left?.stop();
    this.#left = left;
  }

  /** @throws {StepError} `timeout` or `navigation`; then the page is told to give the navigation up. */
  async finish(next: Scene): Promise<void> {
    const left = this.#left;
    if (left === undefined) return;
    this.#left = undefined;
    try {
      await left.finish(next);
    } catch (thrown) {
      // Nobody could take a picture of a page that waits for another.
      await stopLoading(next);
      throw thrown;
    } finally {
      left.stop();
    }
  }

  /** Waits no more for it: its tab is gone. */
  forget(): void {
    this.#left?.stop();
    this.#left = undefined;
  }

  /** Gives up what is waited for. */
  async drop(scene: Pick<Scene, "clock" | "control">): Promise<void> {
    if (this.#left === undefined) return;
    this.#left.stop();
    this.#left = undefined;
    await stopLoading(scene);
  }
}

/** A page sends its forms after the click's own handlers; on a busy machine that may come long after the click. */
async function runHandlers({ control, clock, signal }: Scene): Promise<void> {
  const expression = "new Promise((done) => setTimeout(done))";
  const ran = control.send("Runtime.evaluate", { expression, awaitPromise: true });
  // A page that is led away, or hangs, answers no more.
  const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
  await Promise.race([quietly(ran), quietly(pause(clock, BEGIN_MS_MAX, signal))]);
}

type Loading = {
  /** Resolves when a navigation was asked for or has begun. */
  readonly begun: Promise<void>;
  /** Resolves when what began has loaded, or nothing began within a moment. */
  readonly settled: (clock: Clock) => Promise<void>;
  readonly stop: () => void;
};

async function watchLoading(control: CDPSession): Promise<Loading> {
  await control.send("Page.enable");
  const { frameTree } = await control.send("Page.getFrameTree");
  const isMain = ({ frameId }: { readonly frameId: string }) => frameId === frameTree.frame.id;
  const settled = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let state: "still" | "asked" | "loading" | "within" = "still";
  let isWindowOver = false;
  const onAsk = (event: Framed & { readonly disposition: string }) => {
    if (!isMain(event) || event.disposition !== "currentTab" || state !== "still") return;
    state = "asked";
    begun.resolve();
  };
  const onStart = (event: Framed) => {
    if (!isMain(event)) return;
    state = "loading";
    begun.resolve();
  };
  const onWithin = (event: Framed) => {
    if (isMain(event) && state === "loading") state = "within";
  };
  const onStop = (event: Framed) => {
    if (!isMain(event) || state === "still" || state === "asked") return;
    if (state === "loading" || isWindowOver) settled.resolve();
    state = "still";
  };
  control.on("Page.frameRequestedNavigation", onAsk);
  control.on("Page.frameStartedLoading", onStart);
  control.on("Page.navigatedWithinDocument", onWithin);
  control.on("Page.frameStoppedLoading", onStop);
  return {
    begun: begun.promise,
    settled: (clock) => {
      clock.after(ASK_MS_MAX, () => {
        isWindowOver = true;
        if (state === "still") settled.resolve();
      });
      clock.after(BEGIN_MS_MAX, () => {
        if (state === "asked") settled.resolve();
      });
      return settled.promise;
    },
    stop: () => {
      control.off("Page.frameRequestedNavigation", onAsk);
      control.off("Page.frameStartedLoading", onStart);
      control.off("Page.navigatedWithinDocument", onWithin);
      control.off("Page.frameStoppedLoading", onStop);
    },
  };
}

type Framed = { readonly frameId: string };

type DocumentWatch = {
  /** Why the main frame's new document could not be had; undefined when it could. */
  readonly failure: () => string | undefined;
  readonly stop: () => void;
};

/** Listens to what the main frame's new document answers; a status of 400 and above is shown. */
function watchDocument(scene: Scene): DocumentWatch {
  const { page } = scene;
  let failure: string | undefined;
  const isDocument = (request: Request) =>
    request.isNavigationRequest() && request.frame() === page.mainFrame();
  const onFailed = (request: Request) => {
    const text = request.failure()?.errorText ?? "failed";
    // Aborted: a download, an empty answer, or another navigation took its place.
    if (isDocument(request) && text !== "net::ERR_ABORTED") failure = `${text} at ${request.url()}`;
  };
  const onResponse = (response: Response) => {
    if (isDocument(response.request())) warnOfStatus(scene, response);
  };
  page.on("requestfailed", onFailed);
  page.on("response", onResponse);
  return {
    failure: () => failure,
    stop: () => {
      page.off("requestfailed", onFailed);
      page.off("response", onResponse);
    },
  };
}
