/**
 * An application to test against whose answers a test holds back: `GET /gate/NAME` answers when `open(NAME)` was called
 * (with 500 when `refuse(NAME)` was), `GET /fast` at once. So a test knows that an attempt is in its middle, without sleeping.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type GatedApp = AsyncDisposable & {
  readonly url: string;
  /** How often `/gate/NAME` or any other path's last part was asked for. */
  readonly hits: (name: string) => number;
  /** Lets all that wait at the gate through, and all that come later. */
  readonly open: (name: string) => void;
  /** The same, but the answer is 500. */
  readonly refuse: (name: string) => void;
  /** How many requests wait at this gate now: those whose client has left do not. */
  readonly waiting: (name: string) => number;
};

/** Starts it on a free port of loopback. */
export async function startGatedApp(): Promise<GatedApp> {
  const hits = new Map<string, number>();
  const opened = new Map<string, 200 | 500>();
  const waiting = new Map<string, ServerResponse[]>();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const name = path.split("/").at(-1) ?? "";
    hits.set(name, (hits.get(name) ?? 0) + 1);
    const status = opened.get(name);
    if (path.startsWith("/gate/") && status === undefined) {
      waiting.set(name, [...(waiting.get(name) ?? []), response]);
    } else answer(response, path.startsWith("/fail/") ? 500 : (status ?? 200));
  });
  const openWith = (name: string, status: 200 | 500) => {
    opened.set(name, status);
    for (const response of waiting.get(name) ?? []) answer(response, status);
    waiting.delete(name);
  };
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: (name) => hits.get(name) ?? 0,
    open: (name) => openWith(name, 200),
    refuse: (name) => openWith(name, 500),
    waiting: (name) => (waiting.get(name) ?? []).filter((one) => !one.destroyed).length,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function answer(response: ServerResponse, status: 200 | 500): void {
  response.writeHead(status).end(status === 200 ? "ok" : "no");
}
