/** The timeline of slots: every attempt in its lane, and on the canvas where the pointer looks for it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packReport } from "#gateway/reports/packed/pack.ts";
import { openBook } from "#gateway/reports/page/data/book.ts";
import {
  barUnder,
  broughtTo,
  frameOf,
  placeOf,
  type Span,
  zoomed,
} from "#gateway/reports/page/data/frame.ts";
import { axisTicks, layTimeline, type Timeline } from "#gateway/reports/page/data/lanes.ts";
import { makeReport } from "./made-report.ts";

const report = makeReport({ testCount: 300 });
const book = openBook(packReport(report, { texts: new Map(), hasArtifacts: true }));

describe("timeline", () => {
  test("layTimeline() shows every attempt once, in the lane of its node and slot", () => {
    const timeline = book.timeline();
    const attempts = report.tests.flatMap((one) => one.attempts);
    expect(timeline.bars).toHaveLength(attempts.length);
    expect(timeline.lanes.map(({ node, slot }) => `${node} ${slot}`)).toEqual(
      ["lab-1", "lab-2", "build-mac-mini"].flatMap((node) => [`${node} 0`, `${node} 1`]),
    );
    for (const lane of timeline.lanes)
      for (const { attempt } of lane.bars)
        expect([attempt.node, attempt.slot]).toEqual([lane.node, lane.slot]);
  });

  test("layTimeline() packs attempts without slots into lanes where none overlap", () => {
    const times = fc.array(
      fc.record({ startMs: fc.nat(10_000), durationMs: fc.integer({ min: 3, max: 4_000 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(times, (some) => {
        const rows = some.map(({ startMs, durationMs }, index) => {
          const own = book.rows[index];
          const first = own?.test.attempts[0];
          if (own === undefined) throw new Error("Cannot make a row: the book is too short");
          const base = first ?? book.rows[1]?.test.attempts[0];
          const attempt = { ...base, node: "n", slot: undefined, startMs, durationMs };
          return { ...own, test: { ...own.test, attempts: [attempt] } };
        });
        const { lanes, bars } = layTimeline(rows as never, [{ name: "n", slots: 1 }], 100);
        expect(bars).toHaveLength(some.length);
        expect(lanes.flatMap((lane) => lane.bars)).toHaveLength(some.length);
        for (const lane of lanes) {
          expect(lane.isTold).toBe(false);
          for (const [index, bar] of lane.bars.entries())
            expect(bar.startMs).toBeGreaterThanOrEqual((lane.bars[index - 1]?.endMs ?? 0) - 2);
        }
      }),
    );
  });

  test("layTimeline() leaves out a start far outside of the run, and says so", () => {
    const [row] = book.rows;
    const [attempt] = row?.test.attempts ?? [];
    if (row === undefined || attempt === undefined) throw new Error("Cannot test: no attempt");
    const at = (startMs: number | undefined) => ({
      ...row,
      test: { ...row.test, attempts: [{ ...attempt, startMs }] },
    });
    const { bars, timelessCount, toMs } = layTimeline(
      [at(-5), at(900), at(8.64e15), at(undefined)],
      [],
      1_000,
    );
    expect([bars.length, timelessCount]).toEqual([2, 2]);
    expect(toMs).toBeLessThan(1e6);
  });

  test("frameOf() keeps a canvas of any number of slots drawable", () => {
    const lanes = Array.from({ length: 5_000 }, (_, slot) => ({ node: "n", slot }));
    const timeline = { lanes, fromMs: 0, toMs: 1_000 } as unknown as Timeline;
    expect(frameOf(timeline, 1_200).height).toBeLessThan(8_000);
  });

  test("placeOf() and barUnder() agree, whichever part of the run is shown", () => {
    const timeline = book.timeline();
    const lengthMs = timeline.toMs - timeline.fromMs;
    fc.assert(
      fc.property(
        fc.nat(timeline.bars.length - 1),
        fc.array(
          fc.record({
            factor: fc.constantFrom(0.5, 2, 0.1),
            share: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
        ),
        (index, turns) => {
          const bar = timeline.bars[index];
          if (bar === undefined) return;
          let span: Span = timeline;
          for (const { factor, share } of turns) {
            const atMs = span.fromMs + share * (span.toMs - span.fromMs);
            span = zoomed(span, factor, { atMs, whole: timeline });
            expect(span.fromMs).toBeGreaterThanOrEqual(timeline.fromMs - 1e-6);
            expect(span.toMs).toBeLessThanOrEqual(timeline.toMs + 1e-6);
            expect(span.toMs - span.fromMs).toBeLessThanOrEqual(lengthMs + 1e-6);
          }
          span = broughtTo(span, bar, timeline);
          const frame = frameOf(timeline, 1_200, span);
          const lane = timeline.lanes.findIndex(({ bars }) => bars.includes(bar));
          const { x, width } = placeOf(bar, frame);
          const y = frame.axis + (lane + 0.5) * frame.lane;
          const inside = Math.max(frame.gutter, x + Math.min(0.5, width / 2));
          expect(barUnder({ x: inside, y }, { timeline, frame })).toBe(bar);
        },
      ),
    );
  });

  test("axisTicks() stays within the span and its bound", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e4, max: 1e4 }),
        fc.integer({ min: 1, max: 1e9 }),
        (from, span) => {
          const ticks = axisTicks(from, from + span, 10);
          expect(ticks.length).toBeLessThanOrEqual(11);
          for (const tick of ticks) expect(tick >= from && tick <= from + span).toBe(true);
        },
      ),
    );
  });
});
