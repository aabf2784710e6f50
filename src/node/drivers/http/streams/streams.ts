/** The open connections of an attempt by their names, and the `ws` and `sse` steps on them. All end with the attempt. */
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { type Evidence, type StepContext, StepError } from "../../driver.ts";
import { resolveUrl } from "../../url.ts";
import type { CookieStore } from "../cookie-jar.ts";
import { toHeaders, withCookies } from "../exchange.ts";
import { describeNetworkFault } from "../faults.ts";
import type { SecureSettings } from "../sockets/secure-settings.ts";
import { createTransport } from "../transport.ts";
import { EventStream } from "./event-stream.ts";
import type { Message } from "./inbox.ts";
import { describeChecks, isFitting, readForSave } from "./message-checks.ts";
import { openWebSocket, WebSocketClient } from "./web-socket.ts";

type WsStep = Extract<Step, { kind: "ws" }>;
type SseStep = Extract<Step, { kind: "sse" }>;
type Act<D extends string> = Extract<WsStep["act"] | SseStep["act"], { do: D }>;

export type StreamParts = {
  readonly baseUrl: string | undefined;
  readonly cookies: CookieStore;
  readonly secure: SecureSettings | undefined;
  /** The step's bound. */
  readonly signal: AbortSignal;
  /** The attempt's end. */
  readonly closing: AbortSignal;
  /** For how long it was tried, in words. */
  readonly time: () => string;
  readonly save: StepContext["save"];
};

export type Streams = {
  readonly perform: (step: WsStep | SseStep, parts: StreamParts) => Promise<void>;
  /** What passed over each, secrets masked. */
  readonly evidence: (redactor: Redactor) => readonly Evidence[];
  readonly close: () => void;
};

type Stream = WebSocketClient | EventStream;

/** Of one attempt, also those that have ended. */
const STREAMS_MAX = 20;
const EVIDENCE_LENGTH_MAX = 256 * 1024;

/** Makes the keeper of an attempt's connections. */
export function createStreams(): Streams {
  const streams = new Map<string, Stream>();
  return {
    perform: (step, parts) => perform(streams, step, parts),
    evidence: (redactor) =>
      [...streams].map(([name, stream]) => toEvidence(name, stream, redactor)),
    close: () => {
      for (const stream of streams.values()) stream.destroy();
    },
  };
}

async function perform(
  streams: Map<string, Stream>,
  step: WsStep | SseStep,
  parts: StreamParts,
): Promise<void> {
  const place = `${step.kind} ${JSON.stringify(step.act.name)}`;
  if (step.act.do === "connect") return connectTo(streams, step, parts);
  const stream = streams.get(`${step.kind} ${step.act.name}`);
  if (stream === undefined)
    throw new StepError(
      "failed",
      step.kind,
      `Cannot ${step.act.do} on ${place}: it was not connected`,
    );
  const on: On = { place, stream, parts };
  switch (step.act.do) {
    case "send":
      return send(on, step.act);
    case "receive":
      return receive(on, step.act);
    case "close":
      return close(on, step.act);
  }
}

type On = { readonly place: string; readonly stream: Stream; readonly parts: StreamParts };

async function connectTo(
  streams: Map<string, Stream>,
  step: WsStep | SseStep,
  parts: StreamParts,
): Promise<void> {
  const { act, kind } = step;
  if (act.do !== "connect") return;
  const key = `${kind} ${act.name}`;
  checkRoom(streams, key);
  const url =
    kind === "ws" ? wsUrl(act.url, parts.baseUrl) : resolveUrl(act.url, parts.baseUrl, kind);
  try {
    const open = kind === "ws" ? openWs : openSse;
    const stream = await open(act, url, parts);
    stream.inbox.note(`. connected to ${url.href}`);
    streams.set(key, stream);
  } catch (thrown) {
    throw connectError(thrown, { kind, url }, parts);
  }
}

/** @throws {StepError} When it is open already, or there are too many. */
function checkRoom(streams: ReadonlyMap<string, Stream>, key: string): void {
  const known = streams.get(key);
  const [kind = "", ...name] = key.split(" ");
  if (known !== undefined && known.inbox.end === undefined)
    throw new StepError(
      "failed",
      kind,
      `Cannot connect ${kind} "${name.join(" ")}" again: it is open`,
    );
  if (known === undefined && streams.size >= STREAMS_MAX)
    throw new StepError("failed", kind, `Cannot connect more than ${STREAMS_MAX} streams`);
}

function connectError(
  thrown: unknown,
  { kind, url }: { readonly kind: string; readonly url: URL },
  { signal, closing, time }: StreamParts,
): StepError {
  const what = `Cannot connect ${kind} to ${url.href}`;
  if (signal.aborted && !closing.aborted)
    return new StepError("failed", "timeout", `${what}: no answer within ${time()}`);
  const reason = thrown instanceof StepError ? messageOf(thrown) : describeNetworkFault(thrown);
  return new StepError("failed", kind, `${what}: ${reason}`);
}

/** Paths are of the base, whose scheme becomes that of WebSocket. */
function wsUrl(written: string, baseUrl: string | undefined): URL {
  const url = resolveUrl(written, baseUrl, "ws");
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol === "ws:" || url.protocol === "wss:") return url;
  throw new StepError(
    "failed",
    "ws",
    `Cannot connect ws to ${url.href}: it is no address of a WebSocket`,
  );
}

/** Cookies go by the address over http. */
function httpUrl(url: URL): string {
  return url.href.replace(/^ws/, "http");
}

