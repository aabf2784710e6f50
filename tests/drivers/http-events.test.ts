/** Server-sent events: received, closed; what fails says why. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { playOn } from "./http-site.ts";
import type { Played } from "./stage.ts";
import { connect, receive, sse, textIs } from "./stream-site.ts";

let server: Server;
let port = 0;
let gone = 0;
const MIB = 1024 * 1024;

const EVENTS = [
  "retry: 9\n",
  ": nothing\n",
  "data: one\n\n",
  'event: price\r\nid: 7\r\ndata: {"amount":\r\ndata: 5}\r\n\r\n',
  "data: ü",
  "data\n\n",
];

const SSE: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/events": (response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    for (const text of EVENTS) response.write(text);
    response.on("close", () => {
      gone += 1;
    });
  },
  "/ending": (response) =>
    response.writeHead(200, { "content-type": "text/event-stream" }).end("data: last\n\n"),
  "/huge": (response) =>
    void response
      .writeHead(200, { "content-type": "text/event-stream" })
      .write(`data: ${"x".repeat(MIB + 9)}`),
  "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
  "/silent": () => undefined,
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const act = SSE[request.url ?? ""];
    if (act === undefined) response.writeHead(403).end();
    else act(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const withSession = <T>(act: (played: Played) => Promise<T>) =>
  playOn({ baseUrl: `http://127.0.0.1:${port}` }, act);

describe("sse", () => {
  test("receives events by name, data, id and JSON", () =>
    withSession(async ({ play, failed, saved }) => {
      await play(sse(connect("/events")));
      const price = [
        { of: { part: "event" }, matcher: { equals: "price" } },
        { of: { part: "id" }, matcher: { equals: "7" } },
        { of: { part: "json", path: "$.amount" }, matcher: { above: 4 } },
      ];
      await play(sse(receive(price, { save: { amount: { path: "$.amount" } } })));
      expect(saved).toEqual({ amount: 5 });
      await play(
        sse(receive([textIs("one"), { of: { part: "event" }, matcher: { equals: "message" } }])),
      );
      const none = await failed(sse(receive(price)), 50);
      expect(none.message).toMatch(
        /^Expected a message with event to equal "price" and id .* on sse "default" within 50 ms, but none came; 1 other message waits, the last: event message "üdata"$/,
      );
      const before = gone;
      await play(sse({ do: "close" }));
      await waitUntil(() => gone > before, { what: "the server sees it closed" });
      expect((await failed(sse({ do: "close" }))).message).toContain("it was closed before");
    }));

  test.each([
    [
      "/page",
      "Cannot connect sse to http://127.0.0.1:PORT/page: the server answered 200 with text/html instead of text/event-stream",
    ],
    ["/none", "the server answered 403 with no content type"],
    ["/silent", "no answer within 100 ms"],
  ])("says why there is none at %s", (url, said) =>
    withSession(async ({ failed }) => {
      const error = await failed(sse(connect(url)), url === "/silent" ? 100 : 10_000);
      expect(error.message).toContain(said.replace("PORT", String(port)));
    }),
  );

  test("an end and an event that is too large fail by name", () =>
    withSession(async ({ play, failed }) => {
      await play(sse(connect("/ending")));
      await play(sse(receive([textIs("last")])));
      expect((await failed(sse(receive([])))).message).toContain(
        'on sse "default", but the server ended it; no message waits',
      );
      await play(sse(connect("/huge", { name: "h" })));
      expect((await failed(sse(receive([], { name: "h" })))).message).toContain(
        "an event is larger than 1048576 bytes",
      );
    }));
});
