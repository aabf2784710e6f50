/** WebSockets: sent, received, closed; what fails says why; all streams end with the attempt. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { demand, get, json, playOn } from "./http-site.ts";
import { type Played, type PlayOptions, textOf } from "./stage.ts";
import {
  connect,
  receive,
  type StreamSite,
  sendText,
  serveStreams,
  sse,
  textIs,
  ws,
} from "./stream-site.ts";

let site: StreamSite;
let gone = 0;
const MIB = 1024 * 1024;

beforeAll(async () => {
  site = await serveStreams(
    {
      "/echo": {
        text: (peer, text) => peer.send(text),
        binary: (peer, bytes) => peer.send(bytes, 0x82),
      },
      "/who": { protocol: "v2", open: (peer) => peer.send(JSON.stringify(peer.headers)) },
      "/parts": {
        open: (peer) => {
          peer.send("Hel", 0x01);
          peer.send("?", 0x89);
        },
        pong: (peer) => {
          peer.send("lo", 0x80);
          peer.send("x".repeat(70_000));
        },
      },
      "/many": {
        open: (peer) => {
          for (let count = 0; count < 1_005; count += 1) peer.send(`m${count}`);
        },
      },
      "/announced": { open: (peer) => peer.raw(Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0])) },
      "/huge": { open: (peer) => peer.send("x".repeat(MIB + 1)) },
      "/masked": { open: (peer) => peer.raw(Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5])) },
      "/latin": { open: (peer) => peer.send(Buffer.from([0xfc]), 0x81) },
      "/leave": { open: (peer) => peer.send(Buffer.from([0x0f, 0xa1, 0x62, 0x79, 0x65]), 0x88) },
      "/cut": { open: (peer) => peer.socket.destroy() },
      "/stuck": { close: () => undefined },
      "/no": { refuse: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" },
      "/foreign": { protocol: "v9" },
    },
    (request, response) => {
      if (request.url === "/cookie") return void response.end(JSON.stringify(request.headers));
      response.writeHead(request.url === "/events" ? 200 : 404, {
        "content-type": "text/event-stream",
      });
      response.flushHeaders();
      response.on("close", () => {
        gone += 1;
      });
      if (request.url !== "/events") response.end();
    },
  );
});
afterAll(() => site.close());

const withSession = <T>(act: (played: Played) => Promise<T>, options: PlayOptions = {}) =>
  playOn({ baseUrl: `http://127.0.0.1:${site.port}`, ...options }, act);
describe("ws", () => {
  test("sends and receives text, JSON and bytes, each message once, others wait", () =>
    withSession(async ({ play, failed, saved }) => {
      await play(ws(connect("/echo")));
      await play(ws({ do: "send", message: { kind: "json", value: { id: 7 } } }));
      await play(sendText("two"));
      await play(ws({ do: "send", message: { kind: "base64", data: "AP8=" } }));
      await play(ws(receive([{ of: { part: "base64" }, matcher: { equals: "AP8=" } }])));
      const isSeven = { of: { part: "json", path: "$.id" }, matcher: { equals: 7 } };
      await play(ws(receive([isSeven], { save: { id: { path: "$.id" }, all: "text" } })));
      expect(saved).toEqual({ id: 7, all: '{"id":7}' });
      const again = await failed(ws(receive([isSeven])), 100);
      expect(again).toMatchObject({ code: "timeout" });
      expect(again.message).toBe(
        'Expected a message with $.id to equal 7 on ws "default" within 100 ms, but none came; 1 other message waits, the last: "two"',
      );
      await play(ws(receive([textIs("two")])));
      await play(ws({ do: "close" }));
      expect((await failed(sendText("late"))).message).toBe(
        'Cannot send on ws "default": it was closed with 1000',
      );
    }));

  test("goes with headers, cookies and a protocol, and brings cookies back", () =>
    withSession(async ({ play, failed }) => {
      await play({ kind: "cookies", set: [{ name: "a", value: "1" }] });
      const more = { headers: { "x-one": "1" }, protocols: ["v1", "v2"], auth: { bearer: "t" } };
      await play(ws(connect("/who", more)));
      const header = (name: string, equals: string) => ({
        of: { part: "json", path: `$['${name}']` },
        matcher: { equals },
      });
      const all = [
        header("cookie", "a=1"),
        header("x-one", "1"),
        header("authorization", "Bearer t"),
        header("sec-websocket-protocol", "v1, v2"),
      ];
      await play(ws(receive(all)));
      await play(get("/cookie"));
      await play(demand(json("$.cookie", "a=1; seen=1")));
      expect((await failed(ws(connect("/foreign")))).message).toContain("again: it is open");
      expect((await failed(ws(connect("/foreign", { name: "f" })))).message).toContain(
        'chose the protocol "v9", which nobody asked for',
      );
    }));

  test("joins parts, answers pings, takes long messages; drops the oldest of too many", () =>
    withSession(async ({ play, failed }) => {
      await play(ws(connect("/parts", { name: "p" })));
      await play(ws(receive([textIs("Hello")], { name: "p" })));
      await play(
        ws(receive([{ of: { part: "text" }, matcher: { matches: "^x+$" } }], { name: "p" })),
      );
      await play(ws(connect("/many")));
      await play(ws(receive([textIs("m1004")])));
      await play(ws(receive([textIs("m6")])));
      const dropped = await failed(ws(receive([textIs("m1")])), 50);
      expect(dropped.message).toMatch(
        /within 50 ms, but none came; 998 other messages wait, 5 older ones were dropped, the last: "m1003"$/,
      );
    }));

  test.each([
    ["/no", "Cannot connect ws to ws://127.0.0.1:PORT/no: the server answered 401 Unauthorized"],
    ["/nothing", "the server answered 404 Not Found"],
    ["/page", "the server answered 404"],
    ["ftp://host/", "it is no address of a WebSocket"],
    ["ws://127.0.0.1:1/", "the connection was refused"],
  ])("says why there is none at %s", (url, said) =>
    withSession(async ({ failed }) => {
      const error = await failed(ws(connect(url)));
      expect(error).toMatchObject({ outcome: "failed", code: "ws" });
      expect(error.message).toContain(said.replace("PORT", String(site.port)));
    }),
  );

  test.each([
    ["/announced", "it was closed because a message is larger than 1048576 bytes"],
    ["/huge", "it was closed because a message is larger than 1048576 bytes"],
    ["/masked", "it was closed because a frame of the server is masked"],
    ["/latin", "it was closed because a text message is no UTF-8"],
    ["/leave", 'the server closed it with 4001 ("bye")'],
    ["/cut", "the server ended the connection without closing it"],
  ])("an end that nobody asked for fails by name: %s", (url, said) =>
    withSession(async ({ play, failed }) => {
      await play(ws(connect(url)));
      const error = await failed(ws(receive([textIs("x")])));
      expect(error).toMatchObject({ code: "expect" });
      expect(error.message).toContain(
        `Expected a message with text to equal "x" on ws "default", but ${said}; no message waits`,
      );
      expect((await failed(ws({ do: "close" }))).message).toBe(
        `Cannot close ws "default": ${said} before`,
      );
    }),
  );

  test("a closing by the server can be expected", () =>
    withSession(async ({ play, failed }) => {
      const closing = (equals: number, more: object = {}) =>
        ws(receive([], { close: { equals }, ...more }));
      await play(ws(connect("/leave")));
      await play(closing(4001));
      expect((await failed(closing(1000))).message).toBe(
        'Expected the server to close ws "default" with a code to equal 1000, but the server closed it with 4001 ("bye") (4001)',
      );
      await play(ws(connect("/echo", { name: "e" })));
      expect((await failed(closing(1000, { name: "e" }), 50)).message).toContain(
        "within 50 ms, but it is open",
      );
      await play(ws(connect("/stuck", { name: "s" })));
      expect((await failed(ws({ do: "close", name: "s" }), 50)).message).toContain(
        "did not answer the closing within 50 ms",
      );
      expect((await failed(ws({ do: "close", name: "none" }))).message).toBe(
        'Cannot close on ws "none": it was not connected',
      );
    }));
});

test("all end with the attempt, and are shown as evidence, masked", async () => {
  const before = gone;
  await withSession(
    async ({ play, session, evidence }) => {
      await play(ws(connect("/echo", { name: "chat room" })));
      await play(
        ws({ do: "send", name: "chat room", message: { kind: "text", text: "my top secret" } }),
      );
      await play(ws(receive([], { name: "chat room" })));
      await play(sse(connect("/events")));
      await session.collectEvidence(AbortSignal.timeout(1_000));
      expect(evidence.map(({ name }) => name)).toEqual(["ws-chat-room.txt", "sse-default.txt"]);
      expect(textOf(evidence)).toMatch(/^\. connected to ws:.*\n> my \*\*\*\n< my \*\*\*\n/);
      expect(textOf(evidence)).not.toContain("top secret");
    },
    { secrets: { S: "top secret" } },
  );
  await waitUntil(() => gone > before && site.open() === 0, { what: "both are closed" });
});
