/** A short run of `npm run fuzz -- --only suites`: seeds that found something once, and a fresh one. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { fuzzSuites } from "./fuzz-suites.ts";

const fresh = randomBytes(4).toString("hex");

test.each([
  ["1", 80],
  [fresh, 60],
])(
  "suites of seed %s: no crash, no hang, a place and a sentence for each fault",
  async (seed, inputs) => {
    const figures = await fuzzSuites({ seed, from: 0, inputs, isOver: () => false });
    const replay = `npm run fuzz -- --only suites --seed ${seed} --from N --inputs 1`;
    expect(
      figures.broken.map(({ index, text }) => `${index}: ${text}`),
      replay,
    ).toEqual([]);
    expect(figures.inputs).toBe(inputs);
    expect(figures.accepted).toBeGreaterThan(0);
    expect(figures.refused).toBeGreaterThan(0);
  },
  240_000,
);
