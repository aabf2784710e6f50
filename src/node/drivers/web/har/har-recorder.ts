/**
 * `network.har` of a web attempt: what all of its pages asked for, heard from the context itself, so that it can be masked
 * before it is written (Playwright's own recorder writes as it goes). Bounded: how many calls, how long a body, how much of all;
 * what is left out says so where it would be. Not in it: what is said over WebSockets, and requests of `request` steps.
 */
import type { BrowserContext, Page, Request, Response } from "playwright-core";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Ending, SessionOptions } from "../../driver.ts";
import { type HarBody, type HarCall, type HarPage, harText } from "../../har/har.ts";
import { answerOf } from "../metrics/answer-of.ts";
import { headersOf, isText, timingsOf } from "./har-parts.ts";

export type HarRecorder = {
  /** Hands the file over where the policy keeps it, or says why it is missing. Never throws. */
  readonly conclude: (ending: Ending) => Promise<void>;
};

export type HarParts = {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly options: SessionOptions;
  readonly clock: Clock;
  /** What stands in password fields is learned before anything is written. */
  readonly learn: () => Promise<void>;
  readonly browser: { readonly name: string; readonly version: string };
};

const NAME = "network.har";
const CALLS_MAX = 2_000;
const BODY_BYTES_MAX = 256 * 1024;
const BODIES_BYTES_MAX = 16 * 1024 * 1024;
const PAGES_MAX = 200;

