/** What the page decides by itself: filters, order, lanes, links, words. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verdictSentence } from "#gateway/reports/html/verdict-sentence.ts";
import { packReport } from "#gateway/reports/packed/pack.ts";
import { openBook } from "#gateway/reports/page/data/book.ts";
import { againCommand, artifactHref, shellWord } from "#gateway/reports/page/data/links.ts";
import { consoleLines, networkLines } from "#gateway/reports/page/data/log-lines.ts";
import {
  PLAIN_QUERY,
  type Query,
  readQuery,
  SORTS,
  STATUSES,
  VIEWS,
  writeQuery,
} from "#gateway/reports/page/data/query.ts";
import { selectTests } from "#gateway/reports/page/data/select.ts";
import type { Report, ReportTest } from "#proto/report.ts";
import { makeReport } from "./made-report.ts";

const report = makeReport({ testCount: 300 });
const bookOf = (of: Report) => openBook(packReport(of, { texts: new Map(), hasArtifacts: true }));
const book = bookOf(report);

const text = fc.oneof(
  fc.constant(""),
  fc.constantFrom("cart", "PAY", "shop", "lab-2", "yaml", "refused", "viewport", "&", "#", "é"),
  fc.string({ maxLength: 3 }),
);
const names = (some: readonly string[]) => fc.option(fc.constantFrom(...some), { nil: undefined });
const queries: fc.Arbitrary<Query> = fc.record({
  view: fc.constantFrom(...VIEWS),
  statuses: fc.subarray([...STATUSES]),
  tag: names(["smoke", "full", "slow", "none"]),
  node: names(["lab-1", "build-mac-mini", "none"]),
  text,
  sort: fc.constantFrom(...SORTS),
  isGrouped: fc.boolean(),
  test: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
});

describe("filters", () => {
  test("selectTests() shows exactly the tests of report.json that a query names", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const keys = selectTests(book, query).rows.map((row) => row.test.key);
        const wanted = report.tests.filter((one) => isNamed(one, query)).map(({ key }) => key);
        expect(keys.toSorted()).toEqual(wanted.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  /** Written without the page's code. */
  function isNamed(one: ReportTest, { statuses, tag, node, text: wanted }: Query): boolean {
    if (statuses.length > 0 && !statuses.includes(one.verdict)) return false;
    if (tag !== undefined && !one.tags.includes(tag)) return false;
    if (node !== undefined && !one.attempts.some((attempt) => attempt.node === node)) return false;
    const errors = one.attempts.flatMap(({ error, steps }) => [
      error?.message,
      ...steps.map((step) => step.error?.message),
    ]);
    const label = one.key.replace(`${one.suite} › `, "");
    return (
      [one.name, label, one.suite, one.file, one.reason, ...errors].some((part) =>
        part?.toLowerCase().includes(wanted.toLowerCase()),
      ) || wanted === ""
    );
  }

  test("selectTests() repeats no test, whatever the order, and keeps rows and items in step", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const { items, rows } = selectTests(book, query);
        expect(items.filter(({ kind }) => kind === "test").map(({ id }) => id)).toEqual(
          rows.map((row) => `test ${row.test.index}`),
        );
        expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      }),
    );
  });

  test("selectTests() shows failures first, then lost, flaky, passed and skipped", () => {
    const { items } = selectTests(book, PLAIN_QUERY);
    const heads = items.flatMap((item) => (item.kind === "head" ? [item.title] : []));
    expect(heads).toEqual(["Failed", "Lost", "Flaky", "Passed", "Skipped"]);
    expect(items[1]).toMatchObject({ kind: "test", row: { status: "failed" } });
  });

  test("selectTests() puts the slowest first and keeps suites together", () => {
    const slowest = selectTests(book, { ...PLAIN_QUERY, sort: "slowest" }).rows;
    const times = slowest.map(({ durationMs }) => durationMs);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const suites = selectTests(book, { ...PLAIN_QUERY, isGrouped: true }).rows.map(
      (row) => row.test.suite,
    );
    const changes = suites.filter((suite, index) => suite !== suites[index - 1]);
    expect(changes).toHaveLength(new Set(suites).size);
  });
});

test("readQuery() reads what writeQuery() wrote", () => {
  fc.assert(
    fc.property(queries, (query) => {
      const test = query.test?.toWellFormed();
      const wanted = { ...query, test, text: query.text.toWellFormed() };
      expect(readQuery(writeQuery(wanted))).toEqual(wanted);
    }),
  );
  expect(readQuery("#status=never,failed&sort=no&view=%E0%A4%A")).toEqual({
    ...PLAIN_QUERY,
    statuses: ["failed"],
  });
});

