import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Assignment,
  assignTests,
  type NodeRoom,
  type RunRoom,
} from "#gateway/scheduler/assign.ts";
import { missingNeeds } from "#gateway/scheduler/needs.ts";
import { compareQueued, type QueuedTest } from "#gateway/scheduler/order.ts";
import { type Bucket, createQueue, enqueue } from "#gateway/scheduler/queue.ts";
import { NodeId, RunId } from "#proto/ids.ts";
import { freeLocks } from "./free-locks.ts";
import { capabilitiesOf, definitionOf } from "./make.ts";

const LABELS = ["x", "y", "z"];
const LOCKS = ["db", "card"];
const RUNS = ["run-1", "run-2", "run-3"];

const waiting = fc
  .array(
    fc.record({
      run: fc.constantFrom(...RUNS),
      label: fc.constantFrom(...LABELS),
      priority: fc.integer({ min: 0, max: 1 }),
      lock: fc.option(fc.constantFrom(...LOCKS), { nil: undefined }),
      pin: fc.option(fc.constantFrom("node-0", "node-1"), { nil: undefined, freq: 5 }),
      isAlone: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { maxLength: 40 },
  )
  .map((plans) =>
    plans.map(({ run, label, priority, lock, pin, isAlone }, index) => {
      const locks = lock === undefined ? [] : [{ name: lock, limit: lock === "db" ? 1 : 2 }];
      const schedule = { priority, locks };
      const definition = definitionOf(index, { needs: { labels: [label] }, schedule });
      const test = { index, definition, leases: [] };
      const entry: QueuedTest = { test, runId: RunId.parse(run), isAlone, sinceMs: 0 };
      return { entry, pin: pin === undefined ? undefined : NodeId.parse(pin) };
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
        speed: 1,
        isReserved,
        canRun: ({ waiting: [first] }) =>
          first !== undefined && missingNeeds(first.test.definition, node).length === 0,
      };
    }),
  );

const shares = fc.record({
  priority: fc.integer({ min: 0, max: 1 }),
  weight: fc.constantFrom(1, 3),
  virtualMs: fc.integer({ min: 0, max: 5 }),
  isStarving: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  left: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
});

const input = fc.record({
  placed: waiting,
  nodes: rooms,
  shares: fc.tuple(shares, shares, shares),
  depth: fc.integer({ min: 0, max: 3 }),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

function roomOf(share: Input["shares"][number], order: number): RunRoom {
  const { left, ...own } = share;
  const allowances = left === undefined ? [] : [{ left }];
  return { ...own, order, allowances, costMs: () => 1 };
}

function assign(all: Input) {
  const queue = createQueue();
  enqueue(queue, all.placed);
  const buckets = [...queue.buckets.values()];
  const runs = new Map(
    all.shares.map((share, order) => [RunId.parse(RUNS[order]), roomOf(share, order)]),
  );
  const assignments = assignTests({
    buckets,
    nodes: all.nodes,
    runs,
    locks: freeLocks(),
    depthOf: () => all.depth,
    isOverdue: () => false,
  });
  return { buckets, runs, assignments };
}

const given = (assignments: readonly Assignment[], node: NodeRoom) =>
  assignments.filter((one) => one.nodeId === node.id);

test("assignTests() gives no test twice, no node more than its room, and only what may go there", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { assignments } = assign(all);
      expect(new Set(assignments.map(({ entry }) => entry.test)).size).toBe(assignments.length);
      for (const node of all.nodes) {
        const mine = given(assignments, node);
        const room = Math.max(0, node.slots * (1 + all.depth) - node.active);
        expect(mine.length).toBeLessThanOrEqual(node.isReserved ? 0 : room);
        for (const { bucket } of mine) {
          expect(node.canRun(bucket)).toBe(true);
          expect([undefined, node.id]).toContain(bucket.pin);
        }
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

test("assignTests() keeps to locks, to what a run may have, and offers what holds locks to free slots only", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { assignments } = assign(all);
      for (const name of LOCKS) {
        const holding = assignments.filter(({ bucket }) =>
          bucket.locks.some((lock) => lock.name === name),
        );
        expect(holding.length).toBeLessThanOrEqual(name === "db" ? 1 : 2);
      }
      for (const [order, { left = 99 }] of all.shares.entries()) {
        const ofRun = assignments.filter(({ entry }) => entry.runId === RUNS[order]);
        expect(ofRun.length).toBeLessThanOrEqual(left);
      }
      const bounded = new Set(RUNS.filter((_, order) => all.shares[order]?.left !== undefined));
      for (const node of all.nodes) {
        const ahead = given(assignments, node).filter(
          (_, place) => node.active + place >= node.slots,
        );
        const ofFreeSlots = ahead.filter(
          ({ bucket, entry }) =>
            bucket.locks.length > 0 || entry.isAlone || bounded.has(entry.runId),
        );
        expect(ofFreeSlots).toEqual([]);
      }
    }),
  );
});

test("assignTests() leaves no slot free that something waiting could use", () => {
  fc.assert(
    fc.property(input, (all) => {
      const { buckets, assignments } = assign(all);
      const taken = new Set(assignments.map(({ entry }) => entry));
      const locks = freeLocks();
      for (const { bucket } of assignments) locks.take(bucket.locks);
      const isAllowed = ({ runId }: Bucket) => {
        const left = all.shares[RUNS.indexOf(runId)]?.left ?? Number.POSITIVE_INFINITY;
        return assignments.filter(({ entry }) => entry.runId === runId).length < left;
      };
      for (const node of all.nodes) {
        const mine = given(assignments, node);
        const isFull = node.isReserved || node.active + mine.length >= node.slots;
        if (isFull || mine.some(({ entry }) => entry.isAlone)) continue;
        const usable = buckets.filter(
          (bucket) =>
            bucket.waiting.some((one) => !taken.has(one)) &&
            (bucket.pin === undefined || bucket.pin === node.id) &&
            node.canRun(bucket) &&
            locks.isFree(bucket) &&
            isAllowed(bucket) &&
            !(bucket.isAlone && node.active + mine.length > 0),
        );
        expect(usable).toEqual([]);
      }
    }),
  );
});
