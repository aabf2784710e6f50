/**
 * P: calls of an attempt as HAR 1.2 (the format of http://www.softwareishard.com/blog/har-12-spec/, which browsers and their
 * tools open). Everything of it is masked here (K1), whoever recorded it: mask-call.ts says how.
 */
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import type { Redactor } from "#shared/redactor.ts";
import { CallMask } from "./mask-call.ts";

export type HarHeader = { readonly name: string; readonly value: string };

/** A body as it was sent; what is not text, or too long, is named and not kept. */
export type HarBody = {
  readonly mimeType: string;
  /** Bytes of it; -1: nobody knows. */
  readonly size: number;
  readonly text?: string;
  /** Why `text` is not there. */
  readonly leftOut?: string;
};

export type HarAnswer = {
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: string;
  readonly headers: readonly HarHeader[];
  readonly body: HarBody;
  /** Where a redirect leads; empty: nowhere. */
  readonly redirectUrl: string;
  /** Bytes over the wire; -1: nobody knows. */
  readonly headersSize: number;
  readonly bodySize: number;
};

/** Milliseconds; -1: that part did not take place, or nobody knows. */
export type HarTimings = {
  readonly blocked: number;
  readonly dns: number;
  /** With `ssl` in it. */
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
};

/** One request with what became of it. */
export type HarCall = {
  /** Wall clock, milliseconds. */
  readonly startMs: number;
  /** Of `HarPage`. */
  readonly pageId?: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: readonly HarHeader[];
  readonly headersSize: number;
  readonly bodySize: number;
  readonly body?: HarBody | undefined;
  /** Absent: there was none. */
  readonly answer?: HarAnswer | undefined;
  readonly timings: HarTimings;
  /** Why there is no answer, or not all of it. */
  readonly error?: string | undefined;
  readonly serverAddress?: string | undefined;
  /** `document`, `script`, `fetch` … */
  readonly resourceType?: string | undefined;
};

export type HarPage = {
  readonly id: string;
  readonly startMs: number;
  readonly url: string;
  /** Milliseconds from the start; -1: it did not come. */
  readonly contentLoadedMs: number;
  readonly loadedMs: number;
};

export type HarContent = {
  readonly pages: readonly HarPage[];
  readonly calls: readonly HarCall[];
  /** What was not recorded, for people. */
  readonly notes: readonly string[];
  readonly browser?: { readonly name: string; readonly version: string };
};

/** The file: JSON text, with everything secret masked. */
export function harText(content: HarContent, redactor: Redactor): string {
  const mask = new CallMask(redactor, content.calls);
  const { pages, calls, notes, browser } = content;
  const log = {
    version: "1.2",
    creator: { name: "panoptic", version: PROGRAM_VERSION },
    ...(browser === undefined ? {} : { browser }),
    pages: pages.map((page) => pageOf(page, mask)),
    entries: calls.map((call) => entryOf(call, mask)),
    ...(notes.length > 0 && { comment: mask.text(notes.join("; ")) }),
  };
  return JSON.stringify({ log }, null, 1);
}

const dateOf = (wallMs: number): string => new Date(wallMs).toISOString();

function pageOf(page: HarPage, mask: CallMask): object {
  return {
    startedDateTime: dateOf(page.startMs),
    id: page.id,
    title: mask.url(page.url),
    pageTimings: { onContentLoad: page.contentLoadedMs, onLoad: page.loadedMs },
  };
}

function entryOf(call: HarCall, mask: CallMask): object {
  const { ssl: _within, ...parts } = call.timings;
  const spent = Object.values(parts).filter((ms) => ms > 0);
  return {
    ...(call.pageId === undefined ? {} : { pageref: call.pageId }),
    startedDateTime: dateOf(call.startMs),
    time: spent.reduce((sum, ms) => sum + ms, 0),
    request: requestOf(call, mask),
    response: responseOf(call.answer, mask),
    cache: {},
    timings: call.timings,
    ...(call.serverAddress === undefined ? {} : { serverIPAddress: call.serverAddress }),
    ...(call.resourceType === undefined ? {} : { _resourceType: call.resourceType }),
    ...(call.error === undefined ? {} : { _error: mask.text(call.error) }),
  };
}

function requestOf(call: HarCall, mask: CallMask): object {
  const { body } = call;
  return {
    method: call.method,
    url: mask.url(call.url),
    httpVersion: call.httpVersion,
    cookies: mask.cookies(call.headers),
    headers: mask.headers(call.headers),
    queryString: mask.query(call.url),
    headersSize: call.headersSize,
    bodySize: call.bodySize,
    ...(body === undefined ? {} : { postData: postDataOf(body, mask) }),
  };
}

function postDataOf(body: HarBody, mask: CallMask): object {
  const comment = body.leftOut === undefined ? {} : { comment: mask.text(body.leftOut) };
  const text = body.text === undefined ? "" : mask.body(body.text, body.mimeType);
  return { mimeType: body.mimeType, text, ...comment };
}

/** Of a request without an answer, as browsers write it: status 0. */
const NO_ANSWER: HarAnswer = {
  status: 0,
  statusText: "",
  httpVersion: "",
  headers: [],
  body: { mimeType: "x-unknown", size: 0 },
  redirectUrl: "",
  headersSize: -1,
  bodySize: -1,
};

function responseOf(answer: HarAnswer = NO_ANSWER, mask: CallMask): object {
  const { body } = answer;
  return {
    status: answer.status,
    statusText: mask.text(answer.statusText),
    httpVersion: answer.httpVersion,
    cookies: mask.setCookies(answer.headers),
    headers: mask.headers(answer.headers),
    content: {
      size: body.size,
      mimeType: body.mimeType,
      ...(body.text === undefined ? {} : { text: mask.body(body.text, body.mimeType) }),
      ...(body.leftOut === undefined ? {} : { comment: mask.text(body.leftOut) }),
    },
    redirectURL: answer.redirectUrl === "" ? "" : mask.url(answer.redirectUrl),
    headersSize: answer.headersSize,
    bodySize: answer.bodySize,
  };
}
