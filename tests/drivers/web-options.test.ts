/** Devices, the browser's environment, windows and metrics of a web attempt. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";
import { readPicture } from "./picture-size.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";

const PHONE = {
  name: "A phone",
  userAgent: "Phone/1.0",
  viewport: { width: 393, height: 659 },
  screen: { width: 393, height: 852 },
  scale: 3,
  isMobile: true,
  hasTouch: true,
};
const FIRST_BYTE_MS = 300;
const NO_DISPLAY = { DISPLAY: "", WAYLAND_DISPLAY: "" };

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": `<meta name=viewport content="width=device-width"><p>hello</p>`,
    "/slow": (_, response: ServerResponse) => {
      const html = `<h1>slow</h1><div id=gap></div><p style="font-size:80px">words</p><script>
        setTimeout(() => { gap.style.height = "200px" }, 200);
        setTimeout(() => { document.title = "moved" }, 400);</script>`;
      setTimeout(
        () => response.writeHead(200, { "content-type": "text/html" }).end(html),
        FIRST_BYTE_MS,
      );
    },
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function play<T>(options: PlayOptions, act: (played: Played) => Promise<T>): Promise<T> {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    await played.play({ kind: "goto", url: "/" });
    return await act(played);
  } finally {
    await played.close();
  }
}

async function readValue(played: Played, js: string): Promise<unknown> {
  await played.play({ kind: "eval", js, save: "value" });
  return played.saved["value"];
}

test("a device sets size, screen, scale, touch and user agent, and wins over the viewport", () =>
  play({ web: { device: PHONE } }, async (played) => {
    const js =
      "[innerWidth, innerHeight, screen.width, screen.height, devicePixelRatio, navigator.userAgent, 'ontouchstart' in window]";
    expect(await readValue(played, js)).toEqual([393, 659, 393, 852, 3, "Phone/1.0", true]);
    await played.play({ kind: "screenshot", name: "phone" });
    const [picture] = played.evidence;
    const size = { width: 393 * 3, height: 659 * 3 };
    expect(readPicture(picture?.bytes ?? new Uint8Array())).toEqual({ format: "png", ...size });
  }));

describe("an environment", () => {
  const zone = "Intl.DateTimeFormat().resolvedOptions().timeZone";

  test("is the browser's, of this attempt alone, and its process ends with it", async () => {
    const pid = await play({ web: { environment: { TZ: "Asia/Tokyo" } } }, async (played) => {
      expect(await readValue(played, zone)).toBe("Asia/Tokyo");
      return browserWith("TZ=Asia/Tokyo");
    });
    expect(await play({}, (played) => readValue(played, zone))).not.toBe("Asia/Tokyo");
    if (process.platform !== "linux") return;
    expect(pid).toBeGreaterThan(0);
    await waitUntil(() => !existsSync(`/proc/${pid}`), {
      what: "the attempt's own browser to end",
    });
  });

  test("the warm browser lives on beside it", () =>
    play({}, async (warm) => {
      await play({ web: { environment: { TZ: "Asia/Tokyo" } } }, async () => undefined);
      expect(await readValue(warm, "1 + 1")).toBe(2);
    }));
});

describe("a window", () => {
  test("without a display it runs headless and says so", () =>
    play({ web: { headless: false, environment: NO_DISPLAY } }, async ({ warnings }) => {
      const expected =
        process.platform === "linux" ? "Runs headless: this machine has no display" : "";
      expect(warnings.join()).toContain(expected);
    }));

  test("without a Chromium that has windows it runs headless and says so", async () => {
    const shell = "/usr/lib/chromium/chromium-headless-shell";
    const own = createWebDriver({
      browserPath: existsSync(shell) ? shell : undefined,
    }).createSlot();
    const web = { headless: false, environment: { DISPLAY: ":77" } };
    const { warnings, close } = await openOn(own, { web });
    await close();
    await own.close();
    expect(warnings).toEqual([
      expect.stringContaining("Runs headless: there is no Chromium with windows"),
    ]);
  });

  test("findBrowser() finds none without windows for it", () => {
    const found = findBrowser({ searchPath: "" }, { isHeadless: false });
    expect(found ?? "").not.toContain("headless");
    const places = { browserPath: "/x/chromium-headless-shell" };
    expect(findBrowser(places, { isHeadless: false })).toBe(undefined);
    expect(findBrowser(places)).toBe("/x/chromium-headless-shell");
  });
});

describe("metrics.json", () => {
  const metricsOf = ({ evidence }: Played) => {
    const found = evidence.find((one) => one.name === "metrics.json");
    return JSON.parse(new TextDecoder().decode(found?.bytes));
  };

  test("holds the pages' timings and what the browser cost", () =>
    play({ web: { metrics: true } }, async (played) => {
      const startMs = performance.now();
      await played.play({ kind: "goto", url: "/slow" });
      const openedMs = performance.now() - startMs;
      await played.play({
        kind: "expect",
        checks: [{ subject: { of: "title" }, matcher: { equals: "moved" } }],
      });
      await played.play({
        kind: "eval",
        js: "{ const end = performance.now() + 600; while (performance.now() < end); }",
      });
      await played.play({ kind: "goto", url: "/nowhere" });
      await played.conclude("passed");
      const { pages, processes, samples, lastPage, durationMs } = metricsOf(played);
      expect(
        pages.map(({ url, status }: { url: string; status: number }) => [url, status]),
      ).toEqual([
        [`${site.url}/`, 200],
        [`${site.url}/slow`, 200],
        [`${site.url}/nowhere`, 404],
      ]);
      const slow = pages[1];
      expect(slow.ttfbMs).toBeGreaterThanOrEqual(FIRST_BYTE_MS);
      expect(slow.ttfbMs).toBeLessThan(openedMs);
      for (const moment of [
        "domContentLoadedMs",
        "loadMs",
        "firstContentfulPaintMs",
        "largestContentfulPaintMs",
      ]) {
        expect(slow[moment]).toBeGreaterThanOrEqual(slow.ttfbMs);
        expect(slow[moment]).toBeLessThan(durationMs);
      }
      expect(slow.cumulativeLayoutShift).toBeGreaterThan(0);
      expect(slow.transferBytes).toBeGreaterThan(200);
      expect(lastPage.JSHeapUsedSize).toBeGreaterThan(100_000);
      expect(lastPage.LayoutCount).toBeGreaterThan(0);
      const types = processes.map(({ type }: { type: string }) => type);
      expect(types).toContain("browser");
      expect(types).toContain("renderer");
      // The page was busy for 600 ms, and on a busy machine it got a part of them.
      const total = (samples.at(-1) as { cpuMs: number }).cpuMs;
      expect(total).toBeGreaterThan(100);
      expect(samples.length).toBeGreaterThan(1);
      if (process.platform === "linux") expect(samples.at(-1).rssBytes).toBeGreaterThan(50_000_000);
    }));

  test("is there of a failed attempt too, and not unless it was asked for", async () => {
    const names = async (options: PlayOptions) =>
      play(options, async (played) => {
        await played.failed({ kind: "click", locator: css("#never") }, 100);
        await played.conclude("failed");
        return played.evidence.map((one) => one.name);
      });
    expect(await names({ web: { metrics: true } })).toContain("metrics.json");
    expect(await names({})).not.toContain("metrics.json");
  });
});

/** The browser process that has this in its environment, among our own children; 0 without /proc. */
function browserWith(setting: string): number {
  if (process.platform !== "linux") return 0;
  // Each thread has children of its own.
  const children = readdirSync(`/proc/${process.pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${process.pid}/task/${thread}/children`, "utf8").split(" "),
  );
  const found = children
    .filter(Boolean)
    .find((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(setting));
  return Number(found ?? 0);
}
