/** Slices of a run: each test is in exactly one, what belongs together stays together, and none is much longer than it must be. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { planSlices, type SliceableTest, slicingSha256 } from "#gateway/planning/slices.ts";
import { TestKey } from "#proto/ids.ts";

type Made = {
  readonly expectedMs?: number | undefined;
  readonly isSkipped?: boolean;
  readonly group?: string | undefined;
  readonly after?: readonly number[];
};

const nameOf = (index: number) => `t${index}`;

function make(made: readonly Made[]): SliceableTest[] {
  return made.map(({ expectedMs, isSkipped, group, after = [] }, index) => ({
    key: TestKey.parse(`s › ${nameOf(index)}`),
    name: nameOf(index),
    suite: "s",
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(isSkipped === true ? { skip: "not now" } : {}),
    schedule: {
      ...(group === undefined ? {} : { group: { name: group, isSerial: false } }),
      ...(after.length === 0 ? {} : { after: after.map(nameOf) }),
    },
  }));
}

const millis = fc.option(fc.nat(10_000), { nil: undefined });
const anyTests = fc
  .array(
    fc.record({
      expectedMs: millis,
      isSkipped: fc.boolean(),
      group: fc.constantFrom(undefined, undefined, "a", "b"),
      after: fc.array(fc.nat(30), { maxLength: 2 }),
    }),
    { maxLength: 30 },
  )
  .map(make);
const counts = fc.integer({ min: 1, max: 9 });

test("planSlices() loses and repeats no test, and makes as many slices as are asked for", () => {
  fc.assert(
    fc.property(anyTests, counts, (tests, count) => {
      const slices = planSlices(tests, count);
      expect(slices).toHaveLength(count);
      expect(slices.flat().toSorted()).toEqual(tests.map(({ key }) => key).toSorted());
    }),
  );
});

test("planSlices() gives the same slices whatever the order of the tests", () => {
  const shuffled = anyTests.chain((tests) =>
    fc.tuple(
      fc.constant(tests),
      fc.shuffledSubarray(tests, { minLength: tests.length, maxLength: tests.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, counts, ([tests, others], count) => {
      expect(planSlices(others, count)).toEqual(planSlices(tests, count));
      expect(slicingSha256(planSlices(others, count))).toBe(
        slicingSha256(planSlices(tests, count)),
      );
    }),
  );
});

/** Keys of tests that must be in one slice, two by two. */
function pairsOf(tests: readonly SliceableTest[]): (readonly [string, string])[] {
  const groups = Map.groupBy(tests, ({ schedule }) => schedule?.group?.name);
  groups.delete(undefined);
  const inGroups = [...groups.values()].flatMap((members) =>
    members.flatMap((one) => members.map((other) => [one.key, other.key] as const)),
  );
  const chained = tests.flatMap((one) =>
    tests
      .filter(({ name }) => one.schedule?.after?.includes(name))
      .map((before) => [before.key, one.key] as const),
  );
  return [...inGroups, ...chained];
}

test("planSlices() tears no group apart, and no test from those that it comes after", () => {
  fc.assert(
    fc.property(anyTests, counts, (tests, count) => {
      const slices = planSlices(tests, count);
      const sliceOf = (key: string) => slices.findIndex((keys) => keys.includes(key));
      for (const [one, other] of pairsOf(tests)) expect(sliceOf(one)).toBe(sliceOf(other));
    }),
  );
});

/** The best that any slicing can do, by trying all. */
function bestLongest(times: readonly number[], count: number): number {
  let best = Number.POSITIVE_INFINITY;
  const loads = Array.from({ length: count }, () => 0);
  const place = (index: number): void => {
    const longest = Math.max(...loads);
    if (longest >= best) return;
    if (index === times.length) {
      best = longest;
      return;
    }
    for (let slice = 0; slice < count; slice += 1) {
      loads[slice] = (loads[slice] ?? 0) + (times[index] ?? 0);
      place(index + 1);
      loads[slice] = (loads[slice] ?? 0) - (times[index] ?? 0);
      if (loads[slice] === 0) break; // The other empty ones are alike.
    }
  };
  place(0);
  return best;
}

test("planSlices() of independent tests: the longest slice is at most 4/3 - 1/3n of the best there is", () => {
  const times = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 4 }), (all, count) => {
      const tests = make(all.map((expectedMs) => ({ expectedMs })));
      const timeOf = new Map(tests.map(({ key, expectedMs }) => [String(key), expectedMs ?? 0]));
      const loads = planSlices(tests, count).map((keys) =>
        keys.reduce((sum, key) => sum + (timeOf.get(key) ?? 0), 0),
      );
      const bound = (4 / 3 - 1 / (3 * count)) * bestLongest(all, count);
      expect(Math.max(...loads)).toBeLessThanOrEqual(bound + 1e-9);
    }),
    { numRuns: 200 },
  );
});

test("planSlices() weighs a test that nobody knows as the median of the known, a skipped one as nothing", () => {
  const keysOf = (made: readonly Made[]) =>
    planSlices(make(made), 2).map((keys) => keys.map((key) => key.split(" ").at(-1)));
  expect(keysOf([{ expectedMs: 100 }, {}, {}])).toEqual([["t0", "t2"], ["t1"]]);
  const ran = [{ expectedMs: 100 }, { expectedMs: 60 }, { expectedMs: 50 }];
  const skipped = { expectedMs: 100, isSkipped: true };
  expect(keysOf([...ran, skipped])).toEqual([
    ["t0", "t3"],
    ["t1", "t2"],
  ]);
});

test("planSlices() spreads tests without any history evenly", () => {
  const slices = planSlices(make(Array.from({ length: 10 }, () => ({}))), 4);
  expect(slices.map((keys) => keys.length).toSorted()).toEqual([2, 2, 3, 3]);
});
