/** The simulator is worth what it finds: every promise that is broken on purpose is reported, by its name. */
import { expect, test } from "vitest";
import { huntMutant, MUTANTS } from "./mutants.ts";
import { ROW_MUTANTS } from "./row-mutants.ts";
import { SCHEDULER_MUTANTS } from "./scheduler-mutants.ts";

const SEEDS_MAX = 400;
const ALL = [...MUTANTS, ...ROW_MUTANTS, ...SCHEDULER_MUTANTS];
/** Of the promises of the wire, beside the first of each of the scheduler. */
const NAMED = [
  "the lease fence",
  "repeats are taken again",
  "recalled counts",
  "their node is suspect",
];

const isFirst = ({ found }: (typeof ALL)[number], index: number): boolean =>
  found[0]?.startsWith("S") === true &&
  ALL.findIndex((other) => other.found[0] === found[0]) === index;

// `npm run sim -- --mutants` hunts all of them.
test.each(
  ALL.filter((one, index) => isFirst(one, index) || NAMED.some((name) => one.name.includes(name))),
)("the simulator finds it when $name", async (mutant) => {
  const { invariant, seed, output } = await huntMutant(mutant, SEEDS_MAX);
  expect(mutant.found, output.slice(-2_000)).toContain(invariant);
  expect(seed).toBeLessThanOrEqual(SEEDS_MAX);
});
