import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestState } from "#gateway/mesh/run-state.ts";
import { compareQueued, type QueuedTest } from "#gateway/scheduler/order.ts";
import {
  createQueue,
  enqueue,
  queuedCount,
  type TestQueue,
  takeHead,
  withdraw,
} from "#gateway/scheduler/queue.ts";
import { RunId } from "#proto/ids.ts";
import { definitionOf, leaseOf } from "./make.ts";

const planned = fc.record({
  leaseCount: fc.integer({ min: 0, max: 2 }),
  timeoutMs: fc.constantFrom(1_000, 2_000),
  // Few values, so that ties are common: two runs may begin in the same millisecond.
  runOrder: fc.integer({ min: 0, max: 1 }),
  run: fc.constantFrom("run-1", "run-2"),
  label: fc.constantFrom("x", "y"),
  isAlone: fc.boolean(),
});

const entries = fc.array(planned, { maxLength: 24 }).map((plans) =>
  plans.map(({ leaseCount, timeoutMs, runOrder, run, label, isAlone }, index): QueuedTest => {
    const definition = definitionOf(index, { timeoutMs, needs: { labels: [label] } });
    const leases = Array.from({ length: leaseCount }, (_, at) => leaseOf(at + 1));
    const nth = plans.slice(0, index).filter((plan) => plan.run === run).length;
    const test: TestState = { index: nth, definition, leases };
    return { test, runId: RunId.parse(run), runOrder, isAlone };
  }),
);

test("compareQueued() is a total order, also over runs that began in the same millisecond", () => {
  fc.assert(
    fc.property(entries, fc.nat(), fc.nat(), (all, i, j) => {
      const [a, b] = [all[i % all.length], all[j % all.length]];
      if (a === undefined || b === undefined || a === b) return;
      expect(compareQueued(a, b)).not.toBe(0);
      expect(Math.sign(compareQueued(a, b))).toBe(-Math.sign(compareQueued(b, a)));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(entries, (all) => {
      const sorted = [...all].sort(compareQueued);
      expect([...all].reverse().sort(compareQueued)).toEqual(sorted);
    }),
  );
});

test("compareQueued() puts tests that ran before first, then the longest declared", () => {
  const entry = (leaseCount: number, timeoutMs: number): QueuedTest => ({
    test: {
      index: 0,
      definition: definitionOf(0, { timeoutMs }),
      leases: leaseCount === 0 ? [] : [leaseOf(1)],
    },
    runId: RunId.parse("run-1"),
    runOrder: 0,
    isAlone: false,
  });
  const sorted = [entry(0, 1), entry(1, 1), entry(0, 9), entry(1, 9)].sort(compareQueued);
  expect(sorted.map(({ test }) => [test.leases.length, test.definition.timeoutMs])).toEqual([
    [1, 9],
    [1, 1],
    [0, 9],
    [0, 1],
  ]);
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
    enqueue(queue, [...some, ...some.slice(0, 2)]); // some of them twice
    for (const entry of some) inside.add(entry.test);
    return;
  }
  if (move.kind === "withdraw") {
    const isLeaving = (one: TestState) => one.index % 3 === move.parity;
    withdraw(queue, isLeaving);
    for (const one of [...inside].filter(isLeaving)) inside.delete(one);
    return;
  }
  const bucket = [...queue.buckets.values()][move.bucket];
  if (bucket === undefined) return;
  const first = bucket.waiting.slice(0, move.count);
  const taken = takeHead(queue, bucket, move.count);
  expect(taken).toEqual(first);
  for (const entry of taken) inside.delete(entry.test);
}

function check({ queue, inside }: Model): void {
  const waiting = [...queue.buckets.values()].flatMap((bucket) => bucket.waiting);
  expect(new Set(waiting.map((entry) => entry.test))).toEqual(inside);
  expect(waiting).toHaveLength(inside.size);
  expect(queuedCount(queue)).toBe(inside.size);
  for (const bucket of queue.buckets.values()) {
    expect(bucket.waiting.length).toBeGreaterThan(0);
    expect([...bucket.waiting].sort(compareQueued)).toEqual(bucket.waiting);
    const needs = bucket.waiting.map(
      (entry) => `${entry.isAlone} ${entry.test.definition.needs.labels}`,
    );
    expect(new Set(needs).size).toBe(1);
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
