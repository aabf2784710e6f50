/** The pool of browsers: fresh contexts, processes replaced between attempts, browsers that are not ours. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { useTempDir } from "#shared/config.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";
import { whyTooLarge } from "../../src/node/drivers/web/pool/browser-care.ts";
import { DEFAULT_POOL, type PoolPolicy } from "../../src/node/drivers/web/pool/pool-policy.ts";
import { maskUrl, readEndpoint } from "../../src/node/drivers/web/pool/remote-browser.ts";
import { openOn, type PlayOptions, type Site, serve } from "./stage.ts";

let site: Site;
beforeAll(async () => {
  site = await serve({ "/": "<title>page</title><script>localStorage.seen ??= 'never'</script>" });
});
afterAll(() => site.close());

const replaced: string[] = [];

function slotWith(policy: Partial<PoolPolicy>): DriverSlot {
  const pool = {
    policy: { ...DEFAULT_POOL, ...policy },
    onReplaced: (why: string) => replaced.push(why),
  };
  const slot = createWebDriver({}, undefined, pool).createSlot();
  onTestFinished(() => slot.close());
  return slot;
}

/** Plays a small attempt; what it saw, and the browser's process. */
async function attempt(slot: DriverSlot, options: PlayOptions = {}) {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  await played.play({ kind: "goto", url: "/" });
  const js = "localStorage.seen + ' ' + document.cookie + ' ' + innerWidth";
  await played.play({ kind: "eval", js, save: "saw" });
  await played.play({ kind: "eval", js: "localStorage.seen = 'yes', document.cookie = 'a=b'" });
  const { rootPid } = played.session;
  await played.close();
  return { saw: played.saved["saw"], rootPid };
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
}

const gone = (pid: number | undefined) =>
  waitUntil(() => !isAlive(pid), { what: `the end of ${pid}`, deadlineMs: 20_000 });

test("each attempt has a context that saw nothing, whether it was opened ahead or not", async () => {
  const slot = slotWith({});
  const [first, second] = [await attempt(slot), await attempt(slot)];
  expect([first.saw, second.saw]).toEqual(["never  800", "never  800"]);
  const viewport = { width: 500, height: 400, touch: false };
  const other = await attempt(slot, { viewport });
  expect(other.saw).toBe("never  500");
  expect(new Set([first.rootPid, second.rootPid, other.rootPid]).size).toBe(1);
  await slot.close();
  await gone(first.rootPid);
});

test("a browser is replaced after its contexts, and when it does not answer; no attempt notices", async () => {
  replaced.length = 0;
  const slot = slotWith({ contextsMax: 2 });
  const pids = [await attempt(slot), await attempt(slot), await attempt(slot)].map(
    ({ rootPid }) => rootPid,
  );
  expect(pids[1]).toBe(pids[0]);
  expect(pids[2]).not.toBe(pids[0]);
  await gone(pids[0]);
  expect(replaced).toEqual(["it has had 2 contexts"]);
});

test("a frozen browser is found out before an attempt gets it, and killed", async () => {
  replaced.length = 0;
  let nowMs = 0;
  const { systemClock } = await import("#shared/clock.ts");
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + nowMs };
  const pool = { policy: DEFAULT_POOL, onReplaced: (why: string) => replaced.push(why) };
  const slot = createWebDriver({}, clock, pool).createSlot();
  onTestFinished(() => slot.close());
  const { rootPid } = await attempt(slot);
  process.kill(rootPid ?? 0, "SIGSTOP");
  nowMs = 60_000;
  const next = await attempt(slot);
  expect(next.saw).toBe("never  800");
  expect(next.rootPid).not.toBe(rootPid);
  expect(replaced).toEqual(["it does not answer"]);
  await gone(rootPid);
});

test("isolation: browser gives an attempt a process, which ends with it", async () => {
  const slot = slotWith({ isolation: "browser" });
  const [first, second] = [await attempt(slot), await attempt(slot)];
  expect(first.rootPid).toBeGreaterThan(0);
  expect(second.rootPid).not.toBe(first.rootPid);
  await Promise.all([gone(first.rootPid), gone(second.rootPid)]);
  const shared = await attempt(slot, { web: { isolation: "context" } });
  expect(isAlive(shared.rootPid)).toBe(true);
});

test("what a probe kept ends with the driver", async () => {
  const driver = createWebDriver({}, undefined, { policy: DEFAULT_POOL });
  expect(await driver.probe(30_000)).toMatchObject({ kind: "able" });
  const slot = driver.createSlot();
  const { rootPid } = await attempt(slot);
  await slot.close();
  await gone(rootPid);
  await driver.probe(30_000);
  await driver.close?.();
});