/** Starts to listen when the policy wants a HAR. */
export function beginHar(parts: HarParts): HarRecorder | undefined {
  return parts.options.evidence.har === "off" ? undefined : new Recorder(parts);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Heard = { call: HarCall; work: Promise<void> };

class Recorder implements HarRecorder {
  readonly #parts: HarParts;
  readonly #heard = new Map<Request, Heard>();
  readonly #pages: Mutable<HarPage>[] = [];
  readonly #pageOf = new WeakMap<Page, Mutable<HarPage>>();
  #leftOut = 0;
  #bodiesBytes = 0;
  #isOver = false;

  constructor(parts: HarParts) {
    this.#parts = parts;
    const { context } = parts;
    context.on("request", (request) => this.#begin(request));
    context.on("requestfinished", (request) => this.#end(request, undefined));
    context.on("requestfailed", (request) =>
      this.#end(request, request.failure()?.errorText ?? "failed"),
    );
    context.on("page", (page) => this.#watchPage(page));
    this.#watchPage(parts.page);
  }

  readonly conclude = async ({ status }: Ending): Promise<void> => {
    this.#isOver = true;
    const { options, clock, learn, browser } = this.#parts;
    if (options.evidence.har !== "on" && status !== "failed") return;
    try {
      const heard = [...this.#heard.values()];
      await answerOf(Promise.all(heard.map(({ work }) => work)), clock);
      await learn();
      const notes = [
        "What was said over WebSockets and by request steps is not in it",
        ...(this.#leftOut > 0 ? [`${this.#leftOut} more requests were left out`] : []),
      ];
      const calls = heard.map(({ call }) => call);
      const text = harText({ pages: this.#pages, calls, notes, browser }, options.redactor);
      options.attach({ name: NAME, kind: "har", bytes: new TextEncoder().encode(text) });
    } catch (thrown) {
      const reason = `Not kept: ${options.redactor.text(messageOf(thrown))}`;
      options.miss({ name: NAME, kind: "har", reason });
    }
  };

  #watchPage(page: Page): void {
    const since = (at: "contentLoadedMs" | "loadedMs") => () => {
      const shown = this.#pageOf.get(page);
      if (shown !== undefined && shown[at] < 0)
        shown[at] = Math.max(0, this.#parts.clock.wallMs() - shown.startMs);
    };
    page.on("domcontentloaded", since("contentLoadedMs"));
    page.on("load", since("loadedMs"));
  }

  #begin(request: Request): void {
    if (this.#isOver) return;
    if (this.#heard.size >= CALLS_MAX) {
      this.#leftOut += 1;
      return;
    }
    const startMs = this.#parts.clock.wallMs();
    const call = {
      startMs,
      pageId: this.#pageIdFor(request, startMs),
      method: request.method(),
      url: request.url(),
      httpVersion: "",
      headers: headersOf(request.headers()),
      ...{ headersSize: -1, bodySize: -1 },
      body: sentBodyOf(request),
      timings: timingsOf(undefined),
      error: "It had no answer when the attempt ended",
      resourceType: request.resourceType(),
    };
    this.#heard.set(request, { call, work: Promise.resolve() });
  }

  /** A page of the file begins with each document that a tab is led to. */
  #pageIdFor(request: Request, startMs: number): string | undefined {
    const page = pageOfRequest(request);
    if (page === undefined) return undefined;
    const isFirst = request.redirectedFrom() === null;
    const isDocument = request.isNavigationRequest() && request.frame() === page.mainFrame();
    if (isDocument && isFirst && this.#pages.length < PAGES_MAX) {
      const id = `page_${this.#pages.length + 1}`;
      const shown = { id, startMs, url: request.url(), contentLoadedMs: -1, loadedMs: -1 };
      this.#pages.push(shown);
      this.#pageOf.set(page, shown);
    }
    return this.#pageOf.get(page)?.id;
  }

  #end(request: Request, error: string | undefined): void {
    const heard = this.#heard.get(request);
    if (heard === undefined || this.#isOver) return;
    heard.work = this.#complete(request, error).then(
      (call) => {
        heard.call = { ...heard.call, ...call };
      },
      (thrown: unknown) => {
        heard.call = { ...heard.call, error: error ?? messageOf(thrown) };
      },
    );
  }

  async #complete(request: Request, error: string | undefined): Promise<Partial<HarCall>> {
    const { startTime } = request.timing();
    const began = startTime > 0 ? { startMs: startTime } : {};
    const timings = timingsOf(request.timing());
    const response = await request.response();
    if (response === null) return { ...began, timings, error };
    const [sent, headers, server, httpVersion, body] = await Promise.all([
      request.headersArray(),
      response.headersArray(),
      response.serverAddr(),
      response.httpVersion(),
      error === undefined ? this.#bodyOf(response) : noBody(response, "the request failed"),
    ]);
    const sizes = error === undefined ? await request.sizes() : undefined;
    return {
      ...began,
      ...{ timings, error, headers: sent, httpVersion },
      ...(server === null ? {} : { serverAddress: server.ipAddress }),
      headersSize: sizes?.requestHeadersSize ?? -1,
      bodySize: sizes?.requestBodySize ?? -1,
      answer: {
        status: response.status(),
        statusText: response.statusText(),
        httpVersion,
        headers,
        body,
        redirectUrl: redirectOf(response),
        headersSize: sizes?.responseHeadersSize ?? -1,
        bodySize: sizes?.responseBodySize ?? -1,
      },
    };
  }

  async #bodyOf(response: Response): Promise<HarBody> {
    const mimeType = response.headers()["content-type"] ?? "x-unknown";
    if (redirectOf(response) !== "") return { mimeType, size: 0 };
    if (!isText(mimeType)) return noBody(response, "not text");
    const told = Number(response.headers()["content-length"] ?? 0);
    if (told > BODY_BYTES_MAX) return noBody(response, `over ${BODY_BYTES_MAX} bytes`, told);
    const bytes = await answerOf(response.body(), this.#parts.clock);
    if (bytes === undefined) return noBody(response, "the browser has it no more");
    const size = bytes.byteLength;
    if (size > BODY_BYTES_MAX) return noBody(response, `over ${BODY_BYTES_MAX} bytes`, size);
    if (this.#bodiesBytes + size > BODIES_BYTES_MAX)
      return noBody(response, `all bodies together are over ${BODIES_BYTES_MAX} bytes`, size);
    this.#bodiesBytes += size;
    return { mimeType, size, text: bytes.toString("utf8") };
  }
}

function noBody(response: Response, why: string, size = -1): HarBody {
  const mimeType = response.headers()["content-type"] ?? "x-unknown";
  return { mimeType, size, leftOut: `The body was left out: ${why}` };
}

const redirectOf = (response: Response): string =>
  response.status() >= 300 && response.status() < 400 ? (response.headers()["location"] ?? "") : "";

function sentBodyOf(request: Request): HarBody | undefined {
  const bytes = request.postDataBuffer();
  if (bytes === null) return undefined;
  const mimeType = request.headers()["content-type"] ?? "x-unknown";
  const size = bytes.byteLength;
  const isKept = size <= BODY_BYTES_MAX && (isText(mimeType) || /multipart\//.test(mimeType));
  if (isKept) return { mimeType, size, text: bytes.toString("utf8") };
  const why = size > BODY_BYTES_MAX ? `over ${BODY_BYTES_MAX} bytes` : "not text";
  return { mimeType, size, leftOut: `The body of ${size} bytes was left out: ${why}` };
}

function pageOfRequest(request: Request): Page | undefined {
  try {
    return request.frame().page();
  } catch {
    // Of a service worker, or of a page that is not there yet.
    return undefined;
  }
}
