/** The context of a web attempt as its test sets it up: each field does something, and does it to this attempt alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { zipEntries } from "../../src/node/drivers/web/traces/zip.ts";
import { hasOpenssl, makeOwnCa } from "../security/own-ca.ts";
import { basic, serveEcho, serveHttpProxy, serveSocksProxy, serveTls } from "./context-site.ts";
import { openOn, type Played, type PlayOptions, textOf } from "./stage.ts";

let site: Awaited<ReturnType<typeof serveEcho>>;
let slot: DriverSlot;
/** A busy machine may take as long. */
const WAIT_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), "panoptic-context-"));

beforeAll(async () => {
  site = await serveEcho();
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

async function play<T>(options: PlayOptions, act: (played: Played) => Promise<T>): Promise<T> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    return await act(played);
  } finally {
    await played.close();
  }
}

async function evaluate(played: Played, js: string): Promise<unknown> {
  await played.play({ kind: "eval", js, save: "value" }, WAIT_MS);
  return played.saved["value"];
}

/** All that stands in the traces, unpacked. */
async function tracesOf({ evidence }: Played): Promise<string> {
  const zips = evidence.filter(({ kind }) => kind === "trace");
  const entries = zips.flatMap(({ bytes }) => zipEntries(bytes));
  const parts = await Promise.all(entries.map(({ read }) => read()));
  return Buffer.concat(parts).toString("latin1");
}

const LOOK = `({
  language: navigator.language,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  reduce: matchMedia("(prefers-reduced-motion: reduce)").matches,
  forced: matchMedia("(forced-colors: active)").matches,
  contrast: matchMedia("(prefers-contrast: more)").matches,
  agent: navigator.userAgent,
  place: await new Promise((done) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => done([coords.latitude, coords.longitude, coords.accuracy]), ({ code }) => done(code))),
  notifications: (await navigator.permissions.query({ name: "notifications" })).state,
  own: (await (await fetch("/echo")).json()).headers["x-own"],
})`;
const look = `(async () => (${LOOK}))()`;

test("place, looks, permissions, user agent and headers are the test's, and of this attempt alone", async () => {
  const browser = {
    locale: "de-DE",
    timezone: "Asia/Tokyo",
    colorScheme: "dark",
    reducedMotion: "reduce",
    forcedColors: "active",
    contrast: "more",
    geolocation: { latitude: 52.5, longitude: 13.4, accuracy: 7 },
    permissions: ["notifications"],
    userAgent: "Own/1",
    headers: { "x-own": "mine" },
  } satisfies PlayOptions["browser"];
  const set = await play({ browser }, async (played) => {
    await played.play({ kind: "goto", url: "/" }, WAIT_MS);
    return evaluate(played, look);
  });
  expect(set).toEqual({
    language: "de-DE",
    zone: "Asia/Tokyo",
    dark: true,
    reduce: true,
    forced: true,
    contrast: true,
    agent: "Own/1",
    place: [52.5, 13.4, 7],
    notifications: "granted",
    own: "mine",
  });
  const usual = await play({}, async (played) => {
    await played.play({ kind: "goto", url: "/" }, WAIT_MS);
    return evaluate(played, look);
  });
  expect(usual).toMatchObject({
    dark: false,
    reduce: false,
    forced: false,
    contrast: false,
    agent: expect.stringContaining("Chrome"),
    place: 1,
    notifications: expect.not.stringMatching("granted"),
  });
  expect(usual).not.toMatchObject({ language: "de-DE" });
  expect(usual).not.toHaveProperty("own");
});

describe("network", () => {
  test("offline: nothing is reached, and says so", () =>
    play({ browser: { offline: true } }, async (played) => {
      const { message } = await played.failed({ kind: "goto", url: "/" });
      expect(message).toContain("ERR_INTERNET_DISCONNECTED");
    }));

  test("a throttle holds answers back by its latency and its rate", () =>
    play({ browser: { network: { latencyMs: 150, downloadBps: 3_200_000 } } }, async (played) => {
      await played.play({ kind: "goto", url: "/" }, 10_000);
      const took = `(async () => { const t = performance.now(); await (await fetch("URL")).text(); return performance.now() - t })()`;
      expect(await evaluate(played, took.replace("URL", "/echo"))).toBeGreaterThan(140);
      // 100,000 bytes at 400,000 a second.
      expect(await evaluate(played, took.replace("URL", "/big"))).toBeGreaterThan(230);
    }));

  test("proxy: over HTTP with a login, which no report shows", async () => {
    const proxy = await serveHttpProxy(basic("pat", "proxy-password"));
    const login = { server: proxy.url, user: "pat", password: "proxy-password" };
    await play({ browser: { proxy: login }, evidence: { trace: "on" } }, async (played) => {
      await played.play({ kind: "goto", url: "http://shop.test/x" }, WAIT_MS);
      expect(await evaluate(played, "document.body.innerText")).toBe("by proxy");
      await evaluate(played, "console.log('proxy-password')");
      await played.conclude("failed");
      await played.session.collectEvidence(AbortSignal.timeout(5_000));
      expect(textOf(played.evidence)).toContain("***");
      for (const { bytes } of played.evidence)
        expect(Buffer.from(bytes).includes("proxy-password")).toBe(false);
    });
    expect(proxy.seen).toEqual(["GET http://shop.test/x"]);
    const wrong = { ...login, password: "nope" };
    await play({ browser: { proxy: wrong } }, async (played) => {
      await played.play({ kind: "goto", url: "http://shop.test/y" }, WAIT_MS);
      expect(played.warnings.join()).toContain("answered with status 407");
    });
    await proxy.close();
  });

  test("proxy: over SOCKS5, around it for hosts that bypass it", async () => {
    const proxy = await serveSocksProxy();
    const { port } = new URL(site.url);
    const browser = { proxy: { server: proxy.url, bypass: ["127.0.0.1"] } };
    await play({ browser }, async (played) => {
      await played.play({ kind: "goto", url: `http://shop.test:${port}/` });
      expect(proxy.seen).toContain(`shop.test:${port}`);
      const count = proxy.seen.length;
      await played.play({ kind: "goto", url: "/echo" }, WAIT_MS);
      expect(proxy.seen.length).toBe(count);
    });
    await proxy.close();
  });
});

