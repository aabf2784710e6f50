/** What a run is expected to take: played by the scheduler itself, so its rules hold and its order is the one that comes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Estimate } from "#gateway/history/estimate.ts";
import { createEndings } from "#gateway/planning/endings.ts";
import { forecastRun } from "#gateway/planning/forecast.ts";
import { stateFleet, withoutNeeds } from "#gateway/planning/stated-fleet.ts";
import { RunOptions } from "#proto/api.ts";
import type { FleetPart, RunForecast } from "#proto/plan.ts";
import type { TestDefinition } from "#proto/test.ts";
import { definitionOf } from "../make.ts";

type Asked = {
  readonly times: readonly (number | undefined)[];
  readonly own?: (index: number) => Partial<TestDefinition>;
  readonly fleet?: readonly FleetPart[];
  readonly speeds?: readonly number[];
  readonly options?: Partial<RunOptions>;
};

function forecast({ times, own, fleet, speeds, options }: Asked): RunForecast {
  const nodes = stateFleet(fleet ?? [{ nodes: 2, slots: 1 }]);
  return forecastRun({
    plan: {
      kind: "planned",
      tests: times.map((_, index) => ({ ...definitionOf(index), ...own?.(index) })),
      estimates: times.map(
        (expectedMs): Estimate => ({
          hasFailedLast: false,
          ...(expectedMs === undefined ? {} : { expectedMs }),
        }),
      ),
      files: new Map(),
      warnings: ["careful"],
      options: { ...RunOptions.parse({}), ...options },
    },
    nodes: nodes.map((node, index) => ({ ...node, speed: speeds?.[index] ?? 1 })),
    isStated: true,
  });
}

const orderOf = ({ tests }: RunForecast) => tests.map(({ key }) => Number(key.split(" ").at(-1)));

test("forecastRun() starts the longest first and says makespan and lower bound", () => {
  const told = forecast({ times: [10, 40, 20, 30] });
  expect(orderOf(told)).toEqual([1, 3, 2, 0]);
  expect(told).toMatchObject({
    makespanMs: 50,
    lowerBoundMs: 50,
    unknown: 0,
    warnings: ["careful"],
  });
  expect(told.tests[0]).toEqual({
    key: "suite › test 1",
    node: "node-1",
    startMs: 0,
    endMs: 40,
    expectedMs: 40,
  });
});

test("forecastRun() of any run: no slot runs two tests at once, and none idles so much that it leaves Graham's bound", () => {
  const times = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
  const fleets = fc.array(
    fc.record({ nodes: fc.integer({ min: 1, max: 3 }), slots: fc.integer({ min: 1, max: 3 }) }),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(times, fleets, (all, fleet) => {
      const told = forecast({ times: all, fleet });
      const { tests, nodes, makespanMs = 0, lowerBoundMs = 0 } = told;
      expect(tests).toHaveLength(all.length);
      for (const { name, slots } of nodes) {
        const here = tests.filter(({ node }) => node === name);
        for (const { startMs = 0 } of here) {
          const beside = here.filter(
            (other) => (other.startMs ?? 0) <= startMs && (other.endMs ?? 0) > startMs,
          );
          expect(beside.length).toBeLessThanOrEqual(slots);
        }
      }
      const slotCount = nodes.reduce((sum, { slots }) => sum + slots, 0);
      expect(makespanMs).toBeGreaterThanOrEqual(lowerBoundMs - 1e-6);
      expect(makespanMs).toBeLessThanOrEqual(lowerBoundMs * (2 - 1 / slotCount) + 1e-6);
    }),
  );
});

test("forecastRun() keeps groups in order on one node, locks apart, and what comes after behind", () => {
  const group = { name: "g", isSerial: false };
  const lock = { name: "db", limit: 1 };
  const told = forecast({
    times: [10, 20, 30, 40, 50],
    own: (index) => {
      if (index < 2) return { schedule: { group } };
      if (index < 4) return { schedule: { locks: [lock] } };
      return { schedule: { after: ["test 0"] } };
    },
    fleet: [{ nodes: 3, slots: 1 }],
  });
  expect(told.tests.map(({ node }) => node)).not.toContain(undefined);
  const of = (index: number) => {
    const one = told.tests.find(({ key }) => key === `suite › test ${index}`);
    return { start: one?.startMs ?? -1, end: one?.endMs ?? -1, node: one?.node };
  };
  expect(of(1).start).toBeGreaterThanOrEqual(of(0).end);
  expect(of(1).node).toBe(of(0).node);
  const [first, second] = [of(2), of(3)].toSorted((a, b) => a.start - b.start);
  expect(second?.start).toBeGreaterThanOrEqual(first?.end ?? 0);
  expect(of(4).start).toBeGreaterThanOrEqual(of(0).end);
});

test("forecastRun() counts slow nodes as slow, and keeps the run's most in flight", () => {
  const slow = forecast({ times: [10, 10], speeds: [1, 2] });
  expect(slow.makespanMs).toBe(20);
  expect(slow.lowerBoundMs).toBeCloseTo(20 / 1.5);
  expect(forecast({ times: [10, 10, 10], options: { maxInFlight: 1 } }).makespanMs).toBe(30);
});

test("forecastRun() says what it does not know: some times, or all of them", () => {
  const some = forecast({ times: [10, undefined, 30] });
  expect(some).toMatchObject({ unknown: 1, assumedMs: 20 });
  expect(some.tests.find(({ key }) => key.endsWith("1"))?.expectedMs).toBe(undefined);
  const none = forecast({ times: [undefined, undefined] });
  expect(none).toMatchObject({ unknown: 2 });
  expect(none.makespanMs).toBe(undefined);
  expect(none.lowerBoundMs).toBe(undefined);
  expect(none.tests.map(({ node, startMs }) => [node, startMs])).toEqual([
    ["node-1", undefined],
    ["node-2", undefined],
  ]);
});

test("forecastRun() names tests that no node would run, and those behind them; skipped ones are counted", () => {
  const told = forecast({
    times: [10, 10, 10, 10],
    own: (index) => {
      if (index === 0) return { needs: { labels: ["moon"] } };
      if (index === 1) return { schedule: { after: ["test 0"] } };
      return index === 2 ? { skip: "not now" } : {};
    },
  });
  expect(told.skipped).toBe(1);
  expect(told.tests.map(({ key, reason }) => [key, reason])).toEqual([
    ["suite › test 3", undefined],
    ["suite › test 0", expect.stringContaining("label moon")],
    ["suite › test 1", "It waits for a test that would not run"],
  ]);
  expect(
    withoutNeeds(definitionOf(0, { needs: { labels: ["moon"], node: "node-2" } })).needs,
  ).toEqual({ labels: [], node: "node-2" });
});

test("forecastRun() of a run that waits for more nodes than there are says so", () => {
  const told = forecast({ times: [10], options: { minNodes: 3 } });
  expect(told.tests).toEqual([
    { key: "suite › test 0", expectedMs: 10, reason: expect.stringContaining("3") },
  ]);
});

test("createEndings() gives back all that was put, by time, then by the order of putting", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const endings = createEndings<number>();
      for (const [index, atMs] of times.entries()) endings.put(atMs, index);
      const taken: (readonly [number, number])[] = [];
      for (let next = endings.take(); next !== undefined; next = endings.take())
        taken.push(...next.items.map((item) => [times[item] ?? -1, item] as const));
      const sorted = times.map((atMs, index) => [atMs, index] as const);
      expect(taken).toEqual(sorted.toSorted(([a, i], [b, j]) => a - b || i - j));
    }),
  );
});
