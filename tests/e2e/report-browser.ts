/** A real Chromium that looks at a report from its folder, and hears every complaint of the page. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type ReportExtras, reportHtml } from "#gateway/reports/html/report-html.ts";
import type { ArtifactText } from "#gateway/reports/packed/packed.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { findBrowser } from "#node/drivers/web/find-browser.ts";
import type { Report } from "#proto/report.ts";

export type ReportBrowser = {
  /** Opens a page of a report's folder; `hash` with its `#`. */
  readonly open: (folder: string, options?: OpenOptions) => Promise<OpenPage>;
  /** Writes a report's folder with pictures and films that are real. */
  readonly write: (report: Report, extras?: ReportExtras) => Promise<string>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type OpenOptions = BrowserContextOptions & { readonly hash?: string };

export type OpenPage = {
  readonly page: Page;
  /** Errors, warnings, refused loads and dialogs of the page. */
  readonly complaints: readonly string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Starts the browser; what it wrote is gone with it. */
export async function startReportBrowser(): Promise<ReportBrowser> {
  const executablePath = findBrowser({ searchPath: process.env["PATH"] });
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox", "--disable-background-networking"],
  });
  const root = mkdtempSync(join(tmpdir(), "panoptic-page-"));
  const media = await makeMedia(browser);
  let count = 0;
  return {
    open: (folder, options) => openPage(browser, folder, options),
    write: async (report, extras) => {
      count += 1;
      const folder = join(root, `report ${count} #50%`);
      writeFolder(folder, report, media);
      writeFileSync(join(folder, "report.html"), reportHtml(report, extras));
      return folder;
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function openPage(
  browser: Browser,
  folder: string,
  { hash = "", ...options }: OpenOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ ...DESKTOP, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "log") complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // A film that leaves the screen is no longer loaded.
    if (why !== "net::ERR_ABORTED") complaints.push(`request: ${request.url()} ${why}`);
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${pathToFileURL(join(folder, "report.html")).href}${hash}`);
  await page.locator("html[data-is-ready]").waitFor({ state: "attached" });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

type Media = { readonly picture: Uint8Array; readonly film: Uint8Array };

/** A picture, and a film that the browser records from a canvas. */
async function makeMedia(browser: Browser): Promise<Media> {
  const page = await browser.newPage({ viewport: { width: 640, height: 360 } });
  await page.setContent("<h1>Checkout</h1><canvas width=320 height=180></canvas>");
  const picture = await page.screenshot();
  const film = await page.evaluate(async () => {
    const canvas = document.querySelector("canvas");
    if (canvas === null) throw new Error("Cannot film: there is no canvas");
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(20));
    const parts: Blob[] = [];
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recorder.start();
    for (let frame = 0; frame < 12; frame += 1) {
      pen?.fillRect(frame * 20, 20, 15, 100);
      await new Promise((resolve) => requestAnimationFrame(resolve));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });
  await page.close();
  return { picture, film: Uint8Array.from(film) };
}

function writeFolder(folder: string, report: Report, media: Media): void {
  mkdirSync(folder, { recursive: true });
  for (const { path, kind } of artifactsOf(report)) {
    if (path === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const bytes = kind === "screenshot" ? media.picture : kind === "video" ? media.film : "text";
    writeFileSync(join(folder, path), bytes);
  }
}

const artifactsOf = (report: Report) =>
  report.tests.flatMap((test) => test.attempts.flatMap((attempt) => attempt.artifacts));

/** The same console and network for every attempt that has one. */
export function textsOf(report: Report, planted = ""): ReadonlyMap<string, ArtifactText> {
  const said: Readonly<Record<string, string>> = {
    console: `[error] no ${planted}\n[page error] TypeError: x is not a function\n    at pay (app.js:1)\n[log] fine`,
    network: JSON.stringify({
      failed: [{ method: "GET", url: `http://shop/${planted}`, status: 500 }],
    }),
  };
  const metrics = JSON.stringify({
    pages: [
      {
        url: `http://shop/${planted}`,
        status: 200,
        ttfbMs: 12,
        loadMs: 80.5,
        requestCount: 4,
        transferBytes: 12_345,
      },
      { url: planted, status: planted },
    ],
    processes: [{ type: `renderer ${planted}`, pid: 1, cpuMs: 512, rssBytesMax: 98_000_000 }],
  });
  return new Map(
    artifactsOf(report).flatMap(({ name, kind, sha256 }) => {
      const text = name === "metrics.json" ? metrics : said[kind];
      return text === undefined || sha256 === undefined ? [] : [[sha256, { text, isCut: true }]];
    }),
  );
}

/** What axe finds wrong: rule and place. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary}`),
    );
  });
}

/** Files that a link, picture or film of the page names and that are not there. */
export async function deadLinks(page: Page): Promise<string[]> {
  const urls = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("a[href], [src]")].map((element) =>
      String(
        new URL(element.getAttribute("href") ?? element.getAttribute("src") ?? "", location.href),
      ),
    ),
  );
  return urls.filter((url) => {
    if (!url.startsWith("file:")) return true;
    const file = new URL(url);
    file.hash = "";
    return file.search !== "" || !existsSync(fileURLToPath(file));
  });
}

/** How far the page is wider than the screen, in pixels. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** Tables and figures that are wider than their place. */
export const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("main .table-box, main .measured, main dd")]
      .filter((box) => box.scrollWidth > box.clientWidth)
      .map((box) => `${box.className}: ${box.scrollWidth} px in ${box.clientWidth} px`),
  );

/** Waits for what a page does by itself. */
export const eventually = (what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> =>
  waitUntil(isTrue, { what, deadlineMs: 5_000 });

/** Every view but that of a test. */
export const VIEWS = [
  "",
  "#group=suite",
  "#status=passed,skipped",
  "#view=timeline",
  "#view=slowest",
  "#view=flaky",
];

/** The key of the first test of a verdict with so many attempts. */
export function keyOf(report: Report, verdict: string, attempts: number): string {
  const isIt = (one: Report["tests"][number]) =>
    one.verdict === verdict && one.attempts.length === attempts;
  const found = report.tests.find(isIt);
  if (found === undefined) throw new Error(`Cannot find a ${verdict} test of ${attempts} attempts`);
  return found.key;
}

/** The address of a test within the page. */
export const testHash = (key: string): string => `#test=${encodeURIComponent(key)}`;

/** Unfolds everything that is folded. */
export const openDetails = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
