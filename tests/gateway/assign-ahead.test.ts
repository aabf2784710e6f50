/** What is offered ahead of a slot never waits behind a test that is known to be long. */
import { expect, test } from "vitest";
import { LENGTH_SETS, longestFirstTime, lowerBound } from "../../bench/makespan-sets.ts";
import { simulateMakespan } from "../../bench/simulated-mesh.ts";
import { createRandom } from "../sim/random.ts";

const machine = { speed: 1, fromTime: 0, toTime: Number.POSITIVE_INFINITY };
const machines = [machine, machine, machine, machine];
const node = { speed: 1, joinsAtMs: 0, leavesAtMs: Number.POSITIVE_INFINITY };

test.each(LENGTH_SETS)(
  "a run whose times are known ends as soon as slices made of them: $name",
  async (set) => {
    const lengthsMs = set.draw(createRandom(`ahead/${set.name}`), 48).map((length) => length * 500);
    const run = { lengthsMs, expectedMs: lengthsMs, nodes: [node, node, node, node] };
    const took = await simulateMakespan(run);
    expect(took / lowerBound(lengthsMs, machines)).toBeLessThan(1.05);
    expect(took / longestFirstTime(lengthsMs, machines)).toBeLessThan(1.02);
  },
);
