/** The simulator is worth what it finds: every promise that is broken on purpose is reported, by its name. */
import { expect, test } from "vitest";
import { huntMutant, MUTANTS } from "./mutants.ts";
import { ROW_MUTANTS } from "./row-mutants.ts";
import { SCHEDULER_MUTANTS } from "./scheduler-mutants.ts";

const SEEDS_MAX = 400;

test.each([...MUTANTS, ...ROW_MUTANTS, ...SCHEDULER_MUTANTS])(
  "the simulator finds it when $name",
  async (mutant) => {
    const { invariant, seed, output } = await huntMutant(mutant, SEEDS_MAX);
    expect(mutant.found, output.slice(-2_000)).toContain(invariant);
    expect(seed).toBeLessThanOrEqual(SEEDS_MAX);
  },
);
