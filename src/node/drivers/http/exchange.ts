/**
 * One `request` step as HTTP exchanges: cookies of the given store, redirects by hand (so that cookies set on the way are
 * kept and the rules are the same on every runtime), a bounded body. `transport.ts` owns how a hop is sent, `asking.ts` when
 * anything is sent twice.
 */
import { type Clock, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { resolveUrl } from "../url.ts";
import { type RequestStep, toPayload } from "./body.ts";
import { BODY_BYTES_MAX, readBody, type Sink } from "./body-reader.ts";
import type { CookieStore } from "./cookie-jar.ts";
import { describeNetworkFault } from "./faults.ts";
import type { HttpResponse } from "./response.ts";
import type { Answer, SentBody } from "./sending.ts";
import type { ResolveFile } from "./sent-file.ts";
import type { SecureSettings } from "./sockets/secure-settings.ts";
import type { Transport } from "./transport.ts";

export type ExchangeOptions = {
  readonly baseUrl?: string | undefined;
  readonly cookies: CookieStore;
  readonly transport: Transport;
  readonly resolveFile: ResolveFile;
  readonly signal: AbortSignal;
  /** Absent: the usual trust. */
  readonly secure?: SecureSettings | undefined;
  /** Where the last body goes; absent: it is kept in memory. */
  readonly sink?: Sink | undefined;
  /** Told of each hop before it is sent. */
  readonly onSend?: (sent: SentRequest) => void;
  /** Told of each hop when it is over. */
  readonly onHop?: ((hop: HopSeen) => void) | undefined;
  readonly clock?: Clock;
};

/** What was asked, for evidence and contracts. */
export type SentRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Absent: none, or one of files. */
  readonly text: string | undefined;
};

/** What became of one hop. */
export type HopSeen = {
  readonly sent: SentRequest;
  /** Wall clock, milliseconds. */
  readonly startMs: number;
  /** To the head of the answer, and to the end of its body. */
  readonly waitMs: number;
  readonly totalMs: number;
  readonly answer?: Pick<Answer, "status" | "statusText" | "headers">;
  /** Absent: it was not read. */
  readonly body?: Uint8Array;
  readonly error?: string;
};

const REDIRECTS_MAX = 20;

const REDIRECT_CODES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What a request without a body must not carry on. */
const BODY_HEADERS = ["content-type", "content-length", "content-encoding", "content-language"];
/** What is meant for one origin only. */
const ORIGIN_HEADERS = ["authorization", "cookie", "proxy-authorization", "host"];

/** There was no answer, or not all of one: what a retry on `network` means. */
export class NetworkError extends StepError {}

/** What the next hop sends; a redirect makes a new one. */
type Hop = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: SentBody | undefined;
};

/**
 * Performs a `request` and reads its body to the end.
 *
 * @throws {StepError} `request` when there is no response: refused, unknown host, TLS, a bad redirect, a body too large.
 */
export async function exchange(step: RequestStep, options: ExchangeOptions): Promise<HttpResponse> {
  const clock = options.clock ?? systemClock;
  const startMs = clock.monotonicMs();
  const redirects: string[] = [];
  let hop = await firstHop(step, options);
  for (;;) {
    const tell = watchHop(options, clock);
    const { answer, sent } = await send(hop, step, { ...options, tell });
    const next = step.followRedirects ? nextHop(hop, answer) : undefined;
    if (next === undefined) {
      const body = await readAnswer(hop, answer, options.sink).catch((thrown: unknown) => {
        tell({ sent, answer, error: messageOf(thrown) });
        throw thrown;
      });
      tell({ sent, answer, body: body.body });
      const durationMs = clock.monotonicMs() - startMs;
      return toResponse({ hop, sent, answer, body, redirects, durationMs });
    }
    tell({ sent, answer });
    await answer.discard();
    redirects.push(`${answer.status} ${hop.url.href}`);
    if (redirects.length > REDIRECTS_MAX) throw refuse(hop, `more than ${REDIRECTS_MAX} redirects`);
    hop = next;
  }
}

type TellHop = (seen: Omit<HopSeen, "startMs" | "waitMs" | "totalMs">) => void;

/** Begins to time a hop: the first that is told of it is its head where there is an answer, the end is now. */
function watchHop({ onHop }: ExchangeOptions, clock: Clock): TellHop & { head?: () => void } {
  const startMs = clock.wallMs();
  const beganMs = clock.monotonicMs();
  let waitMs: number | undefined;
  const sinceMs = () => clock.monotonicMs() - beganMs;
  const tell: TellHop = (seen) =>
    onHop?.({ ...seen, startMs, waitMs: waitMs ?? sinceMs(), totalMs: sinceMs() });
  return Object.assign(tell, {
    head: () => {
      waitMs = sinceMs();
    },
  });
}

async function firstHop(step: RequestStep, options: ExchangeOptions): Promise<Hop> {
  const url = resolveUrl(step.url, options.baseUrl, "request");
  for (const [name, value] of Object.entries(step.query)) {
    for (const one of [value].flat()) url.searchParams.append(name, one);
  }
  if (step.body !== undefined && (step.method === "GET" || step.method === "HEAD")) {
    const text = `Cannot send a body with ${step.method} ${url.href}: the method has none`;
    throw new StepError("failed", "request", text);
  }
  const headers = toHeaders(step, `${step.method} ${url.href}`);
  const payload = await toPayload(step.body, options.resolveFile);
  if (payload.contentType !== undefined && !headers.has("content-type")) {
    headers.set("content-type", payload.contentType);
  }
  return { url, method: step.method, headers, body: payload.body };
}

