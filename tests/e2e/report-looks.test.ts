/** report.html in a real Chromium, wide and narrow, light and dark: nothing complains, nothing is cut off, every link leads somewhere. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOT_ENDED_REASON, type Report, RUNNING_CODE } from "#proto/report.ts";
import { makeReport } from "../reports/made-report.ts";
import { attempt, reportOf, reportTest } from "../reports/report-kit.ts";
import {
  axeFaults,
  cutOff,
  DESKTOP,
  deadLinks,
  eventually,
  keyOf,
  openDetails,
  overflowOf,
  PHONE,
  type ReportBrowser,
  startReportBrowser,
  testHash,
  textsOf,
  VIEWS,
} from "./report-browser.ts";

const report = makeReport({ testCount: 300 });

let browser: ReportBrowser;
let folder: string;
beforeAll(async () => {
  browser = await startReportBrowser();
  folder = await browser.write(report, { texts: textsOf(report) });
});
afterAll(() => browser[Symbol.asyncDispose]());

describe.each([
  ["1280 px, light", { ...DESKTOP, colorScheme: "light" as const }],
  ["390 px, dark", { ...PHONE, colorScheme: "dark" as const }],
])("a report of 300 tests at %s", (_, screen) => {
  const hashes = [
    ...VIEWS.filter((hash) => hash !== ""),
    "#view=tests",
    testHash(keyOf(report, "failed", 1)),
    testHash(keyOf(report, "failed", 2)),
    testHash(keyOf(report, "lost", 2)),
    testHash(keyOf(report, "passed", 3)),
    testHash(keyOf(report, "skipped", 0)),
  ];
  test("every view: no complaint, axe finds nothing, no sideways scroll, links lead somewhere", async () => {
    await using opened = await browser.open(folder, screen);
    const { page, complaints } = opened;
    for (const hash of hashes) {
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      await eventually(`${hash} is shown`, async () => new URL(page.url()).hash === hash);
      await openDetails(page);
      expect([hash, await axeFaults(page)]).toEqual([hash, []]);
      expect([hash, await overflowOf(page)]).toEqual([hash, 0]);
      expect([hash, await cutOff(page)]).toEqual([hash, []]);
      expect([hash, await deadLinks(page)]).toEqual([hash, []]);
      expect([hash, ...complaints]).toEqual([hash]);
    }
  });

  test("the dialogs are accessible too", async () => {
    await using opened = await browser.open(folder, {
      ...screen,
      hash: testHash(keyOf(report, "failed", 1)),
    });
    const { page, complaints } = opened;
    await page.keyboard.press("?");
    expect(await axeFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator(".thumbnail").first().click();
    await page.locator("dialog[open] img").waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("unusual reports", () => {
  const open = async (of: Report, hash = "", extras = {}) =>
    browser.open(await browser.write(of, extras), { ...PHONE, hash });
  const clean = async (opened: Awaited<ReturnType<typeof open>>) => {
    expect(await axeFaults(opened.page)).toEqual([]);
    expect(await overflowOf(opened.page)).toBe(0);
    expect(opened.complaints).toEqual([]);
  };

  test("a run of no tests", async () => {
    await using opened = await open(makeReport({ testCount: 0 }));
    expect(await opened.page.locator("main").textContent()).toContain("The run has no tests.");
    await clean(opened);
  });

  test("tests that never started are counted below the timeline", async () => {
    const tests = [
      reportTest({ attempts: [attempt({})] }),
      ...["a", "b", "c"].map((name) =>
        reportTest({ key: `shop › ${name}`, verdict: "lost", attempts: [] }),
      ),
      reportTest({ key: "shop › off", verdict: "skipped", attempts: [] }),
    ];
    await using opened = await open(reportOf(tests), "#view=timeline");
    expect(await opened.page.locator(".unstarted").textContent()).toBe(
      "4 tests never started and so are in no slot: 3 lost, 1 skipped.",
    );
    await clean(opened);
  });

  test("a run that goes on, and one that was cancelled", async () => {
    const running = { message: "It has not ended", code: RUNNING_CODE };
    const tests = [
      reportTest({}),
      reportTest({
        key: "shop › runs",
        verdict: "lost",
        reason: NOT_ENDED_REASON,
        attempts: [attempt({ status: "lost", error: running })],
      }),
      reportTest({ key: "shop › waits", verdict: "lost", reason: NOT_ENDED_REASON }),
    ];
    const made = reportOf(tests);
    const goingOn: Report = {
      ...made,
      run: { ...made.run, status: "incomplete", reason: NOT_ENDED_REASON },
      totals: { ...made.totals, lost: 0 },
    };
    {
      await using opened = await open(goingOn);
      expect(await opened.page.locator("h1").textContent()).toMatch(
        /^Running: 1 of 3 tests have ended so far, after /,
      );
      const chip = opened.page.locator(".chip[data-status=open]");
      expect(await chip.textContent()).toContain("Not ended 2");
      await clean(opened);
    }
    const cancelled = {
      ...made,
      run: { ...made.run, status: "incomplete" as const, reason: "cancelled by Ctrl-C" },
    };
    await using opened = await open(cancelled);
    expect(await opened.page.locator(".head").textContent()).toContain("cancelled by Ctrl-C");
    await clean(opened);
  });

  test("an error of 100 KB, 200 steps, names without a space, times that are none", async () => {
    const steps = Array.from({ length: 200 }, (_, index) => ({
      name: index === 7 ? "x".repeat(500) : `step ${index}`,
      kind: "click",
      status: index < 120 ? ("passed" as const) : ("skipped" as const),
      durationMs: index,
    }));
    const error = { message: `${"very long ".repeat(1_000)}\n`.repeat(10), file: "y".repeat(300) };
    const giant = reportTest({
      key: `shop › ${"z".repeat(400)}`,
      verdict: "failed",
      tags: ["t".repeat(200)],
      attempts: [
        attempt({ status: "failed", error, steps, startedAt: "never", node: "n".repeat(200) }),
      ],
    });
    await using list = await open(reportOf([giant]));
    await clean(list);
    await using opened = await open(reportOf([giant]), testHash(giant.key));
    expect(await opened.page.locator(".step").count()).toBe(200);
    expect(await opened.page.locator(".error-text").textContent()).toHaveLength(4_001);
    await opened.page.getByRole("button", { name: "Show all of it" }).click();
    expect(await opened.page.locator(".error-text").textContent()).toBe(error.message);
    await clean(opened);
  });

  test("without artifacts beside it, as from a gateway: it says how to get them", async () => {
    const bare: Report = JSON.parse(JSON.stringify(report).replaceAll(/,"path":"[^"]*"/g, ""));
    await using opened = await open(bare, testHash(keyOf(report, "failed", 1)), {
      hasArtifacts: false,
    });
    expect(await opened.page.locator(".attempt").textContent()).toContain(
      "in the report's folder: panoptic report run-01a1fd60-aa66-7809-9e56-107d1b5e5771 --out DIR",
    );
    expect(await deadLinks(opened.page)).toEqual([]);
    await clean(opened);
  });

  test("a link to a test that is not there says so", async () => {
    await using opened = await open(report, "#test=gone");
    expect(await opened.page.locator("main").textContent()).toContain(
      "This report has no test “gone”.",
    );
    await clean(opened);
  });
});
