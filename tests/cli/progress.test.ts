/** What people read while a run goes on. */
import { expect, test } from "vitest";
import { createProgress } from "#cli/run/progress.ts";
import {
  durationText,
  liveText,
  type TestEnded,
  testLines,
  totalsText,
} from "#cli/run/progress-text.ts";
import { createHandClock } from "#kit/hand-clock.ts";

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

function watched(isTerminal: boolean) {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const clock = createHandClock();
  return {
    clock,
    text: () => text,
    progress: createProgress({ write, isTerminal, columns: () => 80 }, clock, 2),
  };
}

test("testLines() says verdict, key, time and node", () => {
  expect(testLines(PASSED)).toEqual(["passed   shop › pay  1.2s  node-1"]);
});
test("testLines() shows a failure in full: error, step, place", () => {
  expect(testLines(FAILED).map((line) => line.trim())).toEqual([
    "failed   shop › cart  1.2s  node-1",
    "Expected 1",
    "saw 2",
    "step: expect text #count",
    "at shop.yaml:7:9",
  ]);
});
test("testLines() says why a test was skipped or lost", () => {
  const [, why] = testLines({ ...PASSED, verdict: "skipped", reason: "not built yet" });
  expect(why?.trim()).toBe("not built yet");
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
test("liveText() names what went wrong only when something did", () => {
  const counts = { finished: 12, planned: 70, failed: 0, lost: 0, running: 3, elapsedMs: 14_900 };
  expect(liveText(counts)).toBe("12/70 · 3 running · 14s");
  expect(liveText({ ...counts, failed: 2, lost: 1 })).toBe(
    "12/70 · 2 failed · 1 lost · 3 running · 14s",
  );
});
test("totalsText() leaves out what did not happen", () => {
  const totals = { planned: 3, passed: 2, failed: 0, flaky: 1, skipped: 0, lost: 0 };
  expect(totalsText({ status: "passed", durationMs: 1_500 }, totals)).toBe(
    "passed: 3 planned, 2 passed, 1 flaky in 1.5s",
  );
});

test("createProgress() writes plain lines when piped, each test once", () => {
  const { progress, text } = watched(false);
  for (const notice of [PASSED, FAILED, PASSED]) progress.notice(notice);
  progress.close();
  expect(
    text()
      .split("\n")
      .filter((line) => /^(passed|failed)/.test(line)),
  ).toHaveLength(2);
  expect(text()).not.toContain("\u001b");
});
test("createProgress() keeps one live line in a terminal, and what a person must look at above it", () => {
  const { progress, text, clock } = watched(true);
  progress.notice({
    kind: "test_started",
    testIndex: 0,
    key: "shop › pay",
    attempt: 1,
    node: "node-1",
  });
  clock.advance(1_000);
  expect(text()).toContain("0/2 · 1 running · 1s");
  progress.notice(PASSED);
  progress.notice(FAILED);
  expect(text()).toContain("2/2 · 1 failed · 0 running");
  expect(text()).not.toContain("passed   shop");
  expect(text()).toContain("failed   shop › cart");
  progress.close();
  expect(text().endsWith("\r\u001b[2K")).toBe(true);
});
