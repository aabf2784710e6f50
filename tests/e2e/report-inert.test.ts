/** What people wrote runs nowhere in report.html. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "#proto/report.ts";
import { makeReport } from "../reports/made-report.ts";
import {
  eventually,
  keyOf,
  openDetails,
  overflowOf,
  type ReportBrowser,
  startReportBrowser,
  testHash,
  textsOf,
  VIEWS,
} from "./report-browser.ts";

let browser: ReportBrowser;
beforeAll(async () => {
  browser = await startReportBrowser();
});
afterAll(() => browser[Symbol.asyncDispose]());

const planted = `<script>window.__planted = 1</script><img src=x onerror="window.__planted = 1"> "><svg onload=alert(1)> </script><!-- \u2028 javascript:alert(1) ' {{7*7}}`;
const evil = makeReport({ testCount: 60, planted });
const crooked: Report = {
  ...evil,
  run: { ...evil.run, id: `run ${planted}`, reason: planted },
  tests: evil.tests.map((one) => ({ ...one, file: `javascript:alert(1)//${planted}` })),
};

test("run nowhere: in names, tags, errors, console, files, nodes, reasons", async () => {
  const evilFolder = await browser.write(crooked, { texts: textsOf(crooked, planted) });
  const keys = [
    keyOf(crooked, "failed", 1),
    keyOf(crooked, "lost", 2),
    keyOf(crooked, "skipped", 0),
  ];
  for (const hash of [...VIEWS, `#q=${encodeURIComponent(planted)}`, ...keys.map(testHash)]) {
    await using opened = await browser.open(evilFolder, { hash });
    const { page, complaints } = opened;
    await openDetails(page);
    expect(await page.locator("body").textContent()).toContain("<script>window.__planted = 1");
    const traces = await page.evaluate(() => ({
      planted: "__planted" in window,
      scripts: document.scripts.length,
      strangers: document.querySelectorAll("#page script, [onerror], [onload], #page img[src=x]")
        .length,
      links: [...document.links]
        .map((link) => link.protocol)
        .filter((protocol) => protocol !== "file:"),
    }));
    expect(traces).toEqual({ planted: false, scripts: 2, strangers: 0, links: [] });
    expect(complaints).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
  }
});

test("would not run even as elements: the policy allows only the page's own script", async () => {
  await using opened = await browser.open(await browser.write(makeReport({ testCount: 3 })));
  await opened.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.__planted = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="window.__planted = 1">');
  });
  await eventually("the policy speaks", () => opened.complaints.length > 0);
  expect(await opened.page.evaluate(() => "__planted" in window)).toBe(false);
});