describe("who comes", () => {
  test("httpAuth: the server's own question is answered; without it, and for another origin, it is not", async () => {
    const httpAuth = { user: "anna", password: "right-password" };
    const seen = async (browser: PlayOptions["browser"]) =>
      play({ ...(browser && { browser }) }, async (played) => {
        await played.play({ kind: "goto", url: "/secret" }, WAIT_MS);
        return evaluate(played, "document.body.innerText");
      });
    expect(await seen({ httpAuth })).toBe("inside");
    expect(await seen({ httpAuth: { ...httpAuth, password: "wrong" } })).toBe("outside");
    expect(await seen({ httpAuth: { ...httpAuth, origin: "http://other.test" } })).toBe("outside");
    expect(await seen(undefined)).toBe("outside");
  });

  test("storage: a state file logs in; a file that is none fails by name, not as a crash", async () => {
    const { hostname } = new URL(site.url);
    const cookie = { name: "sid", value: "cookie-value-1", domain: hostname, path: "/" };
    const state = {
      cookies: [{ ...cookie, expires: -1, httpOnly: true, secure: false, sameSite: "Lax" }],
      origins: [{ origin: site.url, localStorage: [{ name: "token", value: "stored-value-1" }] }],
    };
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state));
    await play({ browser: { storage: file }, evidence: { trace: "on" } }, async (played) => {
      await played.play({ kind: "goto", url: "/echo" }, WAIT_MS);
      expect(await evaluate(played, "document.body.innerText")).toContain("sid=cookie-value-1");
      expect(await evaluate(played, "localStorage.token")).toBe("stored-value-1");
      await played.conclude("passed");
      const told = await tracesOf(played);
      expect(told).toContain("sid=***");
      expect(told).not.toMatch(/cookie-value-1|stored-value-1/);
    });
    writeFileSync(file, `{ "cookies": [{ "name": "sid" }] }`);
    await expect(openOn(slot, { browser: { storage: file } })).rejects.toMatchObject({
      outcome: "failed",
      code: "browser_setup",
      message: expect.stringContaining("at cookies.0.value"),
    });
  });

  test.skipIf(!hasOpenssl())(
    "TLS: errors are ignored where told; a client certificate opens what asks for one",
    async () => {
      using ca = makeOwnCa();
      const [server, client] = ["server", "client"].map((name) => ca.sign(name, "DNS:localhost"));
      const read = (path = "") => readFileSync(path, "utf8");
      const by = { key: read(server?.keyPath), cert: read(server?.certPath), ca: read(ca.caPath) };
      const [open, asking] = [await serveTls(by, false), await serveTls(by, true)];
      const failed = (browser: PlayOptions["browser"], url: string) =>
        play(
          { ...(browser && { browser }) },
          async (played) => (await played.failed({ kind: "goto", url })).message,
        );
      expect(await failed(undefined, open.url)).toContain("ERR_CERT_AUTHORITY_INVALID");
      const browser = { ignoreTlsErrors: true };
      await play({ browser }, async (played) => {
        await played.play({ kind: "goto", url: open.url }, WAIT_MS);
        await played.play({ kind: "request", method: "GET", url: open.url }, WAIT_MS);
      });
      expect(await failed(browser, asking.url)).toContain("ERR_");
      const clientCertificates = [
        { origin: asking.url, cert: client?.certPath, key: client?.keyPath },
      ];
      await play({ browser: { ...browser, clientCertificates } }, async (played) => {
        await played.play({ kind: "goto", url: asking.url, status: { anyOf: [200] } });
        expect(await evaluate(played, "document.title")).toBe("page");
      });
      const wrongKey = [{ origin: asking.url, cert: client?.certPath, key: server?.keyPath }];
      await expect(
        openOn(slot, { browser: { clientCertificates: wrongKey } }),
      ).rejects.toMatchObject({
        outcome: "failed",
        code: "browser_setup",
      });
      await Promise.all([open.close(), asking.close()]);
    },
  );
});

test("javaScript: without it no script of the page runs, and steps still see and act", () =>
  play({ browser: { javaScript: false } }, async (played) => {
    await played.play({ kind: "goto", url: "/js" }, WAIT_MS);
    await played.play({
      kind: "expect",
      checks: [
        {
          subject: { of: "text", locator: { by: "css", value: "#p" } },
          matcher: { equals: "static" },
        },
      ],
    });
  }));

test("a setup that the browser refuses is the test's failure, and costs no browser", async () => {
  await expect(openOn(slot, { browser: { timezone: "Mars/Base" } })).rejects.toMatchObject({
    outcome: "failed",
    code: "browser_setup",
    message: expect.stringContaining("Mars/Base"),
  });
  await play({}, (played) => played.play({ kind: "goto", url: "/" }, WAIT_MS));
});
