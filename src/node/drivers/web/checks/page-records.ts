/**
 * What the pages of an attempt asked the network for and what they said, for expectations: kept within bounds, and what
 * finds no room is counted, as nobody may take it for something that did not happen.
 */
import type { BrowserContext, ConsoleMessage, Frame, Page, Request } from "playwright-core";
import type { CONSOLE_LEVELS } from "#proto/steps/page-checks.ts";

export type RequestRecord = {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, without those that the browser adds last (cookies). */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: it has none, or `bodyFault` says why it is not known. */
  readonly body?: string | undefined;
  readonly bodyFault?: string | undefined;
  /** Absent: not answered yet, or never. */
  status?: number;
  /** Why it was never answered. */
  failure?: string;
};

export type ConsoleLevel = (typeof CONSOLE_LEVELS)[number];
export type MessageRecord = { readonly level: ConsoleLevel; readonly text: string };

type Load = { requests: number; readonly ended: Request[] };

/** What was recorded since a point; `dropped`: how many more there were. */
export type Recorded<T> = { readonly items: readonly T[]; readonly dropped: number };

/** Steps that leave the page as it is. */
const LOOKING: ReadonlySet<string> = new Set(["expect", "save", "screenshot", "record", "wait"]);

export type Since = "attempt" | "step";

const REQUESTS_MAX = 2_000;
const BODY_BYTES_MAX = 64 * 1024;
/** Of all requests of an attempt together. */
const BODIES_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGES_MAX = 2_000;
/** Of a document; beyond it bytes could not be told. */
const ENDED_MAX = 5_000;
const TEXT_LENGTH_MAX = 4_000;
const URL_LENGTH_MAX = 4_000;

/** Records every page of a context, popups too. */
export class PageRecords {
  readonly #requests = new Entries<RequestRecord>(REQUESTS_MAX);
  readonly #messages = new Entries<MessageRecord>(MESSAGES_MAX);
  readonly #byRequest = new WeakMap<Request, RequestRecord>();
  /** Of each page, since its last document was asked for. */
  readonly #loads = new WeakMap<Page, Load>();
  #bodyBytes = 0;

  constructor(context: BrowserContext) {
    context.on("request", (request) => this.#note(request));
    context.on("response", (response) => {
      const record = this.#byRequest.get(response.request());
      if (record !== undefined) record.status = response.status();
    });
    context.on("requestfinished", (request) => this.#noteEnd(request));
    context.on("requestfailed", (request) => {
      const record = this.#byRequest.get(request);
      if (record !== undefined) record.failure = request.failure()?.errorText ?? "failed";
    });
    context.on("console", (message) =>
      this.#messages.add({ level: levelOf(message), text: cut(message.text(), TEXT_LENGTH_MAX) }),
    );
    context.on("weberror", (event) => {
      const error = event.error();
      this.#messages.add({
        level: "pageError",
        text: cut(error.stack ?? error.message, TEXT_LENGTH_MAX),
      });
    });
  }

  /** A step begins: `since: step` counts from here, unless it only looks. */
  beginStep(kind: string): void {
    if (LOOKING.has(kind)) return;
    this.#requests.mark();
    this.#messages.mark();
  }

  requests(since: Since): Recorded<RequestRecord> {
    return this.#requests.since(since);
  }

  messages(since: Since): Recorded<MessageRecord> {
    return this.#messages.since(since);
  }

  /** What was asked for since the page's last document was, and the bytes that came for what is over. */
  async loadedFor(
    page: Page,
  ): Promise<{ readonly requests: number; readonly transferBytes: number }> {
    const { requests, ended } = this.#loads.get(page) ?? { requests: 0, ended: [] };
    const sizes = await Promise.all(ended.map((request) => request.sizes()));
    const bytes = sizes.map((size) => size.responseHeadersSize + size.responseBodySize);
    return { requests, transferBytes: bytes.reduce((sum, one) => sum + one, 0) };
  }

  #noteEnd(request: Request): void {
    const ended = this.#loadOf(request)?.ended;
    if (ended !== undefined && ended.length < ENDED_MAX) ended.push(request);
  }

  #loadOf(request: Request): Load | undefined {
    const frame = frameOf(request);
    if (frame === undefined) return undefined;
    const page = frame.page();
    // The first document of a popup was asked for before there was a page.
    if (isDocument(request) && frame.parentFrame() === null && !this.#loads.has(page))
      this.#loads.set(page, { requests: 1, ended: [] });
    return this.#loads.get(page);
  }

  #noteLoad(request: Request): void {
    const frame = frameOf(request);
    if (frame === undefined) return;
    if (isDocument(request) && frame.parentFrame() === null)
      this.#loads.set(frame.page(), { requests: 0, ended: [] });
    const load = this.#loads.get(frame.page());
    if (load !== undefined) load.requests += 1;
  }

  #note(request: Request): void {
    this.#noteLoad(request);
    const record: RequestRecord = {
      method: request.method(),
      url: cut(request.url(), URL_LENGTH_MAX),
      headers: request.headers(),
      ...this.#bodyOf(request),
    };
    this.#byRequest.set(request, record);
    this.#requests.add(record);
  }

  #bodyOf(request: Request): Pick<RequestRecord, "body" | "bodyFault"> {
    const bytes = request.postDataBuffer();
    if (bytes === null) {
      const isSent = request.headers()["content-type"] !== undefined && request.method() !== "GET";
      return isSent ? { bodyFault: "the browser does not tell its body" } : {};
    }
    if (bytes.length > BODY_BYTES_MAX)
      return { bodyFault: `its body of ${bytes.length} bytes is longer than ${BODY_BYTES_MAX}` };
    if (this.#bodyBytes + bytes.length > BODIES_BYTES_MAX)
      return { bodyFault: `the bodies before it have ${BODIES_BYTES_MAX} bytes` };
    this.#bodyBytes += bytes.length;
    return { body: bytes.toString("utf8") };
  }
}

/** A list that is full at some point, and knows how many came after that. */
class Entries<T> {
  readonly #countMax: number;
  readonly #items: T[] = [];
  #dropped = 0;
  #mark = 0;
  #droppedAtMark = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(item: T): void {
    if (this.#items.length < this.#countMax) this.#items.push(item);
    else this.#dropped += 1;
  }

  mark(): void {
    this.#mark = this.#items.length;
    this.#droppedAtMark = this.#dropped;
  }

  since(since: Since): Recorded<T> {
    return since === "attempt"
      ? { items: this.#items, dropped: this.#dropped }
      : { items: this.#items.slice(this.#mark), dropped: this.#dropped - this.#droppedAtMark };
  }
}

const LEVELS: Readonly<Record<string, ConsoleLevel>> = {
  debug: "debug",
  info: "info",
  warning: "warning",
  error: "error",
  assert: "error",
};

function levelOf(message: ConsoleMessage): ConsoleLevel {
  return LEVELS[message.type()] ?? "log";
}

/** Marked where it was cut, so that the beginning of a secret there is seen for what it is. */
function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}

const isDocument = (request: Request): boolean =>
  request.isNavigationRequest() && request.redirectedFrom() === null;

/** Undefined for one that no page has asked for, and for the first of a popup, which is told before its page is there. */
function frameOf(request: Request): Frame | undefined {
  try {
    return request.frame();
  } catch {
    // It throws in these two cases, which it cannot be asked about before.
    return undefined;
  }
}
