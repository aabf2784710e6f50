/** The live view: what a follower knows of a run, and how it looks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateOf, renderFrame } from "#cli/run/live-frame.ts";
import {
  finishedCount,
  foldNotice,
  type LiveState,
  recentPeak,
  startLiveState,
} from "#cli/run/live-state.ts";
import { widthOf } from "#cli/screen/display-width.ts";
import { lineText } from "#cli/screen/line.ts";
import type { RunNotice } from "#proto/api.ts";
import type { Verdict } from "#proto/report.ts";

const started = (testIndex: number, more: { key?: string; attempt?: number; node?: string } = {}) =>
  ({
    kind: "test_started",
    testIndex,
    key: `shop › test ${testIndex}`,
    attempt: 1,
    node: "node-1",
    ...more,
  }) as const;
const attemptEnded = (testIndex: number, attempt: number, willRunAgain: boolean) =>
  ({
    kind: "attempt_ended",
    testIndex,
    key: `shop › test ${testIndex}`,
    attempt,
    node: "node-1",
    status: "failed",
    willRunAgain,
  }) as const;
const ended = (testIndex: number, verdict: Verdict, durationMs: number) =>
  ({
    kind: "test_ended",
    testIndex,
    key: `shop › test ${testIndex}`,
    verdict,
    durationMs,
    node: "node-1",
    finished: 0,
    planned: 0,
  }) as const;

type Timed = readonly [atMs: number, notice: RunNotice];
const folded = (planned: number, notices: readonly Timed[]): LiveState =>
  notices.reduce(
    (state, [atMs, notice]) => foldNotice(state, notice, atMs),
    startLiveState(planned, 0),
  );
const frameText = (state: LiveState, size: { columns: number; rows: number }, nowMs: number) =>
  renderFrame(state, size, nowMs).map((line) => lineText(line, false));

describe("foldNotice()", () => {
  test("counts a retried test once, with the time of all its attempts", () => {
    const state = folded(5, [
      [0, started(0)],
      [400, attemptEnded(0, 1, true)],
      [500, started(0, { attempt: 2 })],
      [800, attemptEnded(0, 2, false)],
      [800, ended(0, "flaky", 290)],
    ]);
    expect(finishedCount(state)).toBe(1);
    expect(state.running.size).toBe(0);
    expect(state.tookMs).toEqual([690]);
  });
  test("takes the start of a next attempt that is heard before the end of the one before", () => {
    const state = folded(5, [
      [0, started(0)],
      [400, started(0, { attempt: 2, node: "node-2" })],
      [401, attemptEnded(0, 1, true)],
    ]);
    expect(state.running.get(0)).toMatchObject({ attempt: 2, node: "node-2" });
    expect(state.spentMs.get(0)).toBe(400);
  });
  test("takes a start that is told again for the same, and none back to an attempt before", () => {
    const once = folded(5, [[0, started(0, { attempt: 2 })]]);
    expect(foldNotice(once, started(0, { attempt: 2 }), 900)).toEqual(once);
    expect(foldNotice(once, started(0, { attempt: 1 }), 900)).toEqual(once);
  });
  test("learns nothing of durations from tests that never ran", () => {
    const skipped = { ...ended(0, "skipped", 0) };
    const { node: _, ...nowhere } = ended(1, "lost", 60_000);
    expect(
      folded(2, [
        [1, skipped],
        [2, nowhere],
      ]).tookMs,
    ).toEqual([]);
  });
  test("knows how many ran at once lately, and forgets what was long ago", () => {
    const state = folded(9, [
      [0, started(0)],
      [1, started(1)],
      [2, started(2)],
      [1_000, ended(0, "passed", 1)],
      [1_000, ended(1, "passed", 1)],
    ]);
    expect([
      recentPeak(state, 2_000),
      recentPeak(state, 10_500),
      recentPeak(state, 12_000),
    ]).toEqual([3, 3, 1]);
  });
});

describe("renderFrame()", () => {
  const busy = folded(70, [
    [0, ended(60, "passed", 1_000)],
    [0, ended(61, "failed", 1_000)],
    [0, ended(62, "lost", 1_000)],
    [0, started(3, { node: "node-2" })],
    [5_000, started(10, { node: "node-10" })],
    [9_000, started(1)],
    [12_000, started(2, { attempt: 2, key: "shop › 日本語のテスト、長い名前の" })],
  ]);
  test("shows what runs on each node, for how long and which attempt", () => {
    expect(frameText(busy, { columns: 79, rows: 24 }, 14_000)).toEqual([
      "  node-1   shop › test 1                                                  5.0s",
      "           shop › 日本語のテスト、長い名前の                   2.0s  attempt 2",
      "  node-2   shop › test 3                                                 14.0s",
      "  node-10  shop › test 10                                                 9.0s",
      "[                  ] 3/70 · 1 failed · 1 lost · 4 running · 14s · estimating",
    ]);
  });
  test("shows in a low terminal what runs longest, and counts the rest", () => {
    expect(frameText(busy, { columns: 60, rows: 6 }, 14_000)).toEqual([
      "  node-2  shop › test 3                               14.0s",
      "  … and 3 more running",
      "3/70 · 1 failed · 1 lost · 4 running · 14s · estimating",
    ]);
    expect(frameText(busy, { columns: 60, rows: 1 }, 14_000)).toHaveLength(1);
  });
  test("shows in a narrow terminal the names first", () => {
    expect(frameText(busy, { columns: 24, rows: 12 }, 14_000)).toEqual([
      "  shop › test 1",
      "  shop › 日本語のテス…",
      "  shop › test 3",
      "  shop › test 10",
      "3/70 · 1 failed · 1 lo…",
    ]);
  });
  test("says that the gateway is lost in place of an estimate", () => {
    const lost = { ...busy, note: "gateway lost" };
    expect(frameText(lost, { columns: 60, rows: 2 }, 0)[0]).toMatch(/gateway lost$/);
  });
  test("keeps to the screen whatever runs, and never breaks a row", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\u001b[2J", "漢字", "👩‍👩‍👧‍👦"),
    );
    const many = fc.array(
      fc.record({ key: texts, node: texts, attempt: fc.integer({ min: 1, max: 3 }) }),
      {
        maxLength: 40,
      },
    );
    const sizes = fc.record({ columns: fc.nat(200), rows: fc.nat(60) });
    fc.assert(
      fc.property(many, sizes, (list, size) => {
        const state = folded(
          50,
          list.map((more, index): Timed => [index, started(index, more)]),
        );
        const rows = frameText(state, size, 1_000);
        expect(rows.length).toBeLessThanOrEqual(Math.max(1, size.rows / 2, 0));
        if (size.columns > 1 && size.rows > 0) expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) {
          expect(widthOf(row)).toBeLessThan(Math.max(1, size.columns));
          expect(row).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});

test("estimateOf() expects the rest of a run by what was measured in it", () => {
  const state = folded(20, [
    ...[0, 1, 2, 3].flatMap((index): Timed[] => [
      [index * 1_000, started(index)],
      [index * 1_000 + 1_000, ended(index, "passed", 1_000)],
    ]),
    [4_000, started(4)],
  ]);
  expect(estimateOf(state, 4_000)).toEqual({ kind: "left", ms: expect.closeTo(16_000, 0) });
});
