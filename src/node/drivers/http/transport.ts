/**
 * Sends one hop of a request, by one of two ways behind one type. `fetch` is the way of plain requests: under Bun it takes a
 * tenth of the time of `node:http` (67 against 590 µs, two cores, 2026-11). Sockets of ours are for what fetch cannot do on
 * every runtime: certificates, timings, bodies from files, bodies as they came. They are loaded when the first such request
 * comes, and kept alive within the attempt.
 *
 * Measured (Bun 1.4, 2026-11): fetch decompresses by itself, hands out a 302 with `redirect: "manual"`, and sends also
 * loopback to a proxy named by the environment, hence `proxy: false` there.
 */
import { type Answer, isLoopback, type Sending } from "./sending.ts";
import type { SocketRoute } from "./sockets/socket-route.ts";

export type Transport = {
  /** @throws {Error} Of the runtime, when there is no answer. */
  readonly send: (sending: Sending) => Promise<Answer>;
  /** Ends the connections that are kept. */
  readonly close: () => void;
};

/** Makes the way out of one attempt; opens and loads nothing yet. */
export function createTransport(): Transport {
  let route: SocketRoute | undefined;
  let isClosed = false;
  return {
    send: async (sending) => {
      if (!needsSockets(sending)) return sendByFetch(sending);
      const { createSocketRoute } = await import("./sockets/socket-route.ts");
      if (isClosed) throw new Error("the attempt was closed");
      route ??= createSocketRoute();
      return route.send(sending);
    },
    close: () => {
      isClosed = true;
      route?.close();
    },
  };
}

function needsSockets({ body, secure, decompress, timings }: Sending): boolean {
  return body?.kind === "pieces" || secure !== undefined || !decompress || timings;
}

async function sendByFetch({ url, method, headers, body, signal }: Sending): Promise<Answer> {
  const init: RequestInit & { proxy?: false } = { method, headers, redirect: "manual", signal };
  if (body?.kind === "whole") init.body = body.content;
  if (isLoopback(url)) init.proxy = false;
  const response = await fetch(url.href, init);
  const stream = response.body as (ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) | null;
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: stream ?? undefined,
    // What a redirect says beside its address is not read; a broken rest of it is no failure.
    discard: async () => response.body?.cancel().catch(() => undefined),
  };
}
