/**
 * Timings of the documents that an attempt's page showed, from Chromium's own protocol: nothing is put into the page. All
 * times are milliseconds from the document's request. Inner frames and popups are not in it.
 */
import type { CDPSession } from "playwright-core";

export type PageTimings = {
  readonly url: string;
  readonly status?: number;
  /** Until the first byte of the answer. */
  readonly ttfbMs?: number;
  readonly firstContentfulPaintMs?: number;
  readonly largestContentfulPaintMs?: number;
  readonly domContentLoadedMs?: number;
  readonly loadMs?: number;
  /** The sum of all unexpected shifts of the layout; 0 is best. */
  readonly cumulativeLayoutShift: number;
  readonly requestCount: number;
  /** What came over the wire for it, heads included. */
  readonly transferBytes: number;
};

type Shown = { -readonly [K in keyof PageTimings]: PageTimings[K] } & {
  /** Of the monotonic clock that most events carry, and of the wall's. */
  readonly startS: number;
  readonly startWallS: number;
};
type Payload<Name extends keyof Events> = Events[Name];
type Events = {
  sent: {
    readonly requestId: string;
    readonly loaderId: string;
    readonly frameId?: string;
    readonly timestamp: number;
    readonly wallTime: number;
    readonly request: { readonly url: string };
  };
  answered: {
    readonly requestId: string;
    readonly response: {
      readonly url: string;
      readonly status: number;
      readonly timing?: { readonly requestTime: number; readonly receiveHeadersStart?: number };
    };
  };
  over: { readonly requestId: string; readonly encodedDataLength?: number };
  moment: {
    readonly frameId: string;
    readonly loaderId: string;
    readonly name: string;
    readonly timestamp: number;
  };
  seen: {
    readonly frameId: string;
    readonly lcpDetails?: { readonly renderTime: number; readonly loadTime: number };
    readonly layoutShiftDetails?: { readonly value: number; readonly hadRecentInput: boolean };
  };
};

const PAGES_MAX = 200;
const REQUESTS_MAX = 10_000;

/** Chromium's names of moments. */
const MOMENTS = {
  firstContentfulPaint: "firstContentfulPaintMs",
  DOMContentLoaded: "domContentLoadedMs",
  load: "loadMs",
} as const;

/** Starts listening; what comes back gives the documents so far, in order. */
export async function watchPageTimings(control: CDPSession): Promise<() => readonly PageTimings[]> {
  const { frameTree } = await control.send("Page.getFrameTree");
  const book = new TimingsBook(frameTree.frame.id);
  control.on("Network.requestWillBeSent", (event) => book.onSent(event));
  control.on("Network.responseReceived", (event) => book.onAnswered(event));
  control.on("Network.loadingFinished", (event) => book.onOver(event));
  control.on("Network.loadingFailed", (event) => book.onOver(event));
  control.on("Page.lifecycleEvent", (event) => book.onMoment(event));
  control.on("PerformanceTimeline.timelineEventAdded", ({ event }) => book.onSeen(event));
  await control.send("Page.enable");
  await control.send("Network.enable");
  await control.send("Page.setLifecycleEventsEnabled", { enabled: true });
  const eventTypes = ["largest-contentful-paint", "layout-shift"];
  await control.send("PerformanceTimeline.enable", { eventTypes });
  return () => book.pages();
}

/** A page may be a data: address of megabytes. */
const URL_CHARACTERS_MAX = 4_000;

class TimingsBook {
  readonly #mainFrameId: string;
  /** By the loader's id, which is also the id of the document's own request. */
  readonly #pages = new Map<string, Shown>();
  readonly #pageOfRequest = new Map<string, Shown>();
  #current: Shown | undefined;

  constructor(mainFrameId: string) {
    this.#mainFrameId = mainFrameId;
  }

  pages(): readonly PageTimings[] {
    return [...this.#pages.values()].map(({ startS: _, startWallS: __, ...timings }) => timings);
  }

  onSent({ requestId, loaderId, frameId, ...event }: Payload<"sent">): void {
    const isDocument = requestId === loaderId && frameId === this.#mainFrameId;
    if (isDocument && !this.#pages.has(loaderId) && this.#pages.size < PAGES_MAX) {
      const start = { startS: event.timestamp, startWallS: event.wallTime };
      const counts = { cumulativeLayoutShift: 0, requestCount: 0, transferBytes: 0 };
      this.#pages.set(loaderId, {
        url: event.request.url.slice(0, URL_CHARACTERS_MAX),
        ...counts,
        ...start,
      });
    }
    const page = this.#pages.get(loaderId);
    if (page === undefined || this.#pageOfRequest.size >= REQUESTS_MAX) return;
    page.requestCount += 1;
    this.#pageOfRequest.set(requestId, page);
  }

  onAnswered({ requestId, response }: Payload<"answered">): void {
    const page = this.#pages.get(requestId);
    if (page === undefined) return;
    page.url = response.url.slice(0, URL_CHARACTERS_MAX);
    page.status = response.status;
    const { requestTime, receiveHeadersStart } = response.timing ?? {};
    if (requestTime !== undefined && receiveHeadersStart !== undefined)
      page.ttfbMs = whole((requestTime - page.startS) * 1000 + receiveHeadersStart);
  }

  onOver({ requestId, encodedDataLength = 0 }: Payload<"over">): void {
    const page = this.#pageOfRequest.get(requestId);
    if (page !== undefined) page.transferBytes += encodedDataLength;
    this.#pageOfRequest.delete(requestId);
  }

  onMoment({ frameId, loaderId, name, timestamp }: Payload<"moment">): void {
    const page = this.#pages.get(loaderId);
    if (frameId !== this.#mainFrameId || page === undefined) return;
    if (name === "init") this.#current = page;
    const moment = name in MOMENTS ? MOMENTS[name as keyof typeof MOMENTS] : undefined;
    if (moment !== undefined) page[moment] = whole((timestamp - page.startS) * 1000);
  }

  onSeen({ frameId, lcpDetails, layoutShiftDetails }: Payload<"seen">): void {
    const page = this.#current;
    if (page === undefined || frameId !== this.#mainFrameId) return;
    if (lcpDetails !== undefined) {
      const shownS = lcpDetails.renderTime || lcpDetails.loadTime;
      page.largestContentfulPaintMs = whole((shownS - page.startWallS) * 1000);
    }
    if (layoutShiftDetails?.hadRecentInput === false)
      page.cumulativeLayoutShift += layoutShiftDetails.value;
  }
}

const whole = (ms: number): number => Math.max(0, Math.round(ms));
