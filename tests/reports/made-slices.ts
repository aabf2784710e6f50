/** Made reports of slices, as `run --shard` writes them. */
import { planSlices, slicingSha256 } from "#gateway/planning/slices.ts";
import type { FoundReport } from "#gateway/reports/merge-slices.ts";
import { TestKey } from "#proto/ids.ts";
import { Report, type ReportTest, type Verdict } from "#proto/report.ts";

const VERDICTS: readonly Verdict[] = ["passed", "passed", "passed", "failed", "flaky", "skipped"];

export type MadeSlices = {
  readonly testCount: number;
  readonly count: number;
  readonly build?: string;
  readonly verdictOf?: (index: number) => Verdict;
  readonly run?: string;
};

/** Makes the reports of all slices of a run, the first one first. */
export function makeSlices({
  testCount,
  count,
  build,
  verdictOf,
  run = "run",
}: MadeSlices): FoundReport[] {
  const all = Array.from({ length: testCount }, (_, index) => {
    const verdict = verdictOf?.(index) ?? VERDICTS[index % VERDICTS.length] ?? "passed";
    return testNamed(`t${index}`, verdict);
  });
  const slices = planSlices(
    all.map(({ key, name, suite }) => ({ key: TestKey.parse(key), name, suite })),
    count,
  ).map((keys) => [...keys]);
  const shard = { count, plan: slicingSha256(slices), slices, files: { s: "s.yaml" } };
  return slices.map((keys, at) => {
    const tests = all.filter(({ key }) => keys.includes(key));
    const own = { ...shard, index: at + 1, ...(build === undefined ? {} : { build }) };
    return { place: `dir-${at + 1}`, report: reportOf(tests, `${run}-${at + 1}`, own) };
  });
}

/** A test of suite `s` with one attempt, unless its verdict needs none. */
export function testNamed(name: string, verdict: Verdict): ReportTest {
  const status = verdict === "failed" ? "failed" : "passed";
  const attempt = { number: 1, status, counted: true, late: false, node: "node-1" } as const;
  const times = { startedAt: "2026-01-02T03:04:05.000Z", durationMs: 5 };
  return {
    key: `s › ${name}`,
    name,
    suite: "s",
    file: "s.yaml",
    line: 1,
    platform: "http",
    tags: [],
    verdict,
    attempts:
      verdict === "skipped" || verdict === "lost"
        ? []
        : [{ ...attempt, ...times, steps: [], artifacts: [] }],
  };
}

/** A report of these tests that ended as they did. */
export function reportOf(
  tests: readonly ReportTest[],
  id: string,
  shard: Report["run"]["shard"],
): Report {
  const has = (verdict: Verdict) => tests.some((one) => one.verdict === verdict);
  const ending = has("lost")
    ? { status: "incomplete", exitCode: 3 }
    : has("failed")
      ? { status: "failed", exitCode: 1 }
      : { status: "passed", exitCode: 0 };
  const count = (verdict: Verdict) => tests.filter((one) => one.verdict === verdict).length;
  return Report.parse({
    schemaVersion: 1,
    run: { id, ...ending, startedAt: "2026-01-02T03:04:05.000Z", durationMs: 1_000, shard },
    totals: {
      planned: tests.length,
      passed: count("passed"),
      failed: count("failed"),
      flaky: count("flaky"),
      skipped: count("skipped"),
      lost: count("lost"),
    },
    nodes: [
      {
        id: `node-of-${id}`,
        name: "node-1",
        version: "1",
        platform: "linux x64",
        slots: 1,
        labels: [],
        browsers: [],
      },
    ],
    tests,
  });
}
