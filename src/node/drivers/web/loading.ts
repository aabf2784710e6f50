/**
 * Waits for the navigation that an act starts. Chromium says of the main frame when it begins to load and when it has
 * loaded; what begins within a moment after the act counts as started by it. A change of the address without a new document
 * is no navigation (Chromium says "loading" of it too); those of popups and inner frames are not the page's.
 */
import type { CDPSession, Request, Response } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { StepError } from "../driver.ts";
import { untilAborted } from "../guard.ts";
import { warnOfStatus } from "./navigate.ts";
import type { Scene } from "./scene.ts";

/** How long after the act a navigation may begin: a handler that asks a server first. */
const BEGIN_MS_MAX = 100;

/**
 * Performs `act`, and when it started a navigation waits until that has loaded; bounded by the step's signal.
 *
 * @throws {StepError} `navigation` when the new page could not be reached. @throws What `act` throws.
 */
export async function actAndLoad(scene: Scene, act: () => Promise<void>): Promise<void> {
  const loading = await watchLoading(scene.control);
  const document = watchDocument(scene);
  try {
    await act();
    const late = () =>
      new StepError("failed", "timeout", "The page that followed was not loaded in time");
    await untilAborted(loading.settled(scene.clock), scene.signal, late);
    const failure = document.failure();
    if (failure === undefined) return;
    const text = `The page that followed cannot be opened: ${failure}`;
    throw new StepError("failed", "navigation", text);
  } finally {
    loading.stop();
    document.stop();
  }
}

type Loading = {
  /** Resolves when what began has loaded, or nothing began within a moment. */
  readonly settled: (clock: Clock) => Promise<void>;
  readonly stop: () => void;
};

async function watchLoading(control: CDPSession): Promise<Loading> {
  await control.send("Page.enable");
  const { frameTree } = await control.send("Page.getFrameTree");
  const isMain = ({ frameId }: { readonly frameId: string }) => frameId === frameTree.frame.id;
  const settled = Promise.withResolvers<void>();
  let state: "still" | "loading" | "within" = "still";
  let isWindowOver = false;
  const onStart = (event: { readonly frameId: string }) => {
    if (isMain(event)) state = "loading";
  };
  const onWithin = (event: { readonly frameId: string }) => {
    if (isMain(event) && state === "loading") state = "within";
  };
  const onStop = (event: { readonly frameId: string }) => {
    if (!isMain(event) || state === "still") return;
    if (state === "loading" || isWindowOver) settled.resolve();
    state = "still";
  };
  control.on("Page.frameStartedLoading", onStart);
  control.on("Page.navigatedWithinDocument", onWithin);
  control.on("Page.frameStoppedLoading", onStop);
  return {
    settled: (clock) => {
      clock.after(BEGIN_MS_MAX, () => {
        isWindowOver = true;
        if (state === "still") settled.resolve();
      });
      return settled.promise;
    },
    stop: () => {
      control.off("Page.frameStartedLoading", onStart);
      control.off("Page.navigatedWithinDocument", onWithin);
      control.off("Page.frameStoppedLoading", onStop);
    },
  };
}

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
