/**
 * An application to test against whose answers a test holds back: `GET /gate/NAME` answers when `open(NAME)` was called,
 * `GET /fast` at once. So a test knows that an attempt is in its middle, without sleeping.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type GatedApp = AsyncDisposable & {
  readonly url: string;
  /** How often `/gate/NAME` or any other path's last part was asked for. */
  readonly hits: (name: string) => number;
  /** Lets all that wait at the gate through, and all that come later. */
  readonly open: (name: string) => void;
};

/** Starts it on a free port of loopback. */
export async function startGatedApp(): Promise<GatedApp> {
  const hits = new Map<string, number>();
  const opened = new Set<string>();
  const waiting = new Map<string, ServerResponse[]>();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const name = path.split("/").at(-1) ?? "";
    hits.set(name, (hits.get(name) ?? 0) + 1);
    if (path.startsWith("/gate/") && !opened.has(name)) {
      waiting.set(name, [...(waiting.get(name) ?? []), response]);
    } else if (path.startsWith("/fail/")) response.writeHead(500).end("no");
    else response.end("ok");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: (name) => hits.get(name) ?? 0,
    open: (name) => {
      opened.add(name);
      for (const response of waiting.get(name) ?? []) response.end("ok");
      waiting.delete(name);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
