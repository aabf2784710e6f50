/** The estimate of a run's rest: what it promises. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EstimateInput, estimateLeft } from "#cli/run/estimate.ts";
import { leftText } from "#cli/run/live-frame.ts";

const durations = fc.double({ min: 1, max: 100_000, noNaN: true });
const inputs: fc.Arbitrary<EstimateInput> = fc.record({
  endedMs: fc.array(durations, { maxLength: 30 }),
  runningMs: fc.array(fc.double({ min: 0, max: 200_000, noNaN: true }), { maxLength: 8 }),
  waitingCount: fc.nat(2_000),
  slotCount: fc.nat(8),
});
const msOf = (input: EstimateInput) => {
  const estimate = estimateLeft(input);
  return estimate.kind === "left" ? estimate.ms : undefined;
};

describe("estimateLeft()", () => {
  test("is never negative and never a number that is none", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const ms = msOf(input);
        if (ms === undefined) return;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(ms)).toBe(true);
      }),
    );
  });
  test("never gets smaller when more tests wait", () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 50 }), (input, more) => {
        const before = msOf(input);
        const after = msOf({ ...input, waitingCount: input.waitingCount + more });
        if (before !== undefined && after !== undefined)
          expect(after).toBeGreaterThanOrEqual(before - 1e-3);
      }),
    );
  });
  test("never gets larger when there are more slots", () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 8 }), (input, more) => {
        const before = msOf(input);
        const after = msOf({ ...input, slotCount: input.slotCount + more });
        if (before !== undefined && after !== undefined)
          expect(after).toBeLessThanOrEqual(before + 1e-3);
      }),
    );
  });
  test("is exact at every moment when all tests take the same time", () => {
    const cases = fc.record({
      eachMs: fc.integer({ min: 10, max: 10_000 }),
      slots: fc.integer({ min: 1, max: 8 }),
      planned: fc.integer({ min: 1, max: 200 }),
      part: fc.double({ min: 0, max: 0.999, noNaN: true }),
      round: fc.nat(200),
    });
    fc.assert(
      fc.property(cases, ({ eachMs, slots, planned, part, round }) => {
        const rounds = Math.ceil(planned / slots);
        const nowMs = (Math.min(round, rounds - 1) + part) * eachMs;
        const ended = Math.floor(nowMs / eachMs) * slots;
        const running = Math.min(slots, planned - ended);
        const ms = msOf({
          endedMs: Array.from({ length: ended }, () => eachMs),
          runningMs: Array.from({ length: running }, () => nowMs % eachMs),
          waitingCount: planned - ended - running,
          slotCount: slots,
        });
        if (ended < Math.max(3, slots)) expect(ms).toBeUndefined();
        else expect(ms).toBeCloseTo(rounds * eachMs - nowMs, 3);
      }),
    );
  });
  test("says nothing that cannot be known", () => {
    const known = { endedMs: [100, 100, 100], runningMs: [50], waitingCount: 0, slotCount: 1 };
    expect(estimateLeft(known)).toEqual({ kind: "left", ms: 50 });
    // Nothing runs: whatever it waits for was not measured.
    expect(estimateLeft({ ...known, runningMs: [], waitingCount: 9 }).kind).toBe("none");
    // The only test left has taken longer than all before it.
    expect(estimateLeft({ ...known, runningMs: [900] }).kind).toBe("none");
    expect(estimateLeft({ ...known, endedMs: [100, 100] }).kind).toBe("none");
    expect(estimateLeft({ ...known, endedMs: [100, 100], waitingCount: 9 }).kind).toBe(
      "estimating",
    );
  });
  test("expects of a slow test what the slower ones took", () => {
    const input = { runningMs: [200], waitingCount: 0, slotCount: 1 };
    expect(msOf({ ...input, endedMs: [100, 100, 100, 500, 300] })).toBeCloseTo(20, 6);
    expect(msOf({ ...input, runningMs: [250], endedMs: [100, 100, 100, 500, 300] })).toBe(150);
  });
});

test("leftText() is as coarse as it is unsure, and never zero", () => {
  const cases = [0, 1, 59_000, 59_001, 61_000, 125_000, 700_000, 6_000_000].map((ms) =>
    leftText({ kind: "left", ms }),
  );
  expect(cases).toEqual([
    "~1s left",
    "~1s left",
    "~59s left",
    "~1m00s left",
    "~1m05s left",
    "~2m05s left",
    "~12m left",
    "~2h left",
  ]);
  expect([leftText({ kind: "none" }), leftText({ kind: "estimating" })]).toEqual([
    "",
    "estimating",
  ]);
});