/** The headers of a step that connects. @throws {StepError} When one cannot be sent. */
export function toHeaders(step: Pick<RequestStep, "headers" | "auth">, what: string): Headers {
  let headers: Headers;
  try {
    headers = new Headers(step.headers);
  } catch (thrown) {
    const text = `Cannot send ${what}: bad header: ${messageOf(thrown)}`;
    throw new StepError("failed", "request", text);
  }
  if (step.auth !== undefined) headers.set("authorization", toAuthorization(step.auth));
  return headers;
}

function toAuthorization(auth: NonNullable<RequestStep["auth"]>): string {
  if ("bearer" in auth) return `Bearer ${auth.bearer}`;
  const pair = `${auth.basic.user}:${auth.basic.password}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

type Sent = { readonly answer: Answer; readonly sent: SentRequest };

type SendOptions = ExchangeOptions & { readonly tell: ReturnType<typeof watchHop> };

async function send(hop: Hop, step: RequestStep, options: SendOptions): Promise<Sent> {
  const headers = await withCookies(hop.headers, hop.url.href, options.cookies);
  const { method, url, body } = hop;
  const text = body?.kind === "whole" ? String(body.content) : undefined;
  const sent = { method, url: url.href, headers, text };
  options.onSend?.(sent);
  let answer: Answer;
  try {
    answer = await options.transport.send({
      url,
      method,
      headers,
      body,
      signal: options.signal,
      secure: options.secure,
      decompress: step.decompress ?? true,
      timings: step.timings ?? false,
    });
  } catch (thrown) {
    const error = fail(hop, describeNetworkFault(thrown));
    options.tell({ sent, error: error.message });
    throw error;
  }
  options.tell.head?.();
  await options.cookies.take(url.href, answer.headers.getSetCookie());
  return { answer, sent };
}

/** The headers with what the store has for an address. */
export async function withCookies(
  own: Headers,
  url: string,
  cookies: CookieStore,
): Promise<Headers> {
  const stored = await cookies.headerFor(url);
  if (stored === "") return own;
  const headers = new Headers(own);
  const named = headers.get("cookie");
  headers.set("cookie", named === null ? stored : `${named}; ${stored}`);
  return headers;
}

/** Where a redirect leads, by the fetch standard; undefined when the response is the last. */
function nextHop(hop: Hop, response: Pick<Answer, "status" | "headers">): Hop | undefined {
  const location = response.headers.get("location");
  if (!REDIRECT_CODES.has(response.status) || location === null) return undefined;
  const url = locate(hop, location);
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin) for (const name of ORIGIN_HEADERS) headers.delete(name);
  if (!becomesGet(hop.method, response.status)) return { ...hop, url, headers };
  for (const name of BODY_HEADERS) headers.delete(name);
  return { url, method: "GET", headers, body: undefined };
}

function locate(hop: Hop, location: string): URL {
  let url: URL;
  try {
    url = new URL(location, hop.url);
  } catch {
    throw refuse(hop, `the redirect to ${JSON.stringify(location)} is no URL`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refuse(hop, `the redirect to ${url.href} leaves http`);
  }
  if (url.hash === "") url.hash = hop.url.hash;
  return url;
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}

async function readAnswer(hop: Hop, answer: Answer, sink: Sink | undefined) {
  const progress = { bytes: 0 };
  try {
    return await readBody(answer.body, { sink, progress });
  } catch (thrown) {
    if (thrown instanceof StepError) throw refuse(hop, thrown.message);
    const reason = describeNetworkFault(thrown);
    throw fail(hop, `the body broke off after ${progress.bytes} bytes: ${reason}`);
  } finally {
    // What was too much is not read on.
    if (progress.bytes > (sink?.bytesMax ?? BODY_BYTES_MAX)) await answer.discard();
  }
}

type Finished = {
  readonly hop: Hop;
  readonly sent: SentRequest;
  readonly answer: Answer;
  readonly body: Pick<HttpResponse, "body" | "kept">;
  readonly redirects: readonly string[];
  readonly durationMs: number;
};

function toResponse({ hop, sent, answer, body, redirects, durationMs }: Finished): HttpResponse {
  return {
    method: hop.method,
    url: hop.url.href,
    sent,
    status: answer.status,
    statusText: answer.statusText,
    headers: answer.headers,
    ...body,
    durationMs,
    redirects,
    ...(answer.timings === undefined ? {} : { timings: answer.timings }),
  };
}

const nameHop = (hop: Hop): string => `${hop.method} ${hop.url.href}`;

/** The answer itself is no good: asking again would not help. */
function refuse(hop: Hop, reason: string): StepError {
  return new StepError("failed", "request", `${nameHop(hop)} failed: ${reason}`);
}

function fail(hop: Hop, reason: string): NetworkError {
  return new NetworkError("failed", "request", `${nameHop(hop)} failed: ${reason}`);
}
