/** Requests over sockets of ours, HTTP/1.1, kept alive within the attempt: one agent for each way of making TLS. */

import { once } from "node:events";
import {
  Agent,
  type AgentOptions,
  type ClientRequest,
  type IncomingMessage,
  request,
} from "node:http";
import type { Socket } from "node:net";
import { systemClock } from "#shared/clock.ts";
import type { Answer, Sending, SentBody } from "../sending.ts";
import {
  type Connected,
  type ConnectTimes,
  connect,
  hostOf,
  isSecure,
  portOf,
  proxyAuthorization,
  proxyFor,
} from "./connect.ts";
import { decompressed } from "./decompress.ts";

export type SocketRoute = {
  readonly send: (sending: Sending) => Promise<Answer>;
  readonly close: () => void;
};

/** Connections to one host at once. */
const SOCKETS_MAX = 20;
/** What is asked for where the body is decompressed here. */
const ENCODINGS = "gzip, deflate, br";

const TIMES = new WeakMap<Socket, ConnectTimes>();

/** Opens connections as the request says that is waiting for one. */
class RouteAgent extends Agent {
  readonly #dial: (options: AgentOptions) => Promise<Connected>;

  constructor(dial: (options: AgentOptions) => Promise<Connected>) {
    super({ keepAlive: true, maxSockets: SOCKETS_MAX });
    this.#dial = dial;
  }

  override createConnection(
    options: AgentOptions,
    done?: (error: Error | null, socket: Socket) => void,
  ): undefined {
    this.#dial(options).then(
      ({ socket, times }) => {
        TIMES.set(socket, times);
        done?.(null, socket);
      },
      // Node takes an error without a socket; its type does not say so.
      (thrown: unknown) => done?.(thrown as Error, undefined as unknown as Socket),
    );
    return undefined;
  }
}

/** Makes the route of one attempt. */
export function createSocketRoute(): SocketRoute {
  const agents = new Map<string, Agent>();
  const agentFor = (sending: Sending): Agent => {
    const key = `${isSecure(sending.url)} ${sending.secure?.key ?? ""}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const made = new RouteAgent((options) => connect(goalOf(options)));
    agents.set(key, made);
    return made;
  };
  return {
    send: (sending) => send(sending, agentFor(sending)),
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** What the agent hands back of the request's own options. */
const goalOf = (options: AgentOptions & { panopticGoal?: Sending }): Sending => {
  if (options.panopticGoal === undefined) throw new Error("a connection without a goal");
  return options.panopticGoal;
};

async function send(sending: Sending, agent: Agent): Promise<Answer> {
  const { url, signal } = sending;
  const startMs = systemClock.monotonicMs();
  const options = {
    agent,
    host: hostOf(url),
    port: portOf(url),
    method: sending.method,
    path: pathOf(url),
    headers: headersOf(sending),
    setHost: false,
    panopticGoal: sending,
  };
  const asked = request(options);
  const abort = () => asked.destroy(new Error("the request was ended"));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  const response = await answerTo(asked, sending.body).catch((thrown: unknown) => {
    signal.removeEventListener("abort", abort);
    throw thrown;
  });
  const firstByte = systemClock.monotonicMs() - startMs;
  response.once("close", () => signal.removeEventListener("abort", abort));
  const fresh = asked.reusedSocket ? undefined : TIMES.get(asked.socket as Socket);
  const times = fresh ?? { dns: 0, connect: 0, tls: 0 };
  return toAnswer(sending, response, { ...times, firstByte });
}

/** Through a proxy a plain request names the whole address. */
function pathOf(url: URL): string {
  const path = `${url.pathname}${url.search}`;
  return isSecure(url) || proxyFor(url) === undefined ? path : `${url.origin}${path}`;
}

function headersOf({ url, headers, body, decompress }: Sending): Record<string, string> {
  const proxy = isSecure(url) ? undefined : proxyFor(url);
  const own = Object.fromEntries([...headers].map(([name, value]) => [name, value]));
  const length =
    body === undefined
      ? undefined
      : body.kind === "pieces"
        ? body.bytes
        : Buffer.byteLength(String(body.content));
  const isForm = body?.kind === "whole" && body.content instanceof URLSearchParams;
  return {
    host: url.host,
    accept: "*/*",
    "user-agent": "panoptic",
    ...(decompress ? { "accept-encoding": ENCODINGS } : {}),
    ...(isForm ? { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } : {}),
    ...(proxy === undefined ? {} : proxyAuthorization(proxy)),
    ...own,
    ...(length === undefined ? {} : { "content-length": String(length) }),
  };
}

/** Sends the body and waits for the head; a server may answer before it has read everything. */
function answerTo(asked: ClientRequest, body: SentBody | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    asked.on("error", reject);
    const sent =
      body === undefined || body.kind === "whole"
        ? sendWhole(asked, body)
        : sendPieces(asked, body);
    sent.catch((thrown: unknown) => {
      asked.destroy();
      reject(thrown);
    });
  });
}

async function sendWhole(
  asked: ClientRequest,
  body: Extract<SentBody, { kind: "whole" }> | undefined,
): Promise<void> {
  if (body === undefined) asked.end();
  else asked.end(String(body.content));
}

async function sendPieces(
  asked: ClientRequest,
  body: Extract<SentBody, { kind: "pieces" }>,
): Promise<void> {
  for await (const piece of body.open()) {
    if (asked.destroyed || asked.writableEnded) return;
    if (!asked.write(piece)) await drained(asked);
  }
  asked.end();
}

/** A request that has ended will never ask for more. */
async function drained(asked: ClientRequest): Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  try {
    await Promise.race([once(asked, "drain", { signal }), once(asked, "close", { signal })]);
  } finally {
    ending.abort();
  }
}

function toAnswer(
  { method, decompress, timings }: Sending,
  response: IncomingMessage,
  measured: ConnectTimes & { readonly firstByte: number },
): Answer {
  const headers = new Headers();
  const { rawHeaders } = response;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  const status = response.statusCode ?? 0;
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  if (isEmpty) response.resume();
  return {
    status,
    statusText: response.statusMessage ?? "",
    headers,
    body: isEmpty ? undefined : decompress ? decompressed(response, headers) : response,
    discard: async () => void response.destroy(),
    ...(timings ? { timings: measured } : {}),
  };
}
