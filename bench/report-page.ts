/**
 * How soon report.html can be used with 5,000 tests, and how smoothly it scrolls, beside a plain page that has the same
 * rows as a table and hides those that a text does not match: round by round, one after the other, medians of the rounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { reportHtml } from "#gateway/reports/html/report-html.ts";
import { findBrowser } from "#node/drivers/web/find-browser.ts";
import type { Report } from "#proto/report.ts";
import { makeReport } from "../tests/reports/made-report.ts";
import { figure, medianOf, percentileOf } from "./figures.ts";

const TESTS = 5_000;
const ROUNDS = 5;
const GOAL_READY_MS = 2_000;
const GOAL_BYTES = 15e6;
const SCROLL_FRAMES = 120;
/** A fast turn of a wheel: 14,400 pixels a second. */
const SCROLL_PX = 240;
/** A frame at 60 Hz that came so late was missed, and the one after it too. */
const LATE_FRAME_MS = 50;

type Round = {
  /** From the start of the navigation until rows are there and a typed letter has changed them. */
  readonly readyMs: number;
  /** Between two frames while the page scrolls: ours through its failures, the heaviest part. */
  readonly frameMs: readonly number[];
};

type Subject = {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly rows: string;
  readonly search: string;
};

/** Prints size, time until usable and frame times of both pages. */
export async function reportPage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  const executablePath = findBrowser({ searchPath: process.env["PATH"] });
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  try {
    const report = makeReport({ testCount: TESTS });
    const write = (name: string, html: string, selectors: Pick<Subject, "rows" | "search">) => {
      writeFileSync(join(folder, `${name}.html`), html);
      const url = pathToFileURL(join(folder, `${name}.html`)).href;
      return { name, url, bytes: Buffer.byteLength(html), ...selectors };
    };
    const ours = write("panoptic", reportHtml(report), {
      rows: ".virtual-item",
      search: "#search",
    });
    const plain = write("plain", plainTable(report), { rows: "tr:not([hidden])", search: "input" });
    await compare(browser, ours, plain);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(browser: Browser, ours: Subject, plain: Subject): Promise<void> {
  const rounds = new Map<Subject, Round[]>([
    [ours, []],
    [plain, []],
  ]);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [subject, done] of rounds) done.push(await measure(browser, subject));
  for (const [subject, done] of rounds) console.log(`  ${summary(subject, done)}`);
  const ready = (subject: Subject) =>
    medianOf((rounds.get(subject) ?? []).map((one) => one.readyMs));
  console.log(`  ratio     ${figure(ready(ours) / ready(plain))} of the plain table's time`);
  console.log(
    `  Goals: usable within ${GOAL_READY_MS} ms, at most ${GOAL_BYTES / 1e6} MB. The made report has 9 steps a test and 200 failures;`,
  );
  console.log(
    "  the plain table has neither steps nor errors. Not measured: pictures and films (there are none here),",
  );
  console.log("  a cold disk, the painting of a real screen, a phone.");
}

async function measure(browser: Browser, subject: Subject): Promise<Round> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(subject.url, { waitUntil: "commit" });
    await page.locator(subject.rows).first().waitFor({ state: "attached" });
    const before = await page.locator(subject.rows).first().textContent();
    await page.locator(subject.search).focus();
    await page.keyboard.type("9");
    await page.waitForFunction(
      ({ rows, text }) => document.querySelector(rows)?.textContent !== text,
      { rows: subject.rows, text: before },
    );
    const readyMs = await page.evaluate(() => performance.now());
    await page.keyboard.press("Backspace");
    return { readyMs, frameMs: await scrollThrough(page) };
  } finally {
    await context.close();
  }
}

function scrollThrough(page: Page): Promise<number[]> {
  const span = { frames: SCROLL_FRAMES, px: SCROLL_PX };
  return page.evaluate(async ({ frames, px }) => {
    const times: number[] = [];
    let last = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    for (let frame = 0; frame < frames; frame += 1) {
      window.scrollBy(0, px);
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      times.push(now - last);
      last = now;
    }
    return times;
  }, span);
}

function summary(subject: Subject, rounds: readonly Round[]): string {
  const frames = rounds.flatMap(({ frameMs }) => frameMs);
  const late = frames.filter((ms) => ms > LATE_FRAME_MS).length;
  return [
    `${subject.name.padEnd(8)}  ${figure(subject.bytes / 1e6)} MB`,
    `usable after ${figure(medianOf(rounds.map(({ readyMs }) => readyMs)))} ms`,
    `frames p50 ${figure(medianOf(frames))} ms, p95 ${figure(percentileOf(frames, 0.95))} ms`,
    `${late} of ${frames.length} later than ${LATE_FRAME_MS} ms`,
  ].join(", ");
}

/** What a page needs at least: each test a row, found by its text. */
function plainTable(report: Report): string {
  const inert = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const rows = report.tests.map(({ verdict, name, suite, attempts }) => {
    const cells = [verdict, name, suite, attempts[0]?.node ?? "", attempts[0]?.durationMs ?? ""];
    return `<tr>${cells.map((cell) => `<td>${inert(String(cell))}</td>`).join("")}</tr>`;
  });
  return `<!doctype html><title>plain</title><input><table>${rows.join("\n")}</table><script>
const rows = [...document.querySelectorAll("tr")];
document.querySelector("input").oninput = ({ target }) => {
  for (const row of rows) row.hidden = !row.textContent.includes(target.value);
};
</script>`;
}
