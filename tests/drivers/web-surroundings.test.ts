/** Steps that change what a page finds around it, on real pages: each does it, and says why where it cannot. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { serveEcho } from "./context-site.ts";
import { openOn, type Played } from "./stage.ts";

let site: Awaited<ReturnType<typeof serveEcho>>;
let slot: DriverSlot;
let played: Played;

beforeAll(async () => {
  site = await serveEcho();
  slot = createWebDriver({}).createSlot();
  played = await openOn(slot, { baseUrl: site.url });
  await played.play({ kind: "goto", url: "/" }, 20_000);
});
afterAll(async () => {
  await played.close();
  await slot.close();
  await site.close();
});

const play = (step: unknown, timeoutMs = 20_000) => played.play(step, timeoutMs);

async function evaluate(js: string): Promise<unknown> {
  await play({ kind: "eval", js, save: "value" });
  return played.saved["value"];
}
const media = (query: string) => evaluate(`matchMedia("(${query})").matches`);

test("geolocation: a place with its permission, another one, then none", async () => {
  const where = `new Promise((done) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => done([coords.latitude, coords.accuracy]), ({ code }) => done(code), { timeout: 300 }))`;
  await play({ kind: "geolocation", to: { latitude: 1, longitude: 2, accuracy: 3 } });
  expect(await evaluate(where)).toEqual([1, 3]);
  await play({ kind: "geolocation", to: { latitude: -4, longitude: 2 } });
  expect(await evaluate(where)).toEqual([-4, 0]);
  await play({ kind: "geolocation", to: "off" });
  expect([2, 3]).toContain(await evaluate(where));
});

test("permissions: granted for one origin, and cleared", async () => {
  const state = `navigator.permissions.query({ name: "clipboard-read" }).then(({ state }) => state)`;
  await play({ kind: "permissions", grant: ["clipboard-read"], origin: "http://other.test" });
  expect(await evaluate(state)).not.toBe("granted");
  await play({ kind: "permissions", grant: ["clipboard-read"], origin: site.url });
  expect(await evaluate(state)).toBe("granted");
  await play({ kind: "permissions", clear: true });
  expect(await evaluate(state)).not.toBe("granted");
});

test("network: offline, slow, online again", async () => {
  // The shortest of some: a busy machine may hold one up, a throttle holds up all.
  const took = (
    count: number,
  ) => `(async () => { let least = 1e9; for (let i = 0; i < ${count}; i++) { const t = performance.now();
    await fetch("/echo"); least = Math.min(least, performance.now() - t) } return least })()`;
  await play({ kind: "network", to: "offline" });
  expect(await evaluate("navigator.onLine")).toBe(false);
  const { message } = await played.failed({ kind: "eval", js: took(1) }, 20_000);
  expect(message).toContain("Failed to fetch");
  await play({ kind: "network", to: { latencyMs: 300 } });
  expect(await evaluate(took(1))).toBeGreaterThan(290);
  await play({ kind: "network", to: "online" });
  expect(await evaluate(took(20))).toBeLessThan(290);
});

test("emulate and viewport: what is named changes, the rest stays", async () => {
  await play({ kind: "emulate", colorScheme: "dark", media: "print" });
  await play({ kind: "emulate", reducedMotion: "reduce" });
  expect(await media("prefers-color-scheme: dark")).toBe(true);
  expect(await media("prefers-reduced-motion: reduce")).toBe(true);
  expect(await evaluate("matchMedia('print').matches")).toBe(true);
  await play({ kind: "emulate", colorScheme: "light", media: "screen" });
  expect(await media("prefers-color-scheme: dark")).toBe(false);
  await play({ kind: "viewport", width: 320, height: 480 });
  expect(await evaluate("[innerWidth, innerHeight]")).toEqual([320, 480]);
});

describe("cookies", () => {
  const set = [{ name: "sid", value: "secret-session-1", httpOnly: true, maxAgeMs: 60_000 }];

  test("are set on the page's host, sent, saved and cleared; their values are no report's", async () => {
    await play({ kind: "cookies", set: [...set, { name: "theme", value: "dark" }] });
    const sent = `(await (await fetch("/echo")).json()).headers.cookie`;
    const cookie = await evaluate(`(async () => ${sent})()`);
    expect(cookie).toContain("sid=secret-session-1");
    expect(cookie).toContain("theme=dark");
    const { message } = await played.failed({
      kind: "expect",
      checks: [{ subject: { of: "that", value: "secret-session-1" }, matcher: { equals: "dark" } }],
    });
    expect(message).toContain("***");
    expect(message).toContain("dark");
    await play({ kind: "cookies", save: { sid: "sid", every: { all: true } } });
    expect(played.saved["sid"]).toBe("secret-session-1");
    expect(played.saved["every"]).toHaveLength(2);
    await play({ kind: "cookies", clear: { name: "sid" } });
    expect(await evaluate(`(async () => ${sent})()`)).toBe("theme=dark");
    await play({ kind: "cookies", clear: true });
    expect(await evaluate(`(async () => ${sent})()`)).toBe(null);
  });

  test("one that is not there cannot be saved, one that the browser refuses cannot be set", async () => {
    const missed = await played.failed({ kind: "cookies", save: { x: "nobody" } });
    expect(missed.message).toBe("Cannot save the cookie nobody: there are none");
    const cookie = { name: "a", value: "b", sameSite: "None" };
    const refused = await played.failed({ kind: "cookies", set: [cookie] });
    expect(refused.message).toContain("Cannot set the cookie a: the browser does not take it");
  });
});

test("storage: set, removed, cleared and saved; before a page is open it says so", async () => {
  const local = { set: { theme: "dark", user: { id: 7 }, gone: "1" }, remove: ["nothing"] };
  await play({ kind: "storage", local, session: { set: { a: "b" } } });
  await play({ kind: "storage", local: { remove: ["gone"] }, save: "kept" });
  expect(played.saved["kept"]).toEqual({
    local: { theme: "dark", user: '{"id":7}' },
    session: { a: "b" },
  });
  await play({ kind: "storage", local: { clear: true }, session: { clear: true } });
  expect(await evaluate("localStorage.length + sessionStorage.length")).toBe(0);
  const fresh = await openOn(slot, {});
  const { message } = await fresh.failed({ kind: "storage", local: { clear: true } });
  await fresh.close();
  expect(message).toBe("Cannot use the storage of about:blank: it has none; goto a page first");
});

describe("routes", () => {
  const api = (body = "") =>
    evaluate(`fetch("/api?q=1", { method: "POST", body: "x" })
    .then(async (a) => [a.status, await a.text(), a.headers.get("x-by"), a.headers.get("content-type")]${body})
    .catch((e) => e.message)`);
  const route = (what: object, more: object = {}) =>
    play({ kind: "route", url: "/api", do: what, ...more });

  test("mock, block, times, delay, modify: the last declared wins, and what it leaves goes to the one before", async () => {
    await route({ act: "mock", status: 503, json: { down: true }, headers: { "X-By": "route" } });
    expect(await api()).toEqual([503, '{"down":true}', "route", "application/json"]);
    await route({ act: "block", reason: "connectionrefused" }, { times: 1, name: "once" });
    expect(await api()).toBe("Failed to fetch");
    expect((await api()) as unknown[]).toContain(503);
    writeFileSync(join(played.workspaceDir, "a.json"), '{"from":"file"}');
    await route({ act: "mock", file: "a.json" }, { method: "POST", resource: ["fetch"] });
    expect(await api()).toEqual([200, '{"from":"file"}', null, "application/json"]);
    await play({ kind: "unroute" });
    expect(site.asked).toEqual([]);
    await route({ act: "modify", headers: { "x-added": "yes" }, method: "PUT" }, { delayMs: 150 });
    const startMs = performance.now();
    expect(await api()).toEqual([200, '{"n":1}', null, "application/json"]);
    expect(performance.now() - startMs).toBeGreaterThan(140);
    expect(site.asked).toEqual(["PUT /api?q=1 yes"]);
    const response = { status: 201, headers: { "x-by": "us" }, replace: { '"n"': '"m"' } };
    await route({ act: "modify", response }, { name: "answer" });
    expect(await api()).toEqual([201, '{"m":2}', "us", "application/json"]);
    await play({ kind: "unroute", name: "answer" });
    expect(site.asked.at(-1)).toBe("POST /api?q=1");
    await api();
    expect(site.asked.at(-1)).toBe("PUT /api?q=1 yes");
    await play({ kind: "unroute" });
  });

  test("an expression and a glob choose; what does not match goes on; one that is gone cannot be taken away", async () => {
    await play({ kind: "route", url: "/\\/ec.o$/", do: { act: "mock", body: "by expression" } });
    await play({ kind: "route", url: `${site.url}/{x,y}`, do: { act: "block", reason: "failed" } });
    expect(await evaluate(`fetch("/echo").then((a) => a.text())`)).toBe("by expression");
    expect(await evaluate(`fetch("/y").catch((e) => e.message)`)).toBe("Failed to fetch");
    expect(await evaluate(`fetch("/z").then((a) => a.status)`)).toBe(404);
    const { message } = await played.failed({ kind: "unroute", name: "nobody" });
    expect(message).toContain('Cannot unroute "nobody": there is no such route now; declared were');
  });

  test("a route that nothing has met is a warning at the end", async () => {
    await play({
      kind: "route",
      url: "/never",
      do: { act: "block", reason: "failed" },
      name: "idle",
    });
    await played.conclude("passed");
    const idle = played.warnings.filter((text) => text.includes("was never hit"));
    expect(idle).toEqual(['The route "idle" was never hit']);
  });
});

test("a popup is as dark and as much routed as the page that opened it", async () => {
  await play({ kind: "emulate", colorScheme: "dark" });
  await play({ kind: "route", url: "/popup", do: { act: "mock", body: "<title>popup</title>" } });
  const js = `(async () => { const w = window.open("/popup"); for (;;) {
    await new Promise((done) => setTimeout(done, 20));
    if (w.document.title === "popup" && w.matchMedia("(prefers-color-scheme: dark)").matches) return true } })()`;
  expect(await evaluate(js)).toBe(true);
});

test("exportState() takes cookies, localStorage and IndexedDB; another session begins with them, and masks them", async () => {
  const keep = `new Promise((done, fail) => {
    document.cookie = "sid=kept-cookie-1"; localStorage.setItem("token", "kept-local-1");
    const asked = indexedDB.open("db", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("s").put("kept-indexed-1", "k");
    asked.onsuccess = () => { asked.result.close(); done() }; asked.onerror = () => fail(asked.error) })`;
  await evaluate(keep);
  const state = await played.session.exportState?.(AbortSignal.timeout(5_000));
  expect(state?.bytes).toBeGreaterThan(100);
  const other = await openOn(slot, { baseUrl: site.url, ...(state && { state }) });
  const read = `new Promise((done) => { const asked = indexedDB.open("db");
    asked.onsuccess = () => { asked.result.transaction("s").objectStore("s").get("k").onsuccess = ({ target }) =>
      done([document.cookie, localStorage.token, target.result].join(" ")) } })`;
  await other.play({ kind: "goto", url: "/" }, 5_000);
  await other.play({ kind: "eval", js: read, save: "all" }, 5_000);
  expect(other.saved["all"]).toBe("sid=kept-cookie-1 kept-local-1 kept-indexed-1");
  const { message } = await other.failed({
    kind: "expect",
    checks: [{ subject: { of: "that", value: other.saved["all"] }, matcher: { equals: "x" } }],
  });
  await other.close();
  expect(message).toContain("sid=*** *** ***");
});
