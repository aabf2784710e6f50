/** What people read while a run goes on and when it is over. */
import { describe, expect, test } from "vitest";
import { detailLines, noticeLines, type Verbosity } from "#cli/run/notice-lines.ts";
import { createProgress } from "#cli/run/progress.ts";
import { durationText, type TestEnded, testLines, totalsLine } from "#cli/run/progress-text.ts";
import { type Line, lineText } from "#cli/screen/line.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { ScreenEmulator } from "#kit/screen-emulator.ts";
import type { RunNotice } from "#proto/api.ts";
import { Report } from "#proto/report.ts";

const PASSED: TestEnded = {
  kind: "test_ended",
  testIndex: 0,
  key: "shop › pay",
  verdict: "passed",
  durationMs: 1_234,
  node: "node-1",
  finished: 1,
  planned: 2,
};
const FAILED: TestEnded = {
  ...PASSED,
  testIndex: 1,
  key: "shop › cart",
  verdict: "failed",
  error: {
    message: "Expected 1\nsaw 2",
    step: "expect text #count",
    file: "shop.yaml",
    line: 7,
    column: 9,
  },
};
const STARTED: RunNotice = {
  kind: "test_started",
  testIndex: 0,
  key: "shop › pay",
  attempt: 1,
  node: "node-1",
};
const AGAIN: RunNotice = {
  ...STARTED,
  kind: "attempt_ended",
  status: "failed",
  willRunAgain: true,
  error: "Expected 1\nsaw 2",
};
const WAITING: RunNotice = { kind: "waiting", reason: "no node has the label gpu" };

const plain = (lines: readonly Line[]) => lines.map((line) => lineText(line, false));

function watched(more: { readonly isLive: boolean; readonly verbosity?: Verbosity }) {
  const emulator = new ScreenEmulator({ columns: 80, rows: 12 });
  const piped: string[] = [];
  const clock = createHandClock();
  const stream = {
    write: (text: string) => emulator.feed(text),
    print: (lines: readonly Line[]) => void piped.push(...plain(lines)),
    isColour: false,
    isLive: more.isLive,
    size: () => ({ columns: 80, rows: 12 }),
    onResize: () => () => undefined,
  };
  const verbosity = more.verbosity ?? "normal";
  const progress = createProgress({ stream, clock, planned: 2, verbosity });
  return { clock, emulator, piped, progress };
}

describe("testLines()", () => {
  test("says verdict, key, time and node", () => {
    expect(plain(testLines(PASSED))).toEqual(["passed   shop › pay  1.2s  node-1"]);
  });
  test("shows a failure in full: error, step, place", () => {
    expect(plain(testLines(FAILED))).toEqual([
      "failed   shop › cart  1.2s  node-1",
      "         Expected 1",
      "         saw 2",
      "         step: expect text #count",
      "         at shop.yaml:7:9",
    ]);
  });
  test("says why a test was skipped or lost", () => {
    const [, why] = plain(testLines({ ...PASSED, verdict: "skipped", reason: "not built yet" }));
    expect(why).toBe("         not built yet");
  });
  test("bounds what an error may take, and makes all of it inert", () => {
    const message = Array.from({ length: 60 }, (_, index) => `\u001b[31mline ${index}\r`).join(
      "\n",
    );
    const lines = plain(testLines({ ...FAILED, key: "a\u001b[2Jb", error: { message } }));
    expect(lines[0]).toBe("failed   ab  1.2s  node-1");
    expect(lines).toHaveLength(42);
    expect(lines.at(-1)).toMatch(/… \d+ more lines in the report/);
    expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  });
});

test("durationText() is short at every size", () => {
  expect([0, 999, 1_000, 59_949, 60_000, 125_000].map(durationText)).toEqual([
    "0ms",
    "999ms",
    "1.0s",
    "59.9s",
    "1m00s",
    "2m05s",
  ]);
});
test("totalsLine() leaves out what did not happen", () => {
  const totals = { planned: 3, passed: 2, failed: 0, flaky: 1, skipped: 0, lost: 0 };
  const line = totalsLine({ status: "passed", durationMs: 1_500 }, totals);
  expect(lineText(line, false)).toBe("passed: 3 planned, 2 passed, 1 flaky in 1.5s");
});

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
    "      skipped  click b",
  ]);
});

describe("createProgress()", () => {
  test("writes plain lines when piped, each test once", () => {
    const { progress, piped, emulator } = watched({ isLive: false });
    for (const notice of [STARTED, PASSED, FAILED, PASSED]) progress.notice(notice);
    progress.close();
    expect(piped.filter((line) => /^(passed|failed)/.test(line))).toHaveLength(2);
    expect(emulator.rows()).toEqual([]);
    expect(progress.heard()).toEqual(new Set(["shop › pay", "shop › cart"]));
  });
  test("keeps a live view in a terminal, and what a person must look at above it", () => {
    const { progress, emulator, clock } = watched({ isLive: true });
    progress.notice(STARTED);
    clock.advance(1_100);
    expect(emulator.rows()).toEqual([
      `  node-1  shop › pay${" ".repeat(55)}1.0s`,
      "[                  ] 0/2 · 1 running · 1s",
    ]);
    progress.notice(PASSED);
    progress.notice(FAILED);
    clock.advance(1_200);
    const rows = emulator.rows();
    expect(rows[0]).toBe("failed   shop › cart  1.2s  node-1");
    expect(rows.at(-1)).toBe("[##################] 2/2 · 1 failed · 0 running · 2s");
    expect(emulator.isCursorVisible).toBe(false);
    progress.close();
    expect(emulator.rows().at(-1)).toBe("         at shop.yaml:7:9");
    expect(emulator.isCursorVisible).toBe(true);
    expect(clock.nextAtMs()).toBeUndefined();
  });
  test("says when the gateway is lost and when it is back", () => {
    const { progress, emulator, clock } = watched({ isLive: true });
    progress.contact(true, "refused");
    clock.advance(300);
    expect(emulator.rows()).toEqual([
      "gateway lost: refused",
      "[                  ] 0/2 · 0 running · 0s · gateway lost",
    ]);
    progress.contact(false, "");
    clock.advance(300);
    expect(emulator.rows().at(-1)).toBe("[                  ] 0/2 · 0 running · 0s");
    progress.close();
  });
  test("has no live view when it is quiet, but answers a person", () => {
    const { progress, emulator, piped } = watched({ isLive: true, verbosity: "quiet" });
    progress.notice(STARTED);
    progress.notice(PASSED);
    progress.contact(true, "refused");
    progress.line(["cancelling"]);
    progress.notice(FAILED);
    progress.close();
    expect(emulator.rows()).toEqual([]);
    expect(piped[0]).toBe("cancelling");
    expect(piped[1]).toMatch(/^failed/);
  });
});
