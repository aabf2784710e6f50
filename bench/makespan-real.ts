/**
 * The same as `makespan` on real nodes: four processes of one slot, tests that wait, a nats-server, libSQL files, with and
 * without a history file. Each run is started anew by the command line; its start is not in the figures.
 */
import { parseArgs } from "node:util";
import type { Report } from "#proto/report.ts";
import { createRandom } from "../tests/sim/random.ts";
import { figure, medianOf } from "./figures.ts";
import {
  indexSlicesTime,
  LENGTH_SETS,
  type LengthSet,
  longestFirstSlices,
  longestFirstTime,
  lowerBound,
  sum,
} from "./makespan-sets.ts";
import { runOnMesh } from "./mesh-run.ts";

const NODES = 4;
const TESTS = 48;
/** The mean length of a test. */
const UNIT_MS = 500;
const SEEDS = "3";
const SEEDS_WITHOUT_HISTORY = 1;
const GOAL = 1.05;
const STATIC_TIMES_MAX = 1.02;
const SKEWED: readonly string[] = ["zipf", "bimodal", "one giant"];

const machines = Array.from({ length: NODES }, () => ({
  speed: 1,
  fromTime: 0,
  toTime: Number.POSITIVE_INFINITY,
}));

/** As ratios to the lower bound. */
type Measured = {
  readonly ours: number;
  /** Static slices made from exact times, by the same nodes, and if nothing cost anything. */
  readonly slices: number;
  readonly longestFirst: number;
  readonly index: number;
  /** How much longer than it waits an attempt took, and how long its slot stood idle before it: mean milliseconds. */
  readonly lateMs: number;
  readonly idleMs: number;
};

/**
 * Prints the ratio to the lower bound of each seed, beside static slices.
 * @param words `--seeds 3` with history, for each set.
 */
export async function makespanReal(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: { seeds: { type: "string", default: SEEDS } },
  });
  const seeds = Number(values.seeds);
  for (const set of LENGTH_SETS.filter(({ name }) => SKEWED.includes(name))) {
    const known = await measureAll(set, { isKnown: true, seeds });
    const near = known.filter(({ ours, slices }) => ours <= STATIC_TIMES_MAX * slices);
    const median = medianOf(known.map(({ ours }) => ours));
    const isHeld = median <= GOAL ? "holds" : "DOES NOT HOLD";
    console.log(
      `  ${set.name}, with history: ${inWords(known)}; ${isHeld}: median ${median.toFixed(3)} at most ${GOAL}; ${near.length} of ${known.length} at most ${STATIC_TIMES_MAX} x longest-first slices on the same nodes`,
    );
    const unknown = await measureAll(set, { isKnown: false, seeds: SEEDS_WITHOUT_HISTORY });
    console.log(`  ${set.name}, without: ${inWords(unknown)}`);
  }
  console.log(
    `  ${TESTS} tests of ${UNIT_MS} ms on average, ${NODES} nodes of one slot. The bound knows only the waits, not what a test costs besides.`,
  );
  console.log("  Not measured: other machines, browsers, unequal nodes (see `makespan`).");
}

type Way = { readonly isKnown: boolean; readonly seeds: number };

async function measureAll(set: LengthSet, { isKnown, seeds }: Way): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const random = createRandom(`makespan/${set.name}/${seed}`);
    const waitsMs = set.draw(random, TESTS).map((length) => Math.round(length * UNIT_MS));
    const load = { waitsMs, nodeCount: NODES };
    const { report } = await runOnMesh({ ...load, ...(isKnown && { expectedMs: waitsMs }) });
    const slices = longestFirstSlices(waitsMs, machines);
    const cut = await runOnMesh({ ...load, expectedMs: waitsMs, slices });
    const bound = lowerBound(waitsMs, machines);
    measured.push({
      ...overheadsOf(report, waitsMs),
      ours: makespanOf(report) / bound,
      slices: makespanOf(cut.report) / bound,
      longestFirst: longestFirstTime(waitsMs, machines) / bound,
      index: indexSlicesTime(waitsMs, machines) / bound,
    });
  }
  return measured;
}

function makespanOf({ tests }: Report): number {
  const attempts = tests.flatMap((test) => test.attempts);
  const starts = attempts.map(({ startedAt }) => Date.parse(startedAt));
  const ends = attempts.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs);
  return Math.max(...ends) - Math.min(...starts);
}

function overheadsOf({ tests }: Report, waitsMs: readonly number[]) {
  const attempts = tests.flatMap((test) => test.attempts);
  const tookMs = sum(attempts.map(({ durationMs }) => durationMs));
  const byNode = [...Map.groupBy(attempts, ({ node }) => node).values()];
  const presentMs = byNode.map((own) => {
    const ends = own.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs);
    return Math.max(...ends) - Math.min(...own.map(({ startedAt }) => Date.parse(startedAt)));
  });
  return {
    lateMs: (tookMs - sum(waitsMs)) / waitsMs.length,
    idleMs: (sum(presentMs) - tookMs) / (waitsMs.length - byNode.length),
  };
}

const inWords = (measured: readonly Measured[]): string =>
  measured
    .map(
      ({ ours, slices, longestFirst, index, lateMs, idleMs }) =>
        `${ours.toFixed(3)} (slices: longest-first ${slices.toFixed(3)}, ${longestFirst.toFixed(3)} if nothing cost anything, index ${index.toFixed(3)}; each attempt ${figure(lateMs)} ms late, idle before it ${figure(idleMs)} ms)`,
    )
    .join(", ");