describe("links", () => {
  test("artifactHref() leads to the file of that name beside the page, whatever the name", () => {
    const part = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.constantFrom("a b", "#1", "what?", "50%", '"', "'", "javascript:alert(1)", "..", "é"),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const clean = parts
          .flatMap((one) => one.split("/"))
          .filter((one) => one !== "" && one !== "." && one !== "..");
        const url = new URL(artifactHref(parts.join("/")), "file:///report/report.html");
        fc.pre(clean.length > 0);
        expect(url.protocol + url.search + url.hash).toBe("file:");
        expect(decodeURIComponent(url.pathname)).toBe(`/report/${clean.join("/").toWellFormed()}`);
      }),
    );
  });

  test("shellWord() and againCommand() quote what a shell and a pattern would read otherwise", () => {
    expect(shellWord("a/b-1.zip")).toBe("a/b-1.zip");
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
    const test = { file: "a b.yaml", key: "s › pays (twice) [id=1]" };
    const command = againCommand(test as never);
    expect(command).toBe("panoptic run 'a b.yaml' --grep '^s › pays \\(twice\\) \\[id=1\\]$'");
  });
});

describe("logs", () => {
  test("consoleLines() keeps a stack with its message and knows what is loud", () => {
    expect(consoleLines("[log] a\n[page error] b\n    at c\n[warning] d\n… 3 more lines")).toEqual([
      { level: "info", text: "[log] a" },
      { level: "error", text: "[page error] b\n    at c" },
      { level: "warning", text: "[warning] d" },
      { level: "info", text: "… 3 more lines" },
    ]);
  });
  test("networkLines() tells each failed request, and a cut file as it is", () => {
    const failed = [
      { method: "GET", url: "http://a/", status: 404 },
      { method: "POST", url: "http://b/", failure: "refused" },
    ];
    const lines = networkLines(JSON.stringify({ failed, notes: ["… 2 more requests"] }));
    expect(lines.map((line) => line.text)).toEqual([
      "GET http://a/ 404",
      "POST http://b/ refused",
      "… 2 more requests",
    ]);
    expect(networkLines('{"failed": [{')).toEqual([{ level: "info", text: '{"failed": [{' }]);
  });
});

describe("verdictSentence()", () => {
  const totals = { planned: 300, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };
  const run = { id: "r", exitCode: 0, startedAt: "", durationMs: 192_000 };
  const sentence = (
    own: Partial<typeof totals & { quarantined: number }>,
    status: "passed" | "failed" | "incomplete",
    isEnded = true,
  ) => {
    const figures = {
      run: { ...run, status },
      totals: { ...totals, ...own },
      nodeCount: 3,
      isEnded,
    };
    const { verdict, rest } = verdictSentence(figures);
    return `${verdict}: ${rest}`;
  };
  const end = ", in 3 min 12 s on 3 nodes.";

  test("names what made the verdict first", () => {
    expect(sentence({ failed: 12, lost: 2, flaky: 5, passed: 281 }, "incomplete")).toBe(
      `Incomplete: 2 of 300 tests were lost, 12 failed and 5 were flaky${end}`,
    );
    expect(sentence({ failed: 1, flaky: 1, passed: 298 }, "failed")).toBe(
      `Failed: 1 of 300 tests failed and 1 was flaky${end}`,
    );
  });
  test("says of a good run how many passed, and how", () => {
    expect(sentence({ passed: 300 }, "passed")).toBe(`Passed: all 300 tests passed${end}`);
    expect(sentence({ planned: 1, passed: 1 }, "passed")).toBe(
      `Passed: the only test passed${end}`,
    );
    expect(sentence({ passed: 284, flaky: 5, skipped: 11 }, "passed")).toBe(
      `Passed: 289 of 300 tests passed (5 only after a retry) and 11 were skipped${end}`,
    );
    expect(sentence({ passed: 295, flaky: 5 }, "passed")).toBe(
      `Passed: all 300 tests passed (5 only after a retry)${end}`,
    );
    expect(sentence({ passed: 299, skipped: 1 }, "passed")).toBe(
      `Passed: 299 of 300 tests passed and 1 was skipped${end}`,
    );
    expect(sentence({ planned: 1, flaky: 1 }, "failed")).toBe(
      `Failed: the only test passed, but only after a retry${end}`,
    );
  });
  test("says what failed in quarantine, apart from what failed the run", () => {
    expect(sentence({ passed: 298, failed: 2, quarantined: 2 }, "passed")).toBe(
      `Passed: 298 of 300 tests passed and 2 failed in quarantine${end}`,
    );
    expect(sentence({ passed: 297, failed: 3, quarantined: 2 }, "failed")).toBe(
      `Failed: 1 of 300 tests failed and 2 failed in quarantine${end}`,
    );
    expect(sentence({ planned: 1, failed: 1, quarantined: 1 }, "passed")).toBe(
      `Passed: the only test failed in quarantine${end}`,
    );
  });
  test("says when nothing was run, and when a run goes on", () => {
    expect(sentence({ planned: 0 }, "passed")).toBe(`Passed: no test was planned${end}`);
    expect(sentence({ skipped: 300 }, "incomplete")).toBe(
      `Incomplete: all 300 tests were skipped${end}`,
    );
    expect(sentence({ passed: 100, failed: 2 }, "incomplete", false)).toBe(
      "Running: 102 of 300 tests have ended so far and 2 failed, after 3 min 12 s on 3 nodes.",
    );
  });
});
