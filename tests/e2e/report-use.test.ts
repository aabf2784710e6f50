/** report.html in the hands of people: what it shows, filters, keys. Long and short lists: report-list.test.ts. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeReport } from "../reports/made-report.ts";
import {
  DESKTOP,
  eventually,
  keyOf,
  PHONE,
  type ReportBrowser,
  startReportBrowser,
  testHash,
  textsOf,
} from "./report-browser.ts";

const report = makeReport({ testCount: 300 });

let browser: ReportBrowser;
let folder: string;
beforeAll(async () => {
  browser = await startReportBrowser();
  folder = await browser.write(report, { texts: textsOf(report) });
});
afterAll(() => browser[Symbol.asyncDispose]());

describe("what people see", () => {
  test("the head says the verdict in one sentence, with nodes and totals", async () => {
    await using opened = await browser.open(folder);
    const { page } = opened;
    expect(await page.locator("h1").textContent()).toBe(
      "Incomplete: 3 of 300 tests were lost, 12 failed, 6 were flaky and 6 were skipped, in 50.1 s on 3 nodes.",
    );
    await page.locator(".nodes summary").click();
    expect(await page.locator(".nodes tbody tr").count()).toBe(3);
    expect(await page.locator(".nodes").textContent()).toContain("darwin 25.1 arm64");
  });

  test("a failure shows its error, place, step, picture, film and console", async () => {
    await using opened = await browser.open(folder);
    const card = opened.page.locator(".card.is-failed").first();
    const text = await card.textContent();
    expect(text).toContain('no element matches role=button "Pay"');
    expect(text).toMatch(/suites\/shop\.yaml:\d+:9/);
    expect(text).toContain("step 6 of 9: screenshot cart");
    expect(text).toContain("[page error] TypeError: x is not a function");
    await eventually("the picture is there", () =>
      card.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth === 640),
    );
    const film = card.locator("video");
    await film.evaluate((video: HTMLVideoElement) => video.play());
    await eventually("the film plays", () =>
      film.evaluate(
        (video: HTMLVideoElement) => video.currentTime > 0.05 && video.videoWidth === 320,
      ),
    );
    expect(opened.complaints).toEqual([]);
  });

  test("attempts stand side by side on a desk and below each other on a phone", async () => {
    const hash = testHash(keyOf(report, "failed", 2));
    for (const [screen, isBeside] of [
      [DESKTOP, true],
      [PHONE, false],
    ] as const) {
      await using opened = await browser.open(folder, { ...screen, hash });
      const [first, second] = await Promise.all(
        [0, 1].map((index) => opened.page.locator(".attempt").nth(index).boundingBox()),
      );
      expect(first?.y === second?.y).toBe(isBeside);
      expect(first?.x === second?.x).toBe(!isBeside);
    }
  });

  test("what is not there is said: missing, pending, cut, not recorded", async () => {
    await using opened = await browser.open(folder, { hash: testHash(keyOf(report, "failed", 1)) });
    const text = await opened.page.locator(".attempt").textContent();
    expect(text).toContain("missing: Node lab-2 did not deliver it");
    expect(text).toContain("still on its way from the node");
    expect(text).toMatch(/Cut here: the whole is 24 KB, console\.txt/);
    expect(text).toMatch(/Without: [^.]*HAR\./);
    expect(text).toMatch(
      /http:\/\/shop\/Status200First byte12 ms.*Process renderer.*CPU512 msPeak memory98\.0 MB/,
    );
    expect(text).toMatch(/npx playwright show-trace '.*trace\.zip'/);
  });

  test("a lost attempt is told from the others in the timeline, and a click leads to its test", async () => {
    await using opened = await browser.open(folder, { hash: "#view=timeline" });
    const { page } = opened;
    expect(await page.locator(".legend").textContent()).toBe(
      " passed failed lost cancelled passed, not counted",
    );
    const timeline = page.getByRole("slider");
    await timeline.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    const said = await timeline.getAttribute("aria-valuetext");
    expect(said).toMatch(
      /attempt \d (passed|failed|lost|cancelled), [a-z-]+\d? slot [12], .* to .* \(.*\)/,
    );
    const zoomOut = page.getByRole("button", { name: "Zoom out" });
    expect(await zoomOut.isDisabled()).toBe(true);
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    expect(await zoomOut.isDisabled()).toBe(false);
    await page.keyboard.press("0");
    expect(await zoomOut.isDisabled()).toBe(true);
    const box = await page.locator("canvas").last().boundingBox();
    await page.mouse.move((box?.x ?? 0) + 400, (box?.y ?? 0) + 34);
    await page.locator(".words").waitFor();
    const name = await page.locator(".words b").textContent();
    await page.mouse.click((box?.x ?? 0) + 400, (box?.y ?? 0) + 34);
    expect(await page.locator("h1").textContent()).toBe(name);
  });
});

test("on paper every failure of a long list is there, and no controls", async () => {
  const long = makeReport({ testCount: 600 });
  await using opened = await browser.open(await browser.write(long));
  const { page } = opened;
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  await eventually(
    "the whole list is there",
    async () => (await page.locator(".line").count()) > 400,
  );
  expect(await page.locator(".card").count()).toBe(
    long.totals.failed + long.totals.lost + long.totals.flaky,
  );
  expect(await page.locator(".toolbar").isVisible()).toBe(false);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await eventually(
    "the list is short again",
    async () => (await page.locator(".line").count()) < 100,
  );
});

describe("filters", () => {
  const shownCount = (page: Page) =>
    page.getByRole("list", { name: "Tests" }).locator("> [data-id^=test]").count();

  test("status, tag, node and text show what report.json says, and the address keeps them", async () => {
    await using opened = await browser.open(folder, { hash: "#sort=name" });
    const { page } = opened;
    const chip = (status: string) => page.locator(`.chip[data-status=${status}]`);
    for (const status of ["failed", "lost", "flaky", "passed", "skipped"] as const)
      expect(await chip(status).locator(".count").textContent()).toBe(
        String(report.totals[status]),
      );
    await chip("failed").click();
    expect(await shownCount(page)).toBe(report.totals.failed);
    await chip("flaky").click();
    expect(await shownCount(page)).toBe(report.totals.failed + report.totals.flaky);
    await page.getByLabel("Tag", { exact: true }).selectOption({ label: "full" });
    await page.getByLabel("Node", { exact: true }).selectOption({ label: "lab-1" });
    await page.getByLabel("Search").fill("PAY");
    const wanted = report.tests.filter(
      (one) =>
        (one.verdict === "failed" || one.verdict === "flaky") &&
        one.tags.includes("full") &&
        one.attempts.some(({ node }) => node === "lab-1") &&
        JSON.stringify([one.name, one.attempts.map(({ error }) => error)])
          .toLowerCase()
          .includes("pay"),
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(await page.locator(".shown").textContent()).toContain(`${wanted.length} of 300 tests`);
    await page.reload();
    expect(await page.locator(".shown").textContent()).toContain(`${wanted.length} of 300 tests`);
    expect(await page.getByLabel("Search").inputValue()).toBe("PAY");
    await page.getByRole("button", { name: "Show all" }).click();
    expect(await shownCount(page)).toBe(300);
  });

  test("a link to tests with the same error finds as many as it says", async () => {
    await using opened = await browser.open(folder);
    const link = opened.page.locator(".same a").first();
    const count = Number(/\d+/.exec((await link.textContent()) ?? "")?.[0]);
    await link.click();
    expect(await opened.page.locator(".shown").textContent()).toContain(`${count} of 300 tests`);
  });
});

describe("by keyboard", () => {
  test("j, k, f, Enter, Esc, / and ? walk the whole page", async () => {
    await using opened = await browser.open(folder);
    const { page } = opened;
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.keyboard.press("j");
    const first = await focused();
    expect(first).toBe(await page.locator(".card-name").first().textContent());
    await page.keyboard.press("j");
    expect(await focused()).not.toBe(first);
    await page.keyboard.press("ArrowUp");
    expect(await focused()).toBe(first);
    expect(
      await page.evaluate(
        () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
      ),
    ).toBe("solid");
    await page.keyboard.press("Enter");
    await page.locator("article.test").waitFor();
    expect(await page.locator("h1").textContent()).toBe(first);
    await page.keyboard.press("f");
    await eventually(
      "the next failure is open",
      async () => (await page.locator("h1").textContent()) !== first,
    );
    const second = await page.locator("h1").textContent();
    await page.keyboard.press("Escape");
    await page.getByRole("list", { name: "Tests" }).waitFor();
    await eventually("its row has the focus", async () => (await focused()) === second);
    await page.keyboard.press("/");
    await eventually("the search has the focus", () =>
      page.evaluate(() => document.activeElement?.id === "search"),
    );
    await page.keyboard.type("jkf?");
    expect(await page.locator("#search").inputValue()).toBe("jkf?");
    expect(await page.locator("main").textContent()).toContain("No test is like that.");
    await page.keyboard.press("Escape");
    expect(await page.locator("#search").inputValue()).toBe("");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    expect(await page.locator("dialog[open] h2").textContent()).toBe("Keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    expect(await page.locator(".group-file").count()).toBeGreaterThan(0);
    expect(opened.complaints).toEqual([]);
  });

  test("the browser's back leads from a test to the list where it lay", async () => {
    await using opened = await browser.open(folder);
    const { page } = opened;
    await page.evaluate(() => window.scrollTo(0, 3_000));
    const names = page.locator(".card-name, .line-name");
    const onScreen = await names.evaluateAll((all) =>
      all.findIndex((one) => one.getBoundingClientRect().top > 300),
    );
    await names.nth(onScreen).click();
    await page.locator("article.test").waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await page.goBack();
    await page.getByRole("list", { name: "Tests" }).waitFor();
    await eventually("the list lies where it lay", () =>
      page.evaluate(() => Math.abs(window.scrollY - 3_000) < 300),
    );
  });

  test("the theme turns and stays", async () => {
    await using opened = await browser.open(folder, { colorScheme: "light" });
    const { page } = opened;
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.keyboard.press("t");
    await page.keyboard.press("t");
    await eventually("the ground is dark", async () => (await ground()) !== light);
    const dark = await ground();
    await page.reload();
    expect(await ground()).toBe(dark);
  });
});
