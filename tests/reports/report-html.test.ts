/** report.html as text: what people wrote stays data. How it looks and behaves: tests/e2e/report-looks.test.ts. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reportHtml } from "#gateway/reports/html/report-html.ts";
import { packReport } from "#gateway/reports/packed/pack.ts";
import { makeReport } from "./made-report.ts";
import { reportOf, tests } from "./report-kit.ts";

const DATA = /<script type="application\/json" id="report-data">([^<]*)<\/script>/;
const tagsOf = (html: string) => html.match(/<[a-z!/][^\s>]*/gi);

test("reportHtml() has the same elements whatever the texts, and its data is the packed report", () => {
  const plain = tagsOf(reportHtml(makeReport({ testCount: 0 })));
  fc.assert(
    fc.property(fc.array(tests, { maxLength: 4 }), (list) => {
      const report = reportOf(list);
      const html = reportHtml(report);
      expect(tagsOf(html)).toEqual(plain);
      const packed = packReport(report, { texts: new Map(), hasArtifacts: true });
      expect(JSON.parse(DATA.exec(html)?.[1] ?? "")).toEqual(JSON.parse(JSON.stringify(packed)));
    }),
  );
});

test("reportHtml() lets no planted text end its block or reach the code as a line end", () => {
  const planted = "</script><script>window.__planted = 1</script><!--\u2028\u2029]]>";
  const html = reportHtml(makeReport({ testCount: 60, planted }));
  expect(html).not.toContain("window.__planted = 1</script>");
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html).not.toMatch(/[\u2028\u2029]/);
});

test("reportHtml() allows its own script and style by hash, and names nothing on a network", () => {
  const html = reportHtml(makeReport({ testCount: 3 }));
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  const hash = (text = "") => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1];
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src ${hash(script)};`);
  expect(policy).toContain(`style-src ${hash(style)};`);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const places = (html.match(/https?:\/\/[^"'\s)\\]+/g) ?? []).filter(
    (place) => !/^http:\/\/(www\.w3\.org\/|127\.0\.0\.1:)/.test(place),
  );
  expect(places).toEqual([]);
});

test("reportHtml() says the verdict without any script", () => {
  const html = reportHtml(makeReport({ testCount: 300 }));
  expect(html).toContain("<noscript><p><b>Incomplete:</b> 3 of 300 tests were lost, 12 failed");
  expect(html).toContain("<title>Incomplete: 15 of 300 · Panoptic run-");
});
