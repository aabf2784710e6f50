/**
 * One `request` step as HTTP exchanges: cookies of the given store, redirects by hand (so that cookies set on the way are
 * kept and the rules are the same on every runtime), a bounded body. Owns what failures of the network are
 * called. Nothing is sent twice: a failed request is the test's to see.
 *
 * Measured (Bun 1.4, 2026-11): fetch decompresses by itself, hands out a 302 with `redirect: "manual"`, and sends also
 * loopback to a proxy named by the environment, hence `proxy: false` there.
 */
import { type Clock, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../driver.ts";
import { resolveUrl } from "../url.ts";
import { type RequestStep, toPayload } from "./body.ts";
import type { CookieStore } from "./cookie-jar.ts";
import type { HttpResponse } from "./response.ts";

export type ExchangeOptions = {
  readonly baseUrl?: string | undefined;
  readonly cookies: CookieStore;
  readonly resolveFile: (path: string) => string;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
};

export const BODY_BYTES_MAX = 10 * 1024 * 1024;
const REDIRECTS_MAX = 20;

const REDIRECT_CODES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What a request without a body must not carry on. */
const BODY_HEADERS = ["content-type", "content-length", "content-encoding", "content-language"];
/** What is meant for one origin only. */
const ORIGIN_HEADERS = ["authorization", "cookie", "proxy-authorization", "host"];

/** What the next hop sends; a redirect makes a new one. */
type Hop = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | URLSearchParams | FormData | undefined;
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
    const response = await send(hop, options);
    const next = step.followRedirects ? nextHop(hop, response) : undefined;
    if (next === undefined) {
      const body = await readBody(hop, response);
      return toResponse({
        hop,
        response,
        body,
        redirects,
        durationMs: clock.monotonicMs() - startMs,
      });
    }
    // What a redirect says beside its address is not read; a broken rest of it is no failure.
    await response.body?.cancel().catch(() => undefined);
    redirects.push(`${response.status} ${hop.url.href}`);
    if (redirects.length > REDIRECTS_MAX) throw fail(hop, `more than ${REDIRECTS_MAX} redirects`);
    hop = next;
  }
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
  const headers = toHeaders(step, url);
  const payload = await toPayload(step.body, options.resolveFile);
  if (payload.contentType !== undefined && !headers.has("content-type")) {
    headers.set("content-type", payload.contentType);
  }
  return { url, method: step.method, headers, body: payload.body };
}

function toHeaders(step: RequestStep, url: URL): Headers {
  let headers: Headers;
  try {
    headers = new Headers(step.headers);
  } catch (thrown) {
    const text = `Cannot send ${step.method} ${url.href}: bad header: ${messageOf(thrown)}`;
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

async function send(hop: Hop, options: ExchangeOptions): Promise<Response> {
  const headers = await withCookies(hop, options.cookies);
  const init: RequestInit & { proxy?: false } = {
    method: hop.method,
    headers,
    redirect: "manual",
    signal: options.signal,
  };
  if (hop.body !== undefined) init.body = hop.body;
  if (isLoopback(hop.url)) init.proxy = false;
  let response: Response;
  try {
    response = await fetch(hop.url.href, init);
  } catch (thrown) {
    throw fail(hop, describeNetworkFault(thrown));
  }
  await options.cookies.take(hop.url.href, response.headers.getSetCookie());
  return response;
}

async function withCookies(hop: Hop, cookies: CookieStore): Promise<Headers> {
  const stored = await cookies.headerFor(hop.url.href);
  if (stored === "") return hop.headers;
  const headers = new Headers(hop.headers);
  const own = headers.get("cookie");
  headers.set("cookie", own === null ? stored : `${own}; ${stored}`);
  return headers;
}

function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    host.startsWith("127.")
  );
}

/** Where a redirect leads, by the fetch standard; undefined when the response is the last. */
function nextHop(hop: Hop, response: Response): Hop | undefined {
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
    throw fail(hop, `the redirect to ${JSON.stringify(location)} is no URL`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw fail(hop, `the redirect to ${url.href} leaves http`);
  }
  if (url.hash === "") url.hash = hop.url.hash;
  return url;
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}

async function readBody(hop: Hop, response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body as ReadableStream<Uint8Array> &
      AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > BODY_BYTES_MAX) break;
      parts.push(part);
    }
  } catch (thrown) {
    throw fail(hop, `the body broke off after ${bytes} bytes: ${describeNetworkFault(thrown)}`);
  }
  if (bytes > BODY_BYTES_MAX) throw fail(hop, `the body is larger than ${BODY_BYTES_MAX} bytes`);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

type Finished = {
  readonly hop: Hop;
  readonly response: Response;
  readonly body: Uint8Array;
  readonly redirects: readonly string[];
  readonly durationMs: number;
};

function toResponse({ hop, response, body, redirects, durationMs }: Finished): HttpResponse {
  return {
    method: hop.method,
    url: hop.url.href,
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body,
    durationMs,
    redirects,
  };
}

function fail(hop: Hop, reason: string): StepError {
  return new StepError("failed", "request", `${hop.method} ${hop.url.href} failed: ${reason}`);
}

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ConnectionRefused: "the connection was refused",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the host name could not be looked up",
  ECONNRESET: "the connection was closed without an answer",
  ConnectionClosed: "the connection was closed without an answer",
  UND_ERR_SOCKET: "the connection was closed without an answer",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  EPROTO: "the TLS handshake failed",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not trusted",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  Malformed_HTTP_Response: "the answer is no HTTP",
  InvalidHTTPResponse: "the answer is no HTTP",
  ResponseHeadersTooLarge: "the headers of the answer are too large",
  ZlibError: "the body cannot be decompressed",
  BrotliDecompressionError: "the body cannot be decompressed",
  ZstdDecompressionError: "the body cannot be decompressed",
};

function describeNetworkFault(thrown: unknown): string {
  const code = codeOf(thrown);
  const words = code === undefined ? undefined : NETWORK_FAULTS[code];
  return words === undefined ? describeOther(thrown, code) : `${words} (${code})`;
}

function describeOther(thrown: unknown, code: string | undefined): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return code === undefined ? messageOf(cause) : `${messageOf(cause)} (${code})`;
}

/** Bun puts the code on the error, Node and Deno on its cause. */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const own = (thrown as Error & { code?: unknown }).code;
  return typeof own === "string" ? own : codeOf(thrown.cause);
}
