/** Short runs of `npm run fuzz` for API and wire, on one mesh: a fixed seed and a fresh one each. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { fuzzApi } from "./api/fuzz-api.ts";
import type { Figures } from "./figures.ts";
import { startFuzzMesh } from "./fuzz-mesh.ts";
import { fuzzWire } from "./wire/fuzz-wire.ts";

const INPUTS = 100;
const seeds = ["1", randomBytes(4).toString("hex")];

function expectWhole(figures: Figures, seed: string, inputs: number): void {
  const replay = `npm run fuzz -- --only ${figures.target} --seed ${seed} --from N --inputs 1`;
  expect(
    figures.broken.map(({ index, text }) => `${index}: ${text}`),
    replay,
  ).toEqual([]);
  expect(figures.inputs).toBe(inputs);
  expect(figures.accepted).toBeGreaterThan(0);
  expect(figures.refused).toBeGreaterThan(0);
}

test("API and wire: no crash, no 5xx, no hang, and a healthy run passes afterwards", async () => {
  await using mesh = await startFuzzMesh();
  const isOver = () => false;
  for (const seed of seeds) {
    expectWhole(await fuzzApi(mesh, { seed, from: 0, inputs: INPUTS, isOver }), seed, INPUTS);
    expectWhole(await fuzzWire(mesh, { seed, from: 0, inputs: INPUTS, isOver }), seed, INPUTS);
  }
}, 240_000);
