import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateOf } from "#gateway/history/estimate.ts";
import { appendRecord, outcomesIn, recordOf } from "#gateway/history/outcomes.ts";
import { newPace, notePass, speedsOf } from "#gateway/history/pace.ts";

test("speedsOf() makes the median of the known nodes 1 and stays within 0.25 and 4", () => {
  const ratios = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(fc.array(ratios, { maxLength: 9 }), (all) => {
      const speeds = speedsOf(all.map(newPace));
      expect(speeds).toHaveLength(all.length);
      const known = speeds
        .filter((_, index) => (all[index]?.length ?? 0) >= 5)
        .sort((a, b) => a - b);
      for (const speed of speeds) {
        expect(speed).toBeGreaterThanOrEqual(0.25);
        expect(speed).toBeLessThanOrEqual(4);
      }
      if (known.length % 2 === 1) expect(known[known.length >> 1]).toBeCloseTo(1);
      expect(
        speeds.filter((_, index) => (all[index]?.length ?? 0) < 5).every((one) => one === 1),
      ).toBe(true);
    }),
  );
});

test("notePass() keeps the last 50 ratios, and none of tests that are too short or unknown", () => {
  const pace = newPace();
  notePass(pace, 100, undefined);
  notePass(pace, 100, 49);
  expect(pace).toEqual({ ratios: [], fresh: 0, unsaved: 0 });
  for (let index = 1; index <= 60; index += 1) notePass(pace, index * 100, 100);
  expect(pace.ratios).toEqual(Array.from({ length: 50 }, (_, index) => index + 11));
  expect(pace.unsaved).toBe(60);
});

/** Tests of given lengths, each run on any node by turns, taught to a history from which nothing is known at first. */
function learn(speeds: readonly number[], seed: number): number[] {
  const paces = speeds.map(() => newPace());
  const marks = speeds.map((_, index) => index.toString(16).padStart(10, "0"));
  const texts = Array.from({ length: 40 }, () => "");
  let found = speedsOf(paces);
  let state = seed;
  for (let round = 0; round < 8; round += 1) {
    for (const [index, text] of texts.entries()) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const node = (state >> 8) % speeds.length;
      const [speed, pace, mark] = [speeds[node] ?? 1, paces[node] ?? newPace(), marks[node] ?? ""];
      const durationMs = (100 + index * 37) * speed;
      const speedOf = (of: string) => found[marks.indexOf(of)] ?? 1;
      notePass(pace, durationMs, estimateOf(outcomesIn(text), speedOf)?.expectedMs);
      const outcome = { status: "passed", durationMs, wallMs: round, node: mark } as const;
      texts[index] = appendRecord(text, recordOf(outcome));
    }
    found = speedsOf(paces);
  }
  return found;
}

test("speeds that are learned from tests on any node are those of the nodes, within a tenth", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const [a = 0, b = 0, slow = 0, fast = 0, c = 0] = learn([1, 1, 2, 0.5, 1], seed);
      for (const one of [a, b, c]) expect(Math.abs(one - 1)).toBeLessThan(0.1);
      expect(Math.abs(slow / 2 - 1)).toBeLessThan(0.1);
      expect(Math.abs(fast / 0.5 - 1)).toBeLessThan(0.1);
    }),
    { numRuns: 30 },
  );
});
