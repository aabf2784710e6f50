/**
 * The tests that wait for a lease, in buckets: one run, equal needs, equal locks, one place. What is true of the first
 * of a bucket is true of all of them, so a turn looks at the first only. Each bucket is in order (order.ts). Owns no
 * decision; tests that wait for others (precedence.ts) are not in here yet.
 */
import type { TestState } from "#gateway/mesh/run-state.ts";
import type { NodeId, RunId } from "#proto/ids.ts";
import type { Lock } from "#proto/schedule.ts";
import { needsSignature } from "./needs.ts";
import { compareQueued, type QueuedTest } from "./order.ts";

export type Bucket = {
  readonly key: string;
  readonly runId: RunId;
  /** Equal ones can run on exactly the same nodes. */
  readonly needs: string;
  /** Held by each of them while it runs. */
  readonly locks: readonly Lock[];
  /** The node of their group; undefined: any that has what they need. */
  readonly pin: NodeId | undefined;
  readonly isAlone: boolean;
  /** Node processes died with them (C4): they keep away from the last healthy nodes. */
  readonly isStruck?: boolean;
  /** May be offered ahead of a free slot. What holds locks, waits for its turn in a group, or is alone may not. */
  readonly isAheadAllowed: boolean;
  /** Some of them may have been without a node (`nodelessSinceMs`): else nobody need look at each of 100,000 to see. */
  hasNodeless: boolean;
  /** Sorted; the first goes first. */
  readonly waiting: QueuedTest[];
};

export type TestQueue = {
  readonly buckets: Map<string, Bucket>;
  /** What is queued, and where. */
  readonly members: Map<TestState, Bucket>;
  /** How many wait of each run that has any. */
  readonly counts: Map<RunId, number>;
  /** Counts what may make a test fit for a node that had nothing for it: a new one, or an allowance that is there again. */
  stirs: number;
};

/** A test, and the node that it must go to. */
export type Placed = { readonly entry: QueuedTest; readonly pin?: NodeId | undefined };

export function createQueue(): TestQueue {
  return { buckets: new Map(), members: new Map(), counts: new Map(), stirs: 0 };
}

/** Puts tests at their places; those that are queued already stay where they are. */
export function enqueue(queue: TestQueue, placed: readonly Placed[]): void {
  const touched = new Set<Bucket>();
  for (const { entry, pin } of placed) {
    if (queue.members.has(entry.test)) continue;
    const bucket = bucketOf(queue, entry, pin);
    queue.members.set(entry.test, bucket);
    count(queue, entry.runId, 1);
    queue.stirs += 1;
    if (entry.test.nodelessSinceMs !== undefined) bucket.hasNodeless = true;
    if (placed.length > 8) {
      bucket.waiting.push(entry);
      touched.add(bucket);
    } else {
      bucket.waiting.splice(placeOf(bucket.waiting, entry), 0, entry);
    }
  }
  for (const bucket of touched) bucket.waiting.sort(compareQueued);
}

/** Takes entries out of their bucket; quick when they are the first ones, as they are but in the endgame. */
export function takeOut(queue: TestQueue, bucket: Bucket, leaving: readonly QueuedTest[]): void {
  const isHead = leaving.every((entry, index) => bucket.waiting[index] === entry);
  for (const entry of leaving) queue.members.delete(entry.test);
  count(queue, bucket.runId, -leaving.length);
  if (isHead) {
    bucket.waiting.splice(0, leaving.length);
  } else {
    const gone = new Set(leaving);
    const staying = bucket.waiting.filter((entry) => !gone.has(entry));
    bucket.waiting.splice(0, bucket.waiting.length, ...staying);
  }
  if (bucket.waiting.length === 0) queue.buckets.delete(bucket.key);
}

/** Takes one test out wherever it waits: its outcome arrived after all (C1), its group moves. */
export function withdraw(queue: TestQueue, test: TestState): QueuedTest | undefined {
  const bucket = queue.members.get(test);
  const entry = bucket?.waiting.find((one) => one.test === test);
  if (bucket !== undefined && entry !== undefined) takeOut(queue, bucket, [entry]);
  return entry;
}

/** Takes all tests of a run out. */
export function withdrawRun(queue: TestQueue, runId: RunId): void {
  for (const bucket of [...queue.buckets.values()])
    if (bucket.runId === runId) takeOut(queue, bucket, [...bucket.waiting]);
}

/** How many tests wait. */
export function queuedCount(queue: TestQueue): number {
  return queue.members.size;
}

function count(queue: TestQueue, runId: RunId, more: number): void {
  const sum = (queue.counts.get(runId) ?? 0) + more;
  if (sum === 0) queue.counts.delete(runId);
  else queue.counts.set(runId, sum);
}

function bucketOf(queue: TestQueue, entry: QueuedTest, pin: NodeId | undefined): Bucket {
  const { definition } = entry.test;
  const { locks = [], group } = definition.schedule ?? {};
  const { runId, isAlone, isStruck = false } = entry;
  const needs = needsSignature(definition);
  const isAheadAllowed = locks.length === 0 && group === undefined && !isAlone && !isStruck;
  const named = locks.map(({ name, limit }) => [name, limit]);
  const key = JSON.stringify([runId, needs, named, pin ?? "", isAlone, isStruck, isAheadAllowed]);
  const known = queue.buckets.get(key);
  if (known !== undefined) return known;
  const place = { key, runId, needs, locks, pin, isAlone, isStruck, isAheadAllowed };
  const bucket: Bucket = { ...place, hasNodeless: false, waiting: [] };
  queue.buckets.set(key, bucket);
  return bucket;
}

/** Binary search: the first place whose entry does not go before `entry`. */
function placeOf(waiting: readonly QueuedTest[], entry: QueuedTest): number {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = waiting[middle];
    if (other !== undefined && compareQueued(other, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
