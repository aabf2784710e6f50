import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateOf, medianOf } from "#gateway/history/estimate.ts";
import {
  appendRecord,
  mergeOutcomes,
  outcomesIn,
  recordOf,
  textOf,
} from "#gateway/history/outcomes.ts";
import {
  HISTORY_DURATION_MS_MAX,
  HISTORY_WALL_MS_MAX,
  type HistoryOutcome,
} from "#proto/history.ts";

const marks = fc.constantFrom("0000000000", "0123456789", "abcdef0123");
const outcomes: fc.Arbitrary<HistoryOutcome> = fc.record({
  status: fc.constantFrom("passed", "failed"),
  durationMs: fc.integer({ min: 0, max: 300 }).map((tenths) => tenths / 10),
  wallMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_030 }),
  node: marks,
});
const byTime = (list: HistoryOutcome[]) => mergeOutcomes(list, []);
const histories = fc.array(outcomes, { maxLength: 20 }).map(byTime);

test("outcomesIn() reads what textOf() wrote, up to the bounds of the format", () => {
  const edge: HistoryOutcome = {
    status: "failed",
    durationMs: HISTORY_DURATION_MS_MAX,
    wallMs: HISTORY_WALL_MS_MAX,
    node: "ffffffffff",
  };
  expect(outcomesIn(textOf([edge]))).toEqual([edge]);
  fc.assert(
    fc.property(histories, (list) => {
      expect(outcomesIn(textOf(list))).toEqual(list);
    }),
  );
});

test("recordOf() has one length whatever it is of, also beyond the bounds", () => {
  const numbers = fc.double({ min: 0, noNaN: true });
  fc.assert(
    fc.property(outcomes, numbers, numbers, (outcome, durationMs, wallMs) => {
      expect(recordOf({ ...outcome, durationMs, wallMs })).toHaveLength(27);
    }),
  );
});

test("appendRecord() puts the newest first and keeps 20", () => {
  fc.assert(
    fc.property(fc.array(outcomes, { maxLength: 45 }), (list) => {
      const text = list.reduce((before, outcome) => appendRecord(before, recordOf(outcome)), "");
      expect(outcomesIn(text)).toEqual([...list].reverse().slice(0, 20));
    }),
  );
});

test("mergeOutcomes() changes nothing when it merges the same again, and does not care for the order", () => {
  fc.assert(
    fc.property(histories, histories, (a, b) => {
      const merged = mergeOutcomes(a, b);
      expect(mergeOutcomes(merged, b)).toEqual(merged);
      expect(mergeOutcomes(merged, a)).toEqual(merged);
      expect(mergeOutcomes(b, a)).toEqual(merged);
      expect(mergeOutcomes(a, a)).toEqual(a);
    }),
  );
});

test("mergeOutcomes() keeps the newest 20 of both", () => {
  fc.assert(
    fc.property(histories, histories, (a, b) => {
      const merged = mergeOutcomes(a, b);
      const oldest = Math.min(...merged.map(({ wallMs }) => wallMs));
      const kept = new Set(merged.map(recordOf));
      for (const outcome of [...a, ...b])
        expect(kept.has(recordOf(outcome)) || outcome.wallMs <= oldest).toBe(true);
      expect(merged.length).toBe(Math.min(20, Math.max(merged.length, a.length, b.length)));
    }),
  );
});

test("medianOf() has as many values above it as below it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }),
      (values) => {
        const median = medianOf(values);
        const above = values.filter((value) => value > median).length;
        const below = values.filter((value) => value < median).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(values.length / 2);
      },
    ),
  );
});

const outcomeOf = (status: "passed" | "failed", durationMs: number, node = "0123456789") => ({
  status,
  durationMs,
  wallMs: 1_700_000_000_000,
  node,
});

test("estimateOf() expects the median of the passes, each divided by its node's speed, and says how it ended last", () => {
  const list = [
    outcomeOf("failed", 5),
    outcomeOf("passed", 100),
    outcomeOf("passed", 900, "abcdef0123"),
    outcomeOf("passed", 200),
  ];
  const speedOf = (node: string) => (node === "abcdef0123" ? 6 : 1);
  expect(estimateOf(list, speedOf)).toEqual({ expectedMs: 150, hasFailedLast: true });
  expect(estimateOf(list.slice(1), () => 1)).toEqual({ expectedMs: 200, hasFailedLast: false });
  expect(estimateOf([outcomeOf("failed", 5)], () => 1)).toEqual({ hasFailedLast: true });
  expect(estimateOf([], () => 1)).toBeUndefined();
});