async function openWs(
  act: Act<"connect">,
  url: URL,
  { cookies, secure, signal }: StreamParts,
): Promise<WebSocketClient> {
  const own = toHeaders(act, url.href);
  const headers = await withCookies(own, httpUrl(url), cookies);
  const protocols = "protocols" in act ? act.protocols : [];
  return openWebSocket({
    url,
    secure,
    signal,
    headers,
    protocols,
    onHead: (head) => cookies.take(httpUrl(url), head.headers.getSetCookie()),
  });
}

async function openSse(act: Act<"connect">, url: URL, parts: StreamParts): Promise<EventStream> {
  const { cookies, secure, signal, closing } = parts;
  const own = toHeaders(act, url.href);
  if (!own.has("accept")) own.set("accept", "text/event-stream");
  if ("lastEventId" in act && act.lastEventId !== undefined)
    own.set("last-event-id", act.lastEventId);
  const headers = await withCookies(own, url.href, cookies);
  const controller = new AbortController();
  const transport = createTransport();
  const end = () => {
    controller.abort();
    transport.close();
  };
  closing.addEventListener("abort", end, { once: true });
  signal.addEventListener("abort", end, { once: true });
  try {
    const sending = { url, method: "GET", headers, body: undefined, secure };
    const answer = await transport.send({
      ...sending,
      signal: controller.signal,
      decompress: true,
      timings: false,
    });
    await cookies.take(url.href, answer.headers.getSetCookie());
    const type = answer.headers.get("content-type");
    if (answer.status === 200 && type?.startsWith("text/event-stream") === true)
      return new EventStream(answer, controller);
    end();
    const text = `the server answered ${answer.status} with ${type ?? "no content type"} instead of text/event-stream`;
    throw new StepError("failed", "sse", text);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function send({ place, stream }: On, act: Act<"send">): Promise<void> {
  if (!(stream instanceof WebSocketClient)) return;
  const { end } = stream.inbox;
  if (end !== undefined)
    throw new StepError("failed", "ws", `Cannot send on ${place}: ${end.reason}`);
  const { message } = act;
  if (message.kind === "base64") return stream.send(Buffer.from(message.data, "base64"));
  stream.send(message.kind === "text" ? message.text : JSON.stringify(message.value));
}

async function receive(on: On, act: Act<"receive">): Promise<void> {
  const { place, stream, parts } = on;
  if ("close" in act && act.close !== undefined) return awaitClosing(on, act.close);
  const wanted = `a message ${describeChecks(act.checks)}on ${place}`;
  const message = await take(on, (one) => isFitting(act.checks, one), wanted);
  if (message === undefined) {
    const reason = stream.inbox.end?.reason;
    const text = `Expected ${wanted}, but ${reason}; ${stream.inbox.describe()}`;
    throw new StepError("failed", "expect", text);
  }
  for (const [key, from] of Object.entries(act.save)) parts.save(key, readForSave(message, from));
}

async function take(
  { stream, parts }: On,
  isFit: (message: Message) => boolean,
  wanted: string,
): Promise<Message | undefined> {
  try {
    return await stream.inbox.take(isFit, parts.signal);
  } catch (thrown) {
    if (!parts.signal.aborted) throw thrown;
    const text = `Expected ${wanted} within ${parts.time()}, but none came; ${stream.inbox.describe()}`;
    throw new StepError("failed", "timeout", text);
  }
}

async function awaitClosing(
  { place, stream, parts }: On,
  matcher: NonNullable<Extract<WsStep["act"], { do: "receive" }>["close"]>,
): Promise<void> {
  const { checkMatcher, describeMatcher } = await import("../../matcher.ts");
  const wanted = `the server to close ${place} with a code ${describeMatcher(matcher)}`;
  const end = await stream.inbox.ended(parts.signal).catch((thrown: unknown) => {
    if (!parts.signal.aborted) throw thrown;
    throw new StepError(
      "failed",
      "timeout",
      `Expected ${wanted} within ${parts.time()}, but it is open`,
    );
  });
  if (checkMatcher(matcher, end.code as Json).ok) return;
  throw new StepError("failed", "expect", `Expected ${wanted}, but ${end.reason} (${end.code})`);
}

async function close({ place, stream, parts }: On, act: Act<"close">): Promise<void> {
  const { end } = stream.inbox;
  if (end !== undefined)
    throw new StepError(
      "failed",
      stream instanceof WebSocketClient ? "ws" : "sse",
      `Cannot close ${place}: ${end.reason} before`,
    );
  if (!(stream instanceof WebSocketClient)) return stream.destroy();
  const { code = 1000, reason = "" } = act as { code?: number; reason?: string };
  stream.close(code, reason);
  await stream.inbox.ended(parts.signal).catch((thrown: unknown) => {
    if (!parts.signal.aborted) throw thrown;
    stream.destroy();
    const text = `Cannot close ${place}: the server did not answer the closing within ${parts.time()}`;
    throw new StepError("failed", "timeout", text);
  });
}

function toEvidence(name: string, stream: Stream, redactor: Redactor): Evidence {
  const text = redactor.text(stream.inbox.transcript());
  const cut =
    text.length > EVIDENCE_LENGTH_MAX ? `… cut\n${text.slice(-EVIDENCE_LENGTH_MAX)}` : text;
  const file = name.replaceAll(/[^A-Za-z0-9._-]+/g, "-");
  return { name: `${file}.txt`, kind: "log", bytes: new TextEncoder().encode(cut) };
}
