/** Which run's test goes first, and to which node: turns over a few runs and nodes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Assignment,
  assignTests,
  type NodeRoom,
  type RunRoom,
} from "#gateway/scheduler/assign.ts";
import type { QueuedTest } from "#gateway/scheduler/order.ts";
import { createQueue, enqueue } from "#gateway/scheduler/queue.ts";
import { prefetchDepth } from "#gateway/scheduler/rooms.ts";
import { NodeId, RunId } from "#proto/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { freeLocks } from "./free-locks.ts";
import { definitionOf } from "./make.ts";

const RUNS = ["run-1", "run-2"];

const given = (assignments: readonly Assignment[], node: NodeRoom) =>
  assignments.filter((one) => one.nodeId === node.id);

/** Runs with nothing but free tests and one node: what goes first is the first assignment. */
function firstOf(runs: readonly RunRoom[], priorities: readonly number[] = []): string | undefined {
  const queue = createQueue();
  const placed = runs.map((_, order) => {
    const definition = definitionOf(order, { schedule: { priority: priorities[order] ?? 0 } });
    const runId = RunId.parse(RUNS[order]);
    const test = { index: 0, definition, leases: [] };
    return { entry: { test, runId, isAlone: false, sinceMs: 0 } };
  });
  enqueue(queue, placed);
  const id = NodeId.parse("node-0");
  const node = { id, slots: 1, active: 0, speed: 1, isReserved: false, canRun: () => true };
  const byId = new Map(runs.map((room, order) => [RunId.parse(RUNS[order]), room]));
  const fixed = { locks: freeLocks(), depthOf: () => 0, isOverdue: () => false };
  const buckets = [...queue.buckets.values()];
  return assignTests({ buckets, nodes: [node], runs: byId, ...fixed })[0]?.entry.runId;
}

const run = (own: Partial<RunRoom>): RunRoom => ({
  priority: 0,
  weight: 1,
  order: 0,
  virtualMs: 0,
  isStarving: false,
  allowances: [],
  costMs: () => 1,
  ...own,
});

test("assignTests() between runs: starved, then priority of run and test, then who is least far, then older", () => {
  expect(firstOf([run({ priority: 9 }), run({ isStarving: true })])).toBe("run-2");
  expect(firstOf([run({ virtualMs: 0 }), run({ virtualMs: 9, priority: 1 })])).toBe("run-2");
  expect(firstOf([run({ priority: 2 }), run({ priority: 1 })], [0, 2])).toBe("run-2");
  expect(firstOf([run({ virtualMs: 9 }), run({ virtualMs: 8, order: 1 })])).toBe("run-2");
  expect(firstOf([run({ order: 1 }), run({ order: 0 })])).toBe("run-2");
});

test("assignTests() shares a turn between runs by their weights", () => {
  const weights = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(weights, fc.integer({ min: 10, max: 60 }), (pair, slots) => {
      const queue = createQueue();
      for (const runId of RUNS.slice(0, 2)) {
        const placed = Array.from({ length: 60 }, (_, index) => {
          const test = { index, definition: definitionOf(index), leases: [] };
          return { entry: { test, runId: RunId.parse(runId), isAlone: false, sinceMs: 0 } };
        });
        enqueue(queue, placed);
      }
      const id = NodeId.parse("node-0");
      const node = { id, slots, active: 0, speed: 1, isReserved: false, canRun: () => true };
      const runs = new Map(
        pair.map((weight, order) => [RunId.parse(RUNS[order]), run({ weight, order })]),
      );
      const assignments = assignTests({
        buckets: [...queue.buckets.values()],
        nodes: [node],
        runs,
        locks: freeLocks(),
        depthOf: () => 0,
        isOverdue: () => false,
      });
      const first = assignments.filter(({ entry }) => entry.runId === RUNS[0]).length;
      const due = (slots * pair[0]) / (pair[0] + pair[1]);
      expect(Math.abs(first - due)).toBeLessThanOrEqual(Math.max(...pair));
    }),
  );
});

test("assignTests() empties the emptiest node for a test that waits to be alone", () => {
  const queue = createQueue();
  const entryOf = (index: number, isAlone: boolean): QueuedTest => ({
    test: { index, definition: definitionOf(index), leases: [] },
    runId: RunId.parse("run-1"),
    isAlone,
    sinceMs: 0,
  });
  enqueue(queue, [
    { entry: entryOf(0, true) },
    ...[1, 2, 3, 4].map((one) => ({ entry: entryOf(one, false) })),
  ]);
  const node = (name: string, active: number): NodeRoom => {
    const id = NodeId.parse(name);
    return { id, slots: 3, active, speed: 1, isReserved: false, canRun: () => true };
  };
  const turn = (nodes: readonly NodeRoom[], isOverdue: boolean) =>
    assignTests({
      buckets: [...queue.buckets.values()],
      nodes,
      runs: new Map([[RunId.parse("run-1"), run({})]]),
      locks: freeLocks(),
      depthOf: () => 0,
      isOverdue: () => isOverdue,
    }).map(({ entry, nodeId }) => [entry.test.index, String(nodeId)]);
  const busy = [node("a", 2), node("b", 1)];
  expect(turn(busy, false).map(([, name]) => name)).toEqual(["b", "a", "b"]);
  expect(turn(busy, true)).toEqual([[1, "a"]]);
  expect(turn([node("a", 2), node("b", 0)], true)).toContainEqual([0, "b"]);
});

