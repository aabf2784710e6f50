/** Which notices become lines, by how much a person wants to read. */
import { describe, expect, test } from "vitest";
import { detailLines, noticeLines, type Verbosity } from "#cli/run/notice-lines.ts";
import type { RunNotice } from "#proto/api.ts";
import { Report } from "#proto/report.ts";
import { AGAIN, PASSED, plain, STARTED, WAITING } from "./notices.ts";

describe("noticeLines()", () => {
  const ends = (["passed", "failed", "flaky", "skipped", "lost"] as const).map(
    (verdict): RunNotice => ({ ...PASSED, verdict, key: verdict }),
  );
  const notices = [STARTED, AGAIN, { ...AGAIN, willRunAgain: false }, WAITING, ...ends];
  const first = (verbosity: Verbosity, isLive: boolean) =>
    plain(notices.flatMap((notice) => noticeLines(notice, { verbosity, isLive }))).map(
      (line) => line.split(" ")[0],
    );
  test("quiet: only what went wrong, in a terminal and piped", () => {
    expect(first("quiet", false)).toEqual(["failed", "lost"]);
    expect(first("quiet", true)).toEqual(["failed", "lost"]);
  });
  test("normal: every end when piped, what a person must look at in a terminal", () => {
    expect(first("normal", false)).toEqual([
      "again",
      "waiting",
      "passed",
      "failed",
      "flaky",
      "skipped",
      "lost",
    ]);
    expect(first("normal", true)).toEqual([
      "again",
      "waiting",
      "failed",
      "flaky",
      "skipped",
      "lost",
    ]);
  });
  test("verbose: every attempt too", () => {
    const all = [
      "started",
      "again",
      "ended",
      "waiting",
      "passed",
      "failed",
      "flaky",
      "skipped",
      "lost",
    ];
    expect(first("verbose", true)).toEqual(all);
    expect(first("verbose", false)).toEqual(all);
  });
  test("says of a retry why, in one line", () => {
    expect(plain(noticeLines(AGAIN, { verbosity: "normal", isLive: true }))).toEqual([
      "again    shop › pay  attempt 1 failed on node-1: Expected 1",
    ]);
  });
});

const INSIDE = {
  told: [
    {
      ...{ name: "click c", kind: "click", status: "failed", durationMs: 3, line: 4, column: 5 },
      ...{ iteration: 2, warnings: ["slow"], error: { message: "No element\nat all" } },
    },
    { name: "back", kind: "back", status: "passed", durationMs: 1, line: 5, column: 5, depth: 1 },
  ],
  counted: [{ name: "click c", status: "passed", count: 9 }],
};

test("detailLines() shows the steps of what did not simply pass, and every warning", () => {
  const step = (name: string, status: string, more = {}) => ({
    name,
    kind: "goto",
    status,
    durationMs: 120,
    ...more,
  });
  const attempt = (status: string, steps: unknown[], more = {}) => ({
    number: 1,
    status,
    counted: true,
    late: false,
    node: "node-1",
    startedAt: "2026-01-02T03:04:05.000Z",
    durationMs: 1_500,
    steps,
    artifacts: [],
    ...more,
  });
  const test = (name: string, verdict: string, attempts: unknown[]) => ({
    key: `shop › ${name}`,
    name,
    suite: "shop",
    file: "shop.yaml",
    line: 1,
    platform: "web",
    tags: [],
    verdict,
    attempts,
  });
  const report = Report.parse({
    schemaVersion: 1,
    run: { id: "r", status: "failed", exitCode: 1, startedAt: "x", durationMs: 1 },
    totals: { planned: 3, passed: 2, failed: 1, flaky: 0, skipped: 0, lost: 0 },
    nodes: [],
    tests: [
      test("pay", "passed", [attempt("passed", [step("goto /", "passed")])]),
      test("slow", "passed", [
        attempt("passed", [
          step("goto /", "passed"),
          step("click a", "passed", { warnings: ["a dialog was dismissed"] }),
        ]),
      ]),
      test("cart", "failed", [
        attempt(
          "failed",
          [
            step("goto /", "passed"),
            step("expect title", "failed", { error: { message: "Expected A\nsaw B" } }),
            step("try", "passed", { children: INSIDE }),
            step("click b", "skipped"),
          ],
          { warnings: ["late"] },
        ),
      ]),
    ],
  });
  expect(plain(detailLines(report))).toEqual([
    "passed   shop › slow",
    "    attempt 1 on node-1: passed after 1.5s",
    "      passed   click a  120ms",
    "      warning  a dialog was dismissed",
    "failed   shop › cart",
    "    attempt 1 on node-1: failed after 1.5s",
    "      warning  late",
    "      passed   goto /  120ms",
    "      failed   expect title  120ms: Expected A",
    "      passed   try  120ms",
    "        failed   click c (round 2): No element  3ms",
    "      warning  slow",
    "          passed   back  1ms",
    "        passed   click c  9 more times",
    "      skipped  click b",
  ]);
});
