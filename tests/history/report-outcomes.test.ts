/** What a report teaches: each attempt that counted, by the name of the test's history, and nothing else. */
import { expect, test } from "vitest";
import { historiesIn } from "#cli/history/report-outcomes.ts";
import { nodeMark } from "#gateway/history/outcomes.ts";
import { NodeId } from "#proto/ids.ts";
import type { Report, ReportAttempt, ReportTest } from "#proto/report.ts";

const attempt = (own: Partial<ReportAttempt> = {}): ReportAttempt => ({
  number: 1,
  status: "passed",
  counted: true,
  late: false,
  node: "node-1",
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 12.34,
  steps: [{ name: "get", kind: "request", status: "passed", durationMs: 1 }],
  artifacts: [],
  ...own,
});

function learned(tests: readonly (Partial<ReportTest> & { readonly key: string })[]) {
  const base = { name: "t", suite: "s", file: "s.yaml", line: 1, tags: [], attempts: [] };
  const report: Report = {
    schemaVersion: 1,
    run: { id: "r", status: "passed", exitCode: 0, startedAt: "", durationMs: 0 },
    totals: { planned: 0, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 },
    nodes: [
      {
        id: "node-a",
        name: "node-1",
        version: "1",
        platform: "linux",
        slots: 1,
        labels: [],
        browsers: [],
      },
    ],
    tests: tests.map((own) => ({ ...base, platform: "http", verdict: "passed", ...own })),
  };
  return historiesIn(report);
}

test("historiesIn() takes repetitions for one test, newest first", () => {
  const again = attempt({ startedAt: "2026-01-02T03:04:06.000Z", status: "failed" });
  const histories = learned([
    { key: "s › t [repeat=1]", historyKey: "s › t", attempts: [attempt()] },
    { key: "s › t [repeat=2]", historyKey: "s › t", attempts: [again] },
    { key: "s › other", attempts: [attempt()] },
  ]);
  const node = nodeMark(NodeId.parse("node-a"));
  const startMs = Date.parse("2026-01-02T03:04:05.000Z");
  expect(histories.map((one) => ({ ...one, key: String(one.key) }))).toEqual([
    {
      key: "s › t",
      platform: "http",
      outcomes: [
        { status: "failed", durationMs: 12.3, wallMs: startMs + 1_012, node },
        { status: "passed", durationMs: 12.3, wallMs: startMs + 12, node },
      ],
    },
    {
      key: "s › other",
      platform: "http",
      outcomes: [{ status: "passed", durationMs: 12.3, wallMs: startMs + 12, node }],
    },
  ]);
});

test("historiesIn() learns nothing from what did not count, ran nothing, or is of nobody", () => {
  const skipped = [{ name: "get", kind: "request", status: "skipped", durationMs: 0 } as const];
  for (const own of [
    { counted: false },
    { status: "lost" },
    { status: "cancelled" },
    { steps: skipped },
    { node: "nobody" },
    { startedAt: "never" },
  ] as const)
    expect(learned([{ key: "s › t", attempts: [attempt(own as Partial<ReportAttempt>)] }])).toEqual(
      [],
    );
  expect(learned([{ key: "s › t", platform: "unknown", attempts: [attempt()] }])).toEqual([]);
});