describe("a browser that runs elsewhere", () => {
  test("by Chromium's own protocol: contexts are ours, the browser is not", async () => {
    const { endpoint, pid } = await startForeign();
    const before = await targetsOf(endpoint);
    const slot = slotWith({ endpoint: `cdp:${endpoint}` });
    const { saw, rootPid } = await attempt(slot);
    expect([saw, rootPid]).toEqual(["never  800", undefined]);
    const own = await openOn(slot, { web: { isolation: "browser" } }).catch(String);
    expect(own).toMatch(/Cannot give the test a browser of its own \(isolation: browser\)/);
    await slot.close();
    await waitUntil(async () => (await targetsOf(endpoint)) === before, {
      ...{ what: "our contexts to be closed", deadlineMs: 10_000 },
    });
    expect(isAlive(pid)).toBe(true);
    const again = slotWith({ endpoint: `cdp:${endpoint}` });
    expect((await attempt(again)).saw).toBe("never  800");
  });

  test("what is recorded of it here goes with each attempt, ended in order or not, and all with the slot", async () => {
    const { endpoint } = await startForeign();
    const folder = mkdtempSync(join(tmpdir(), "panoptic-recorded-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    onTestFinished(useTempDir(folder));
    const slot = slotWith({ endpoint: `cdp:${endpoint}` });
    const files = () => readdirSync(folder, { recursive: true }).map(String);
    const none = (isLeft: (path: string) => boolean) =>
      waitUntil(() => !files().some(isLeft), { what: "recordings are gone", deadlineMs: 10_000 });
    for (const isConcluded of [true, false]) {
      const options = { baseUrl: site.url, evidence: { trace: "on" } } as const;
      const played = await openOn(slot, options);
      await played.play({ kind: "goto", url: "/" });
      expect(files().filter((path) => path.endsWith(".trace"))).toHaveLength(1);
      if (isConcluded) await played.conclude("passed");
      await played.close();
      await none((path) => /playwright-tracing|trace|resources/.test(path));
    }
    await slot.close();
    await none(() => true);
  });

  test("as a Playwright server; it is reported as remote, and one that is not there as unable", async () => {
    const executablePath = findBrowser({});
    const server = await chromium.launchServer({ ...(executablePath && { executablePath }) });
    onTestFinished(() => server.close());
    const policy = { ...DEFAULT_POOL, endpoint: server.wsEndpoint() };
    const driver = createWebDriver({}, undefined, { policy });
    expect(await driver.probe(30_000)).toMatchObject({ capability: { isRemote: true } });
    const slot = driver.createSlot();
    expect((await attempt(slot)).saw).toBe("never  800");
    await slot.close();
    const absent = { ...DEFAULT_POOL, endpoint: "ws://user:key@127.0.0.1:1/path-secret" };
    const found = await createWebDriver({}, undefined, { policy: absent }).probe(10_000);
    expect(found).toMatchObject({
      kind: "unable",
      reason: expect.stringMatching(/^Cannot connect to the browser at ws:\/\/127\.0\.0\.1:1: /),
    });
    expect(JSON.stringify(found)).not.toMatch(/path-secret|user:key/);
  });

  test("readEndpoint() knows its forms, and says them; maskUrl() leaves no key", () => {
    expect(readEndpoint("cdp:http://h:9222")).toEqual({ kind: "cdp", url: "http://h:9222" });
    expect(readEndpoint("ws://h:1/x")).toEqual({ kind: "playwright", url: "ws://h:1/x" });
    expect(() => readEndpoint("http://h:9222")).toThrow(/Expected a browser endpoint: cdp:http/);
    expect(maskUrl("wss://a:b@grid.example:1/key?token=x")).toBe("wss://grid.example:1");
  });
});

test("whyTooLarge() wants both a factor and some size", () => {
  const mib = 1024 * 1024;
  expect(whyTooLarge(100 * mib, 250 * mib, 2)).toBe(
    "its processes need 250 MiB, 100 MiB when it was new",
  );
  expect(whyTooLarge(100 * mib, 190 * mib, 2)).toBeUndefined();
  expect(whyTooLarge(10 * mib, 60 * mib, 2)).toBeUndefined();
});

async function startForeign(): Promise<{ endpoint: string; pid: number | undefined }> {
  const profile = mkdtempSync(join(tmpdir(), "panoptic-foreign-"));
  const flags = ["--headless", "--no-sandbox", "--remote-debugging-port=0"];
  const words = [...flags, `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn(findBrowser({}) ?? "chromium", words, {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await gone(child.pid);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  let said = "";
  child.stderr.on("data", (part: Buffer) => {
    said += part.toString();
  });
  const portOf = () => /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
  await waitUntil(() => portOf() !== undefined, { what: "a port", deadlineMs: 20_000 });
  return { endpoint: `http://127.0.0.1:${portOf()}`, pid: child.pid };
}

async function targetsOf(endpoint: string): Promise<number> {
  const answer = await fetch(`${endpoint}/json/list`);
  return ((await answer.json()) as unknown[]).length;
}
