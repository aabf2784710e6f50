import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestState } from "#gateway/mesh/run-state.ts";
import { compareQueued, type QueuedTest } from "#gateway/scheduler/order.ts";
import {
  createQueue,
  enqueue,
  queuedCount,
  type TestQueue,
  takeOut,
  withdraw,
} from "#gateway/scheduler/queue.ts";
import { RunId } from "#proto/ids.ts";
import { definitionOf, leaseOf } from "./make.ts";

const planned = fc.record({
  leaseCount: fc.integer({ min: 0, max: 2 }),
  timeoutMs: fc.constantFrom(1_000, 2_000),
  priority: fc.integer({ min: 0, max: 1 }),
  hasFailedLast: fc.boolean(),
  expectedMs: fc.option(fc.constantFrom(10, 20), { nil: undefined }),
  lock: fc.option(fc.constantFrom("db", "card"), { nil: undefined }),
  run: fc.constantFrom("run-1", "run-2"),
  label: fc.constantFrom("x", "y"),
  isAlone: fc.boolean(),
});

const entries = fc.array(planned, { maxLength: 24 }).map((plans) =>
  plans.map((plan, index): QueuedTest => {
    const { leaseCount, timeoutMs, priority, hasFailedLast, expectedMs, lock, run, label } = plan;
    const locks = lock === undefined ? [] : [{ name: lock, limit: 1 }];
    const schedule = { priority, locks };
    const definition = definitionOf(index, { timeoutMs, needs: { labels: [label] }, schedule });
    const leases = Array.from({ length: leaseCount }, (_, at) => leaseOf(at + 1));
    const nth = plans.slice(0, index).filter((other) => other.run === run).length;
    const test: TestState = { index: nth, definition, leases, estimate: { hasFailedLast } };
    const { isAlone } = plan;
    return { test, runId: RunId.parse(run), isAlone, expectedMs, sinceMs: 0 };
  }),
);

test("compareQueued() is a total order over the tests of a run", () => {
  fc.assert(
    fc.property(entries, fc.nat(), fc.nat(), (all, i, j) => {
      const [a, b] = [all[i % all.length], all[j % all.length]];
      if (a === undefined || b === undefined || a === b || a.runId !== b.runId) return;
      expect(compareQueued(a, b)).not.toBe(0);
      expect(Math.sign(compareQueued(a, b))).toBe(-Math.sign(compareQueued(b, a)));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(entries, (all) => {
      const ofOne = all.filter(({ runId }) => runId === all[0]?.runId);
      const sorted = [...ofOne].sort(compareQueued);
      expect([...ofOne].reverse().sort(compareQueued)).toEqual(sorted);
    }),
  );
});

test("compareQueued(): priority, ran before, failed last time, longest expected, longest declared, ledger", () => {
  type Told = {
    priority?: number;
    ran?: boolean;
    failed?: boolean;
    ms?: number;
    timeoutMs?: number;
  };
  const entry = (index: number, told: Told): QueuedTest => ({
    test: {
      index,
      definition: definitionOf(index, {
        timeoutMs: told.timeoutMs ?? 1,
        schedule: { priority: told.priority ?? 0 },
      }),
      leases: told.ran === true ? [leaseOf(1)] : [],
      estimate: { hasFailedLast: told.failed === true },
    },
    runId: RunId.parse("run-1"),
    isAlone: false,
    expectedMs: told.ms,
    sinceMs: 0,
  });
  const inOrder = [
    entry(9, { priority: 1 }),
    entry(8, { ran: true }),
    entry(7, { failed: true }),
    entry(6, { ms: 20 }),
    entry(5, { ms: 10, timeoutMs: 9 }),
    entry(3, { timeoutMs: 9 }),
    entry(2, { timeoutMs: 1 }),
    entry(4, { timeoutMs: 1 }),
  ];
  expect([...inOrder].reverse().sort(compareQueued)).toEqual(inOrder);
});

type Move =
  | { readonly kind: "put"; readonly from: number; readonly count: number }
  | { readonly kind: "take"; readonly bucket: number; readonly count: number }
  | { readonly kind: "withdraw"; readonly parity: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("put" as const), from: fc.nat(24), count: fc.nat(12) }),
    fc.record({ kind: fc.constant("take" as const), bucket: fc.nat(4), count: fc.nat(6) }),
    fc.record({ kind: fc.constant("withdraw" as const), parity: fc.nat(2) }),
  ),
  { maxLength: 12 },
);

type Model = { readonly queue: TestQueue; readonly inside: Set<TestState> };

function play({ queue, inside }: Model, all: readonly QueuedTest[], move: Move): void {
  if (move.kind === "put") {
    const some = all.slice(move.from, move.from + move.count);
    const twice = [...some, ...some.slice(0, 2)];
    enqueue(
      queue,
      twice.map((entry) => ({ entry })),
    );
    for (const entry of some) inside.add(entry.test);
    return;
  }
  if (move.kind === "withdraw") {
    const isLeaving = (one: TestState) => one.index % 3 === move.parity;
    for (const one of [...inside].filter(isLeaving)) {
      expect(withdraw(queue, one)?.test).toBe(one);
      inside.delete(one);
    }
    return;
  }
  const bucket = [...queue.buckets.values()][move.bucket];
  if (bucket === undefined) return;
  const first = bucket.waiting.slice(0, move.count);
  takeOut(queue, bucket, first);
  for (const entry of first) {
    expect(queue.members.has(entry.test)).toBe(false);
    inside.delete(entry.test);
  }
}

function check({ queue, inside }: Model): void {
  const waiting = [...queue.buckets.values()].flatMap((bucket) => bucket.waiting);
  expect(new Set(waiting.map((entry) => entry.test))).toEqual(inside);
  expect(waiting).toHaveLength(inside.size);
  expect(queuedCount(queue)).toBe(inside.size);
  const counted = [...queue.counts.values()].reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(inside.size);
  for (const bucket of queue.buckets.values()) {
    expect(bucket.waiting.length).toBeGreaterThan(0);
    expect([...bucket.waiting].sort(compareQueued)).toEqual(bucket.waiting);
    const alike = bucket.waiting.map(({ isAlone, runId, test }) =>
      JSON.stringify([isAlone, runId, test.definition.needs, test.definition.schedule?.locks]),
    );
    expect(new Set(alike).size).toBe(1);
  }
}

test("the queue holds each test once, each bucket sorted and of equal needs, whatever is put in and taken out", () => {
  fc.assert(
    fc.property(entries, moves, (all, plan) => {
      const model: Model = { queue: createQueue(), inside: new Set() };
      for (const move of plan) {
        play(model, all, move);
        check(model);
      }
    }),
  );
});
