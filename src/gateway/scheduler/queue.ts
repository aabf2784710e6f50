/**
 * The tests that wait for a lease, in buckets of equal needs, each in order (order.ts). Owns no decision.
 */
import type { TestState } from "#gateway/mesh/run-state.ts";
import { needsSignature } from "./needs.ts";
import { compareQueued, type QueuedTest } from "./order.ts";

export type Bucket = {
  readonly signature: string;
  /** Sorted; the first goes first. */
  readonly waiting: QueuedTest[];
};

export type TestQueue = {
  readonly buckets: Map<string, Bucket>;
  /** What is queued, to keep a test from being queued twice. */
  readonly members: Set<TestState>;
};

export function createQueue(): TestQueue {
  return { buckets: new Map(), members: new Set() };
}

/** Puts tests at their places; those that are queued already stay where they are. */
export function enqueue(queue: TestQueue, entries: readonly QueuedTest[]): void {
  const touched = new Set<Bucket>();
  for (const entry of entries) {
    if (queue.members.has(entry.test)) continue;
    queue.members.add(entry.test);
    const bucket = bucketOf(queue, entry);
    if (entries.length > 8) {
      bucket.waiting.push(entry);
      touched.add(bucket);
    } else {
      bucket.waiting.splice(placeOf(bucket.waiting, entry), 0, entry);
    }
  }
  for (const bucket of touched) bucket.waiting.sort(compareQueued);
}

/** Takes the first `count` out of a bucket. */
export function takeHead(queue: TestQueue, bucket: Bucket, count: number): readonly QueuedTest[] {
  const taken = bucket.waiting.splice(0, count);
  for (const entry of taken) queue.members.delete(entry.test);
  if (bucket.waiting.length === 0) queue.buckets.delete(bucket.signature);
  return taken;
}

/** Takes tests out wherever they wait: cancelled runs, outcomes that arrived after all (C1). Rare, so a plain pass. */
export function withdraw(queue: TestQueue, leaving: (test: TestState) => boolean): void {
  for (const bucket of [...queue.buckets.values()]) {
    const staying = bucket.waiting.filter((entry) => {
      const stays = !leaving(entry.test);
      if (!stays) queue.members.delete(entry.test);
      return stays;
    });
    if (staying.length === bucket.waiting.length) continue;
    bucket.waiting.splice(0, bucket.waiting.length, ...staying);
    if (staying.length === 0) queue.buckets.delete(bucket.signature);
  }
}

/** How many tests wait. */
export function queuedCount(queue: TestQueue): number {
  return queue.members.size;
}

function bucketKey(entry: QueuedTest): string {
  return `${entry.isAlone ? "alone " : ""}${needsSignature(entry.test.definition)}`;
}

function bucketOf(queue: TestQueue, entry: QueuedTest): Bucket {
  const key = bucketKey(entry);
  const known = queue.buckets.get(key);
  if (known !== undefined) return known;
  const bucket: Bucket = { signature: key, waiting: [] };
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
