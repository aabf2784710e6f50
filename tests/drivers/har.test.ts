/** `network.har`: valid by HAR 1.2, complete as far as it says, and without anything secret. */
import { Ajv } from "ajv";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createHttpDriver } from "../../src/node/drivers/http/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { HAR_SCHEMA } from "./har-schema.ts";
import { css, openOn, type Played, type Site, serve } from "./stage.ts";

const SECRET = "s3cr3t-of-the-suite";
const PASSWORD = "correct horse";
const COOKIE = "cookie-value-0815";
const TOKEN = "token-of-the-answer";
const BEARER = "bearer-4711-abcdef";
const OWN_COOKIE = "made-by-a-script";
const EVERY_SECRET = [
  SECRET,
  PASSWORD,
  encodeURIComponent(PASSWORD),
  "correct+horse",
  COOKIE,
  TOKEN,
  BEARER,
  OWN_COOKIE,
];

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": `<title>start</title><link rel=stylesheet href=/style.css><form action=/sent method=post>
      <input id=user name=user><input id=word type=password name=word><button>go</button></form>
      <script>document.cookie = ["own=", "made-by", "-a-script"].join("")</script>`,
    "/style.css": (_, response) => {
      response.writeHead(200, { "content-type": "text/css" }).end("body { color: green }");
    },
    "/sent": (_, response) => {
      response.writeHead(302, {
        location: `/home?access_token=${TOKEN}`,
        "set-cookie": `sid=${COOKIE}; Path=/; HttpOnly`,
      });
      response.end();
    },
    "/home": `<title>soon</title><img src=/picture.png><script>
      const text = (path, options) => fetch(path, options).then((answer) => answer.text()).catch(() => undefined);
      Promise.all([text("/api?q=${SECRET}", { headers: { authorization: "Bearer ${BEARER}" } }), text("/long"),
        text("/broken")]).then(() => { document.title = "home" });</script>`,
    "/api": (request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ refreshToken: TOKEN, seen: request.headers.cookie, plain: "kept" }),
      );
    },
    "/long": (_, response) => {
      response.writeHead(200, { "content-type": "text/plain" }).end("x".repeat(300_000));
    },
    "/picture.png": (_, response) => {
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([1, 2, 3]));
    },
    "/broken": (request) => request.socket.destroy(),
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

type Har = {
  readonly log: {
    readonly pages: readonly {
      readonly id: string;
      readonly pageTimings: { readonly onLoad: number };
    }[];
    readonly entries: readonly HarEntry[];
  };
};
type HarEntry = {
  readonly pageref?: string;
  readonly time: number;
  readonly _error?: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly postData?: { readonly text: string };
  };
  readonly response: {
    readonly status: number;
    readonly redirectURL: string;
    readonly content: { readonly text?: string; readonly size: number; readonly comment?: string };
  };
};

function readHar(played: Played): { readonly text: string; readonly har: Har } {
  const file = played.evidence.find(({ name }) => name === "network.har");
  if (file === undefined) throw new Error("There is no HAR");
  expect(file.kind).toBe("har");
  const text = new TextDecoder().decode(file.bytes);
  const har: unknown = JSON.parse(text);
  const ajv = new Ajv({ strict: false, allErrors: true });
  const isValid = ajv.validate(HAR_SCHEMA, har);
  expect(ajv.errors ?? []).toEqual([]);
  expect(isValid).toBe(true);
  return { text, har: har as Har };
}

const entryOf = (har: Har, path: string): HarEntry => {
  const found = har.log.entries.find(({ request }) => new URL(request.url).pathname === path);
  if (found === undefined) throw new Error(`No entry of ${path}`);
  return found;
};

test("a web attempt's HAR is valid, tells of redirects, failures and what it left out, and holds no secret", async () => {
  const played = await openOn(slot, {
    baseUrl: site.url,
    evidence: { har: "on" },
    secrets: { KEY: SECRET },
  });
  await played.play({ kind: "goto", url: "/" });
  await played.play({ kind: "fill", locator: css("#user"), value: "Ada" });
  await played.play({ kind: "fill", locator: css("#word"), value: PASSWORD });
  await played.play({ kind: "click", locator: css("button"), waitForLoad: true });
  await played.play({
    kind: "expect",
    checks: [{ subject: { of: "title" }, matcher: { equals: "home" } }],
  });
  await played.play({ kind: "goto", url: "/api?done=1" });
  await played.conclude("passed");
  await played.close();
  const { text, har } = readHar(played);
  for (const secret of EVERY_SECRET) expect(text).not.toContain(secret);
  expect(har.log.pages).toHaveLength(3);
  expect(har.log.pages[0]?.pageTimings.onLoad).toBeGreaterThan(0);
  const sent = entryOf(har, "/sent");
  expect(sent).toMatchObject({
    pageref: "page_2",
    request: { method: "POST", postData: { text: "user=Ada&word=***" } },
    response: { status: 302, redirectURL: "/home?access_token=***" },
  });
  expect(entryOf(har, "/style.css").response.content.text).toBe("body { color: green }");
  expect(entryOf(har, "/style.css").time).toBeGreaterThan(0);
  expect(entryOf(har, "/picture.png").response.content).toMatchObject({
    comment: "The body was left out: not text",
  });
  expect(entryOf(har, "/long").response.content.comment).toMatch(/left out: over 262144 bytes/);
  expect(entryOf(har, "/broken")._error).toMatch(/ERR_EMPTY_RESPONSE/);
  expect(entryOf(har, "/broken").response.status).toBe(0);
  expect(har.log.entries.at(-1)?.response.content.text).toContain('"plain":"kept"');
});

test("on-failure keeps a HAR of an attempt that failed, and none of one that passed", async () => {
  for (const status of ["passed", "failed"] as const) {
    const played = await openOn(slot, { baseUrl: site.url, evidence: { har: "on-failure" } });
    await played.play({ kind: "goto", url: "/style.css" });
    await played.conclude(status);
    await played.close();
    const names = played.evidence.map(({ name }) => name);
    expect(names.includes("network.har")).toBe(status === "failed");
  }
});

test("an http attempt's HAR has every hop, masked like a page's", async () => {
  const http = createHttpDriver().createSlot();
  const played = await openOn(http, {
    baseUrl: site.url,
    evidence: { har: "on" },
    secrets: { KEY: SECRET },
  });
  const body = { kind: "json", value: { user: "Ada", password: PASSWORD } };
  await played.play({
    kind: "request",
    method: "POST",
    url: "/sent",
    followRedirects: true,
    headers: {},
    query: {},
    body,
  });
  await played.play({ kind: "request", method: "GET", url: "/api", auth: { bearer: BEARER } });
  await played.failed({ kind: "request", method: "GET", url: "/broken" });
  await played.conclude("passed");
  await played.close();
  await http.close();
  const { text, har } = readHar(played);
  for (const secret of EVERY_SECRET) expect(text).not.toContain(secret);
  expect(har.log.entries.map(({ response }) => response.status)).toEqual([302, 200, 200, 0]);
  expect(har.log.entries[0]?.request.postData?.text).toBe('{"user":"Ada","password":"***"}');
  expect(har.log.entries[2]?.response.content.text).toContain('"plain":"kept"');
  expect(har.log.entries[3]?._error).toMatch(/^GET http.* failed: /);
});
