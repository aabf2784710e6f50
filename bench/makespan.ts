/**
 * How close the mesh comes to the least time that a set of tests needs, from the first start to the last end of an
 * attempt, as a ratio to that lower bound: on the real decision code of gateway and nodes, in simulated time, beside the
 * static slices of a CI matrix. `makespan-real` does a part of it on real nodes.
 */
import { createRandom, type Random } from "../tests/sim/random.ts";
import { figure, medianOf } from "./figures.ts";
import {
  indexSlicesTime,
  LENGTH_SETS,
  type LengthSet,
  longestFirstTime,
  lowerBound,
  type Machine,
  shuffled,
} from "./makespan-sets.ts";
import { simulateMakespan } from "./simulated-mesh.ts";

const SEEDS = 20;
const TESTS = 200;
const MACHINES = 4;
/** The mean length of a test. */
const UNIT_MS = 1_000;
const STATIC_TIMES_MAX = 1.02;

type Knowledge = "known" | "unknown" | "wrong";

type Fleet = {
  readonly name: string;
  /** @param time What four equal machines would take for everything. */
  readonly machines: (time: number) => readonly Machine[];
  readonly knowledge: readonly Knowledge[];
};

const staying = (speed: number): Machine => ({
  speed,
  fromTime: 0,
  toTime: Number.POSITIVE_INFINITY,
});

const FLEETS: readonly Fleet[] = [
  {
    name: "4 equal",
    machines: () => [1, 1, 1, 1].map(staying),
    knowledge: ["known", "unknown", "wrong"],
  },
  {
    name: "4 unequal",
    machines: () => [0.7, 1, 1, 2].map(staying),
    knowledge: ["known", "unknown"],
  },
  {
    name: "come and go",
    machines: (time) => [
      staying(1),
      staying(1),
      { speed: 1, fromTime: 0, toTime: 0.4 * time },
      { speed: 1, fromTime: 0.3 * time, toTime: Number.POSITIVE_INFINITY },
      { speed: 1, fromTime: 0.6 * time, toTime: Number.POSITIVE_INFINITY },
    ],
    knowledge: ["known", "unknown"],
  },
];

/** All as ratios to the lower bound. */
type Measured = {
  readonly ours: number;
  readonly indexSlices: number;
  readonly longestFirst: number;
};

/** Prints medians and maxima of the ratios, and which of the goals hold. */
export async function makespan(): Promise<void> {
  console.log(
    `  Ratio to the lower bound, ${SEEDS} seeds of ${TESTS} tests each, median (maximum):`,
  );
  console.log(row(["fleet", "set", "history", "panoptic", "longest-first slices", "index slices"]));
  for (const fleet of FLEETS)
    for (const knowledge of fleet.knowledge)
      for (const set of LENGTH_SETS) await printSet(fleet, knowledge, set);
  console.log(
    "  longest-first slices: made from exact times, whatever is known to panoptic. Both kinds of slices",
  );
  console.log(
    "  need their machines from start to end: there are none for machines that come and go.",
  );
  console.log(
    "  Not measured: machines that die (their tests run again), the start of browsers, several runs at once,",
  );
  console.log(
    "  tests that need something of their node. What a leaving machine still ends is not in the bound.",
  );
}

async function printSet(fleet: Fleet, knowledge: Knowledge, set: LengthSet): Promise<void> {
  const measured: Measured[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1)
    measured.push(await measure(fleet, { knowledge, set, seed }));
  const isSteady = fleet.name !== "come and go";
  const spread = (of: (one: Measured) => number) => spreadOf(measured.map(of));
  console.log(
    row([
      fleet.name,
      set.name,
      knowledge,
      spread(({ ours }) => ours),
      isSteady ? spread(({ longestFirst }) => longestFirst) : "-",
      isSteady ? spread(({ indexSlices }) => indexSlices) : "-",
      ...(fleet === FLEETS[0] ? goalsOf(knowledge, set, measured) : []),
    ]),
  );
}

type Drawn = { readonly knowledge: Knowledge; readonly set: LengthSet; readonly seed: number };

async function measure(fleet: Fleet, { knowledge, set, seed }: Drawn): Promise<Measured> {
  const random = createRandom(`makespan/${set.name}/${seed}`);
  const lengths = set.draw(random.fork("lengths"), TESTS);
  const machines = fleet.machines(TESTS / MACHINES);
  const bound = lowerBound(lengths, machines);
  const took = await simulateMakespan({
    lengthsMs: lengths.map((length) => length * UNIT_MS),
    expectedMs: expectedOf(knowledge, lengths, random.fork("history")),
    nodes: machines.map(({ speed, fromTime, toTime }) => ({
      speed,
      joinsAtMs: fromTime * UNIT_MS,
      leavesAtMs: toTime * UNIT_MS,
    })),
  });
  return {
    ours: took / UNIT_MS / bound,
    indexSlices: indexSlicesTime(lengths, machines) / bound,
    longestFirst: longestFirstTime(lengths, machines) / bound,
  };
}

/** Wrong: each test has the history of another. */
function expectedOf(
  knowledge: Knowledge,
  lengths: readonly number[],
  random: Random,
): (number | undefined)[] {
  if (knowledge === "unknown") return lengths.map(() => undefined);
  return (knowledge === "known" ? lengths : shuffled(lengths, random)).map(
    (length) => length * UNIT_MS,
  );
}

function goalsOf(knowledge: Knowledge, set: LengthSet, measured: readonly Measured[]): string[] {
  const ratios = measured.map(({ ours }) => ours);
  const median = medianOf(ratios);
  if (knowledge === "known") {
    const near = measured.filter(
      ({ ours, longestFirst }) => ours <= STATIC_TIMES_MAX * longestFirst,
    ).length;
    return [
      goal("median at most 1.05", median <= 1.05),
      goal(
        `at most 1.02 x longest-first slices in ${figure((100 * near) / SEEDS)} % of 95 %`,
        near / SEEDS >= 0.95,
      ),
    ];
  }
  const graham = 2 - 1 / MACHINES;
  const never = goal(`never above ${graham}`, Math.max(...ratios) <= graham);
  return set.isFine && knowledge === "unknown"
    ? [never, goal("median at most 1.15", median <= 1.15)]
    : [never];
}

const goal = (words: string, isHeld: boolean): string =>
  `${isHeld ? "holds" : "DOES NOT HOLD"}: ${words}`;

function spreadOf(values: readonly number[]): string {
  return `${medianOf(values).toFixed(3)} (${Math.max(...values).toFixed(3)})`;
}

const WIDTHS = [13, 11, 9, 16, 22, 16];

const row = (cells: readonly string[]): string =>
  `  ${cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join(" ")}`.trimEnd();
