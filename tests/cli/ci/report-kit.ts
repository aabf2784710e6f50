/** Reports for the tests of this folder. */
import fc from "fast-check";
import { Report, type ReportAttempt, type ReportTest, Verdict } from "#proto/report.ts";

/** A failed attempt of one failed step, changed as told. */
export const failedAttempt = (
  message: string,
  more: Partial<ReportAttempt> = {},
): ReportAttempt => ({
  number: 1,
  status: "failed",
  counted: true,
  late: false,
  node: "node-1",
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 1_500,
  error: { message, file: "suites/shop.yaml", line: 7, column: 9 },
  steps: [
    {
      name: "click Buy",
      kind: "click",
      status: "failed",
      durationMs: 10,
      error: { message, file: "suites/shop.yaml", line: 7, column: 9 },
    },
  ],
  artifacts: [],
  ...more,
});

/** A test without attempts, changed as told. */
export const testOf = (verdict: Verdict, more: Partial<ReportTest> = {}): ReportTest => ({
  key: `shop › ${verdict}`,
  name: verdict,
  suite: "shop",
  file: "suites/shop.yaml",
  line: 3,
  platform: "web",
  tags: [],
  verdict,
  attempts: [],
  ...more,
});

/** A flaky test: failed once, then passed. */
export const flakyTest = (message: string, more: Partial<ReportTest> = {}): ReportTest => {
  const { error: _, ...passed } = failedAttempt("", { number: 2, status: "passed", steps: [] });
  return testOf("flaky", { attempts: [failedAttempt(message), passed], ...more });
};

/** A report of these tests and the totals that belong to them. */
export function reportOf(tests: readonly ReportTest[], run: Partial<Report["run"]> = {}): Report {
  const count = (verdict: Verdict) => tests.filter((one) => one.verdict === verdict).length;
  const totals = Object.fromEntries(Verdict.options.map((verdict) => [verdict, count(verdict)]));
  return Report.parse({
    schemaVersion: 1,
    run: { id: "run-1", status: "failed", exitCode: 1, startedAt: "x", durationMs: 61_000, ...run },
    totals: { planned: tests.length, ...totals },
    nodes: [],
    tests,
  });
}

/** What people may write anywhere. */
export const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "::error::x",
        "\n::add-mask::y",
        "##[error]",
        "%0A",
        "a,b:c",
        "```",
        "`",
        "``",
        "\u001b[0m",
        "\n~~~\n",
        "<script>alert(1)</script>",
        "</details>",
        "|",
        "\r\n# head",
        "[x](http://y)",
        "@octocat",
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
