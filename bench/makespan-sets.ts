/**
 * Pure: the sets of test lengths that the makespan bench draws, the least time that any schedule needs for them, and the
 * static slices that it is held against. Lengths are relative; their mean is about 1.
 */
import type { Random } from "../tests/sim/random.ts";

/** A slot: how much longer than 1 it takes, and when it is there, in the unit of the lengths. */
export type Machine = {
  readonly speed: number;
  readonly fromTime: number;
  readonly toTime: number;
};

export type LengthSet = {
  readonly name: string;
  /** No test is longer than a tenth of the bound on four equal machines. */
  readonly isFine: boolean;
  readonly draw: (random: Random, count: number) => number[];
};

const ZIPF_EXPONENT = 1;
const LONG_SHARE = 0.2;
const LONG_TIMES = 10;
const GIANT_MACHINES = 4;

export const LENGTH_SETS: readonly LengthSet[] = [
  {
    name: "zipf",
    isFine: false,
    draw: (random, count) =>
      scaled(
        shuffled(
          Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** ZIPF_EXPONENT),
          random,
        ),
      ),
  },
  {
    name: "bimodal",
    isFine: true,
    draw: (random, count) =>
      scaled(
        shuffled(
          Array.from(
            { length: count },
            (_, index) =>
              (index < count * LONG_SHARE ? LONG_TIMES : 1) * (0.8 + 0.4 * random.next()),
          ),
          random,
        ),
      ),
  },
  {
    // As long as a quarter of everything: the rest just fits beside it.
    name: "one giant",
    isFine: false,
    draw: (random, count) => {
      const rest = Array.from({ length: count - 1 }, () => 0.5 + random.next());
      return scaled(shuffled([sum(rest) / (GIANT_MACHINES - 1), ...rest], random));
    },
  },
  {
    name: "even",
    isFine: true,
    draw: (random, count) => Array.from({ length: count }, () => 0.5 + random.next()),
  },
];

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = random.int(0, last);
    const kept = mixed[last];
    const moved = mixed[other];
    if (kept === undefined || moved === undefined) continue;
    mixed[last] = moved;
    mixed[other] = kept;
  }
  return mixed;
}

export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

function scaled(lengths: readonly number[]): number[] {
  const mean = sum(lengths) / lengths.length;
  return lengths.map((length) => length / mean);
}

/**
 * The least time that any schedule needs: the longest test on the quickest machine, or all of them over what the machines
 * can do until then. What a machine still ends after it left is not counted.
 */
export function lowerBound(lengths: readonly number[], machines: readonly Machine[]): number {
  const longest = Math.max(...lengths) * Math.min(...machines.map(({ speed }) => speed));
  const total = sum(lengths);
  let [low, high] = [0, total * Math.max(...machines.map(({ speed }) => speed)) + 1];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (capacityUntil(machines, middle) < total) low = middle;
    else high = middle;
  }
  return Math.max(longest, high);
}

function capacityUntil(machines: readonly Machine[], time: number): number {
  return sum(
    machines.map(
      ({ speed, fromTime, toTime }) => Math.max(0, Math.min(time, toTime) - fromTime) / speed,
    ),
  );
}

/** The time of the slowest slice when test `i` goes to slice `i mod n`, as a CI matrix splits files by index. */
export function indexSlicesTime(lengths: readonly number[], machines: readonly Machine[]): number {
  const loads = machines.map(({ speed }, machine) =>
    sum(lengths.filter((_, index) => index % machines.length === machine).map((t) => t * speed)),
  );
  return Math.max(...loads);
}

/** The same for slices made from exact times: longest first, each to the slice that would end it first (Graham 1969). */
export function longestFirstTime(lengths: readonly number[], machines: readonly Machine[]): number {
  const slices = longestFirstSlices(lengths, machines);
  const loads = machines.map(({ speed }, machine) =>
    sum(lengths.filter((_, index) => slices[index] === machine).map((length) => length * speed)),
  );
  return Math.max(...loads);
}

/** The machine of each of these slices' lengths. */
export function longestFirstSlices(
  lengths: readonly number[],
  machines: readonly Machine[],
): readonly number[] {
  const loads = machines.map(() => 0);
  const slices: number[] = [];
  const longestFirst = [...lengths.entries()].sort(([, a], [, b]) => b - a);
  for (const [index, length] of longestFirst) {
    const ends = machines.map(({ speed }, machine) => (loads[machine] ?? 0) + length * speed);
    const first = ends.indexOf(Math.min(...ends));
    loads[first] = ends[first] ?? 0;
    slices[index] = first;
  }
  return slices;
}
