import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Assignment,
  assignTests,
  type NodeRoom,
  prefetchDepth,
} from "#gateway/scheduler/assign.ts";
import { missingNeeds } from "#gateway/scheduler/needs.ts";
import { compareQueued, type QueuedTest } from "#gateway/scheduler/order.ts";
import { createQueue, enqueue } from "#gateway/scheduler/queue.ts";
import { NodeId } from "#proto/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { capabilitiesOf, definitionOf, runId } from "./make.ts";

const LABELS = ["x", "y", "z"];

const waiting = fc
  .array(
    fc.record({
      label: fc.constantFrom(...LABELS),
      timeoutMs: fc.constantFrom(1_000, 2_000, 3_000),
      isAlone: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { maxLength: 40 },
  )
  .map((plans) =>
    plans.map(({ label, timeoutMs, isAlone }, index): QueuedTest => {
      const definition = definitionOf(index, { timeoutMs, needs: { labels: [label] } });
      return { test: { index, definition, leases: [] }, runId, runOrder: 0, isAlone };
    }),
  );

const rooms = fc
  .array(
    fc.record({
      labels: fc.subarray(LABELS),
      slots: fc.integer({ min: 1, max: 4 }),
      active: fc.integer({ min: 0, max: 5 }),
      isReserved: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    }),
    { maxLength: 5 },
  )
  .map((plans) =>
    plans.map(({ labels, slots, active, isReserved }, index): NodeRoom => {
      const node = { name: `node-${index}`, capabilities: capabilitiesOf({ labels }) };
      return {
        id: NodeId.parse(node.name),
        slots,
        active,
        isReserved,
        canRun: (entry) => missingNeeds(entry.test.definition, node).length === 0,
      };
    }),
  );

const input = fc.record({
  entries: waiting,
  nodes: rooms,
  prefetchPerSlot: fc.integer({ min: 0, max: 3 }),
});
type Input = {
  readonly entries: readonly QueuedTest[];
  readonly nodes: readonly NodeRoom[];
  readonly prefetchPerSlot: number;
};

function assign({ entries, nodes, prefetchPerSlot }: Input) {
  const queue = createQueue();
  enqueue(queue, entries);
  const buckets = [...queue.buckets.values()];
  const assignments = assignTests({ buckets, nodes, prefetchPerSlot });
  return { buckets, assignments };
}

const given = (assignments: readonly Assignment[], node: NodeRoom) =>
  assignments.filter((one) => one.nodeId === node.id);

test("assignTests() gives no test twice, no node more than its room, and only what the node can run", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { assignments } = assign(all);
      expect(new Set(assignments.map(({ entry }) => entry.test)).size).toBe(assignments.length);
      for (const node of all.nodes) {
        const mine = given(assignments, node);
        const room = Math.max(0, node.slots * (1 + all.prefetchPerSlot) - node.active);
        expect(mine.length).toBeLessThanOrEqual(node.isReserved ? 0 : room);
        expect(mine.every(({ entry }) => node.canRun(entry))).toBe(true);
      }
    }),
  );
});

test("assignTests() takes a prefix of each bucket, in its order", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { buckets, assignments } = assign(all);
      for (const bucket of buckets) {
        const taken = assignments.filter((one) => one.bucket === bucket).map(({ entry }) => entry);
        expect(taken).toEqual(bucket.waiting.slice(0, taken.length));
        expect([...taken].sort(compareQueued)).toEqual(taken);
      }
    }),
  );
});

test("assignTests() leaves a test that must be alone its node for itself", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { assignments } = assign(all);
      for (const node of all.nodes) {
        const mine = given(assignments, node);
        if (!mine.some(({ entry }) => entry.isAlone)) continue;
        expect(mine).toHaveLength(1);
        expect(node.active).toBe(0);
      }
    }),
  );
});

test("assignTests() leaves no slot free that something waiting could use", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { buckets, assignments } = assign(all);
      const taken = new Set(assignments.map(({ entry }) => entry));
      for (const node of all.nodes) {
        const mine = given(assignments, node);
        const isFull = node.isReserved || node.active + mine.length >= node.slots;
        if (isFull || mine.some(({ entry }) => entry.isAlone)) continue;
        const heads = buckets.flatMap(
          (bucket) => bucket.waiting.find((one) => !taken.has(one)) ?? [],
        );
        const usable = heads.filter(
          (entry) => node.canRun(entry) && !(entry.isAlone && node.active + mine.length > 0),
        );
        expect(usable).toEqual([]);
      }
    }),
  );
});

test("assignTests() gives every idle node a test before any gets a second, when all can run all", () => {
  const plain = fc.record({
    count: fc.integer({ min: 0, max: 30 }),
    slots: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
    prefetchPerSlot: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(plain, ({ count, slots, prefetchPerSlot }) => {
      const entries = Array.from({ length: count }, (_, index): QueuedTest => {
        const definition = definitionOf(index);
        return { test: { index, definition, leases: [] }, runId, runOrder: 0, isAlone: false };
      });
      const nodes = slots.map((slotCount, index): NodeRoom => {
        const id = NodeId.parse(`node-${index}`);
        return { id, slots: slotCount, active: 0, isReserved: false, canRun: () => true };
      });
      const { assignments } = assign({ entries, nodes, prefetchPerSlot });
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
      if (isLong && isRunningOut) expect(depth).toBe(0); // a long test waits for whoever is free first
      expect(depth * queue.slotCount).toBeLessThanOrEqual(queue.length / 2 + queue.slotCount);
    }),
  );
  expect(prefetchDepth({ length: 1_000, slotCount: 2, meanMs: 1 }, DEFAULT_LIMITS)).toBe(32);
  expect(prefetchDepth({ length: 4, slotCount: 2, meanMs: 1 }, DEFAULT_LIMITS)).toBe(1);
  expect(prefetchDepth({ length: 1_000, slotCount: 2, meanMs: 300 }, DEFAULT_LIMITS)).toBe(1);
  expect(prefetchDepth({ length: 3, slotCount: 2, meanMs: 300 }, DEFAULT_LIMITS)).toBe(0);
});
