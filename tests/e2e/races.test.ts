/** L3 with real nodes: drains racing offers, recalls racing starts. `npm run bench -- races` runs a hundred of each. */
import { expect, test } from "vitest";
import { type RaceOutcome, raceDrains, raceRecalls } from "#kit/races.ts";

const RACES_MS = 120_000;

function expectExact({ wrong, notOnce, givenBack, tests }: RaceOutcome): void {
  expect(wrong).toEqual([]);
  expect(notOnce).toEqual([]);
  expect(tests).toBeGreaterThan(0);
  expect(givenBack, "nothing raced").toBeGreaterThan(0);
}

test("drains racing offers lose no test and run none twice", { timeout: RACES_MS }, async () => {
  expectExact(await raceDrains(16));
});

test("recalls racing starts lose no test and run none twice", { timeout: RACES_MS }, async () => {
  expectExact(await raceRecalls(8));
});
