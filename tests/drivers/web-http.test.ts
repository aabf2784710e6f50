/** Requests, GraphQL and streams of a web test: with the page's cookies, and ended with the attempt. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { demand, get, json } from "./http-site.ts";
import { openOn, textOf } from "./stage.ts";
import { connect, receive, type StreamSite, serveStreams, textIs, ws } from "./stream-site.ts";

let site: StreamSite;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serveStreams(
    { "/chat": { open: (peer) => peer.send(`cookies ${peer.headers.cookie}`) } },
    (request, response) => {
      if (request.url === "/set") response.setHeader("set-cookie", "id=7; Path=/");
      if (request.url === "/echo") return void response.end(JSON.stringify(request.headers));
      if (request.url === "/graphql")
        return void response.end(JSON.stringify({ data: { cookie: request.headers.cookie } }));
      response.writeHead(200, { "content-type": "text/html" }).end("<h1>Page</h1>");
    },
  );
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

test("what goes out beside the page has its cookies", async () => {
  const played = await openOn(slot, { baseUrl: `http://127.0.0.1:${site.port}` });
  const { play, failed, session, evidence } = played;
  await play({ kind: "goto", url: "/set" }, 20_000);
  await play(get("/echo", { retry: { on: [503], times: 1 } }));
  await play(demand(json("$.cookie", "id=7")));
  const missed = await failed(
    demand({
      subject: { of: "schema", schema: { kind: "inline", document: { required: ["none"] } } },
    }),
  );
  expect(missed.message).toMatch(
    /^Expected the body to obey the schema, but:\n {2}the document must have required property 'none'.* of GET http/s,
  );
  const data = [{ path: "$.cookie", matcher: { equals: "id=7" } }];
  await play({ kind: "graphql", url: "/graphql", query: "{ cookie }", data });
  await play(ws(connect("/chat")));
  await play(ws(receive([textIs("cookies id=7")])));
  const none = await failed(ws(receive([textIs("more")])), 300);
  expect(none).toMatchObject({ code: "timeout" });
  expect(none.message).toContain(
    'Expected a message with text to equal "more" on ws "default" within 300 ms, but none came',
  );
  const slow = await failed(
    get("/echo", {
      until: { checks: [{ subject: { of: "status" }, status: { anyOf: [404] } }], everyMs: 50 },
    }),
    300,
  );
  expect(slow.message).toContain('was not as "until" says within 300 ms');
  await session.collectEvidence(AbortSignal.timeout(5_000));
  const names = evidence.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["response.txt", "request.txt", "ws-default.txt"]));
  expect(textOf(evidence.filter(({ name }) => name === "ws-default.txt"))).toContain(
    "< cookies id=7",
  );
  await played.close();
  await waitUntil(() => site.open() === 0, { what: "the socket is closed" });
});
