/** What the pages of an attempt said and which requests failed, kept within bounds until evidence is asked for. */
import type { BrowserContext, Request } from "playwright-core";
import type { Clock } from "#shared/clock.ts";

export type PageLog = {
  readonly consoleText: () => string;
  /** Failed requests and answers of 400 and above, as JSON text; undefined when there were none. */
  readonly networkText: () => string | undefined;
  /** Adds a line of ours: a dialog, a popup. */
  readonly note: (line: string) => void;
};

type FailedRequest = {
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly failure?: string;
  readonly type: string;
  readonly startedAt: string;
  /** From the request's start to the failure or the answer's head. */
  readonly durationMs: number;
};

const LINES_MAX = 1_000;
const REQUESTS_MAX = 500;
const LINE_CHARACTERS_MAX = 4_000;

/** Starts listening to every page of a context, popups too. */
export function createPageLog(context: BrowserContext, clock: Clock): PageLog {
  const nameOf = (request: Request) => {
    const { startTime } = request.timing();
    const startMs = startTime > 0 ? startTime : clock.wallMs();
    return {
      method: request.method(),
      url: shorten(request.url()),
      type: request.resourceType(),
      startedAt: new Date(startMs).toISOString(),
      durationMs: Math.max(0, Math.round(clock.wallMs() - startMs)),
    };
  };
  const lines = createBoundedList<string>(LINES_MAX);
  const failed = createBoundedList<FailedRequest>(REQUESTS_MAX);
  const note = (line: string) => lines.add(shorten(line));
  context.on("console", (message) => {
    const { url, lineNumber } = message.location();
    note(`[${message.type()}] ${message.text()}${url === "" ? "" : ` (${url}:${lineNumber + 1})`}`);
  });
  context.on("weberror", (event) => {
    const error = event.error();
    note(`[page error] ${error.stack ?? error.message}`);
  });
  context.on("requestfailed", (request) => {
    failed.add({ ...nameOf(request), failure: request.failure()?.errorText ?? "failed" });
  });
  context.on("response", (response) => {
    const status = response.status();
    if (status >= 400) failed.add({ ...nameOf(response.request()), status });
  });
  return {
    note,
    consoleText: () => [...lines.items, ...lines.more("lines")].join("\n"),
    networkText: () => {
      if (failed.items.length === 0) return undefined;
      return JSON.stringify({ failed: failed.items, notes: failed.more("requests") }, null, 2);
    },
  };
}

/** Marked where it was cut, so that the beginning of a secret there is seen for what it is. */
function shorten(text: string): string {
  return text.length <= LINE_CHARACTERS_MAX ? text : `${text.slice(0, LINE_CHARACTERS_MAX)}…`;
}

type BoundedList<T> = {
  readonly items: readonly T[];
  readonly add: (item: T) => void;
  /** Says how many were left out; empty when none was. */
  readonly more: (what: string) => string[];
};

function createBoundedList<T>(countMax: number): BoundedList<T> {
  const items: T[] = [];
  let leftOut = 0;
  const add = (item: T) => {
    if (items.length < countMax) items.push(item);
    else leftOut += 1;
  };
  return { items, add, more: (what) => (leftOut === 0 ? [] : [`… ${leftOut} more ${what}`]) };
}
