/** The list of tests in report.html: whole when it is short, only what is near the screen of 5,000 tests. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeReport } from "../reports/made-report.ts";
import { eventually, type ReportBrowser, startReportBrowser, textsOf } from "./report-browser.ts";

const report = makeReport({ testCount: 300 });

let browser: ReportBrowser;
beforeAll(async () => {
  browser = await startReportBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

describe("a list of up to 400 tests", () => {
  test("is there as a whole: the browser's search and a picture of the page miss none", async () => {
    await using opened = await browser.open(await browser.write(report));
    const { page } = opened;
    const names = await page.locator(".card-name, .line-name").allTextContents();
    expect(names.toSorted()).toEqual(
      report.tests.map((one) => one.key.replace(`${one.suite} › `, "")).toSorted(),
    );
    await eventually("every picture is loaded, every player is made", () =>
      page.evaluate(
        (cards) =>
          [...document.images].every((image) => image.naturalWidth > 0) &&
          document.querySelectorAll("video.film").length === cards,
        report.tests.filter(({ attempts }) =>
          attempts.some(({ artifacts }) => artifacts.length > 0),
        ).length,
      ),
    );
    expect(opened.complaints).toEqual([]);
  });

  test("makes players only near the screen when many tests failed", async () => {
    const all = report.tests.filter(({ verdict }) => verdict === "failed");
    const tests = Array.from({ length: 100 }, (_, index) => {
      const one = all[index % all.length];
      if (one === undefined) throw new Error("Cannot test: no test failed");
      return { ...one, key: `${one.key} ${index}` };
    });
    await using opened = await browser.open(await browser.write({ ...report, tests }));
    const { page } = opened;
    const films = () => page.locator("video.film").count();
    expect(await page.locator(".card").count()).toBe(100);
    await eventually("the first players are made", async () => (await films()) > 0);
    await page.locator(".card").last().scrollIntoViewIfNeeded();
    await page.locator(".card").last().locator("video.film").waitFor();
    await eventually("the others are gone", async () => (await films()) < 20);
    expect(opened.complaints).toEqual([]);
  });
});

describe("5,000 tests", () => {
  const big = makeReport({ testCount: 5_000 });

  test("are there in few elements, and scroll without holes or overlaps", async () => {
    const bigFolder = await browser.write(big, { texts: textsOf(big) });
    await using opened = await browser.open(bigFolder);
    const { page } = opened;
    expect(await page.locator("*").count()).toBeLessThan(1_500);
    for (const share of [0.1, 0.35, 0.6, 1, 0.5, 0]) {
      await page.evaluate((part) => window.scrollTo(0, part * document.body.scrollHeight), share);
      await eventually("the screen is full", () => isCovered(page));
    }
    await page.locator("#search").fill("4999");
    expect(await page.locator(".shown").textContent()).toContain("1 of 5,000 tests");
    expect(opened.complaints).toEqual([]);
  });

  /** Items follow each other without overlap, and cover the screen below the filters. */
  function isCovered(page: Page): Promise<boolean> {
    return page.evaluate(() => {
      const boxes = [...document.querySelectorAll(".virtual-item")]
        .map((item) => item.getBoundingClientRect())
        .sort((a, b) => a.top - b.top);
      const list = document.querySelector(".virtual")?.getBoundingClientRect();
      const gaps = boxes.slice(1).map((box, index) => box.top - (boxes[index]?.bottom ?? 0));
      const first = boxes[0];
      const last = boxes.at(-1);
      if (list === undefined || first === undefined || last === undefined) return false;
      const isTopCovered = first.top <= Math.max(0, list.top) + 1;
      const isEndCovered = last.bottom >= Math.min(window.innerHeight, list.bottom) - 1;
      return isTopCovered && isEndCovered && gaps.every((gap) => Math.abs(gap) < 1);
    });
  }
});