test("assignTests() gives every idle node a test before any gets a second, the faster of two first", () => {
  const plain = fc.record({
    count: fc.integer({ min: 0, max: 30 }),
    slots: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
    depth: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(plain, ({ count, slots, depth }) => {
      const queue = createQueue();
      const placed = Array.from({ length: count }, (_, index) => {
        const test = { index, definition: definitionOf(index), leases: [] };
        return { entry: { test, runId: RunId.parse("run-1"), isAlone: false, sinceMs: 0 } };
      });
      enqueue(queue, placed);
      const nodes = slots.map((slotCount, index): NodeRoom => {
        const id = NodeId.parse(`node-${index}`);
        const speed = 1 / (1 + index);
        return { id, slots: slotCount, active: 0, speed, isReserved: false, canRun: () => true };
      });
      const assignments = assignTests({
        buckets: [...queue.buckets.values()],
        nodes,
        runs: new Map([[RunId.parse("run-1"), run({})]]),
        locks: freeLocks(),
        depthOf: () => depth,
        isOverdue: () => false,
      });
      if (count > 0) expect(assignments[0]?.nodeId).toBe(nodes.at(-1)?.id);
      const counts = nodes.map((node) => given(assignments, node).length);
      if (count >= nodes.length) expect(Math.min(...counts)).toBeGreaterThan(0);
      else expect(Math.max(...counts)).toBeLessThanOrEqual(1);
      // Free slots first, work ahead of them only after: nobody queues while a slot is free.
      const isAnyFree = nodes.some((node, index) => (counts[index] ?? 0) < node.slots);
      if (isAnyFree)
        for (const [index, node] of nodes.entries())
          expect(counts[index]).toBeLessThanOrEqual(node.slots);
    }),
  );
});

test("prefetchDepth() is none without a known time, bounded by work, queue and limit", () => {
  const shape = fc.record({
    length: fc.nat(10_000),
    slotCount: fc.nat(64),
    meanMs: fc.option(fc.double({ min: 0, max: 100_000, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(shape, (queue) => {
      const depth = prefetchDepth(queue, DEFAULT_LIMITS);
      expect(Number.isInteger(depth)).toBe(true);
      expect(depth).toBeGreaterThanOrEqual(0);
      expect(depth).toBeLessThanOrEqual(DEFAULT_LIMITS.prefetchPerSlotMax);
      if (queue.meanMs === undefined) expect(depth).toBe(0);
      else if (depth > 1)
        expect(depth * queue.meanMs).toBeLessThanOrEqual(DEFAULT_LIMITS.prefetchMs);
      const isRunningOut = queue.length < 2 * queue.slotCount;
      const isLong = queue.meanMs !== undefined && queue.meanMs > DEFAULT_LIMITS.prefetchMs;
      if ((queue.meanMs ?? 0) > DEFAULT_LIMITS.prefetchTestMsMax) expect(depth).toBe(0);
      if (isLong && isRunningOut) expect(depth).toBe(0); // a long test waits for whoever is free first
      expect(depth * queue.slotCount).toBeLessThanOrEqual(queue.length / 2 + queue.slotCount);
    }),
  );
  const short = { length: 1_000, slotCount: 2, meanMs: 1 };
  expect(prefetchDepth(short, DEFAULT_LIMITS)).toBe(DEFAULT_LIMITS.prefetchMs);
  expect(prefetchDepth(short, { ...DEFAULT_LIMITS, prefetchPerSlotMax: 7 })).toBe(7);
  expect(prefetchDepth({ length: 4, slotCount: 2, meanMs: 1 }, DEFAULT_LIMITS)).toBe(1);
  expect(prefetchDepth({ length: 1_000, slotCount: 2, meanMs: 300 }, DEFAULT_LIMITS)).toBe(1);
  expect(prefetchDepth({ length: 3, slotCount: 2, meanMs: 300 }, DEFAULT_LIMITS)).toBe(0);
});

test("assignTests() offers nothing ahead of a slot past a test that goes first and may not be offered ahead", () => {
  const queue = createQueue();
  const entryOf = (runId: string): QueuedTest => ({
    test: { index: 0, definition: definitionOf(0), leases: [] },
    runId: RunId.parse(runId),
    isAlone: false,
    sinceMs: 0,
  });
  enqueue(queue, [{ entry: entryOf("run-1") }, { entry: entryOf("run-2") }]);
  const id = NodeId.parse("node-0");
  const node = { id, slots: 1, active: 1, speed: 1, isReserved: false, canRun: () => true };
  const offered = (virtualMs: number) =>
    assignTests({
      buckets: [...queue.buckets.values()],
      nodes: [node],
      runs: new Map([
        [RunId.parse("run-1"), run({ virtualMs: 5 })],
        [RunId.parse("run-2"), run({ virtualMs })],
      ]),
      locks: freeLocks(),
      depthOf: ({ runId }) => (runId === "run-1" ? 1 : 0), // of the other run nothing is known yet
      isOverdue: () => false,
    }).map(({ entry }) => entry.runId);
  expect(offered(9)).toEqual(["run-1"]);
  expect(offered(0)).toEqual([]);
});
