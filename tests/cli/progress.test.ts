/** What people read while a run goes on and when it is over. */
import { describe, expect, test } from "vitest";
import type { Verbosity } from "#cli/run/notice-lines.ts";
import { createProgress } from "#cli/run/progress.ts";
import { durationText, testLines, totalsLine } from "#cli/run/progress-text.ts";
import { type Line, lineText } from "#cli/screen/line.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { ScreenEmulator } from "#kit/screen-emulator.ts";
import type { RunNotice } from "#proto/api.ts";
import { FAILED, PASSED, plain, STARTED } from "./run/notices.ts";

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

describe("createProgress()", () => {
  test("writes plain lines when piped, each test once", () => {
    const { progress, piped, emulator } = watched({ isLive: false });
    for (const notice of [STARTED, PASSED, FAILED, PASSED]) progress.notice(notice);
    progress.close();
    expect(piped.filter((line) => /^(passed|failed)/.test(line))).toHaveLength(2);
    expect(emulator.rows()).toEqual([]);
    expect(progress.heard()).toEqual(new Set(["shop › pay", "shop › cart"]));
  });
  test("tells a start once that is told again", () => {
    const { progress, piped } = watched({ isLive: false, verbosity: "verbose" });
    for (const notice of [STARTED, STARTED, PASSED]) progress.notice(notice);
    progress.close();
    expect(piped.map((line) => line.split(" ")[0])).toEqual(["started", "passed"]);
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
  test("says what is done when no test runs any more", () => {
    const { progress, emulator, clock } = watched({ isLive: true });
    progress.phase("collecting artifacts");
    clock.advance(300);
    expect(emulator.rows().at(-1)).toMatch(/ · collecting artifacts$/);
    progress.close();
  });
  test("counts tests that a cancel took before they ran anywhere, after the first of them", () => {
    const { node: _, ...nowhere } = PASSED;
    const lost = (key: string): RunNotice => ({
      ...nowhere,
      key,
      verdict: "lost",
      reason: "cancelled by Ctrl-C",
    });
    const tellAll = (more: Parameters<typeof watched>[0]) => {
      const { progress, emulator, piped } = watched(more);
      for (let index = 0; index < 9; index += 1) progress.notice(lost(`test ${index}`));
      progress.notice({ ...PASSED, verdict: "lost", key: "it ran", reason: "cancelled by Ctrl-C" });
      progress.close();
      progress.close();
      return [...emulator.rows(), ...piped].filter((row) => row.startsWith("lost"));
    };
    const live = tellAll({ isLive: true });
    expect(live).toHaveLength(7);
    expect(live[5]).toMatch(/it ran/);
    expect(live[6]).toBe("lost     … and 4 more: cancelled by Ctrl-C");
    // A pipe and a quiet run are read by people, too.
    expect(tellAll({ isLive: false })).toEqual(live);
    expect(tellAll({ isLive: false, verbosity: "quiet" })).toEqual(live);
    expect(tellAll({ isLive: true, verbosity: "verbose" })).toHaveLength(10);
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
