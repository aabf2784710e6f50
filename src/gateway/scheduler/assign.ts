/**
 * Pure: which waiting test goes to which node. Free slots are filled first, one each in turn, the emptiest node first,
 * so that every node works before any has a second test; then, for short tests, a little is offered ahead (`prefetch`)
 * so that a slot never waits for the wire. What is offered ahead shrinks as the queue runs out (guided self-scheduling,
 * Polychronopoulos and Kuck 1987).
 */
import type { NodeId } from "#proto/ids.ts";
import type { Limits } from "#shared/limits.ts";
import { compareQueued, type QueuedTest } from "./order.ts";
import type { Bucket } from "./queue.ts";

export type NodeRoom = {
  readonly id: NodeId;
  readonly slots: number;
  /** Leases that are neither ended nor settled. */
  readonly active: number;
  /** It runs a test that must be alone (C4): nothing else goes there. */
  readonly isReserved: boolean;
  readonly canRun: (entry: QueuedTest) => boolean;
};

export type Assignment = {
  readonly bucket: Bucket;
  readonly entry: QueuedTest;
  readonly nodeId: NodeId;
};

export type AssignInput = {
  readonly buckets: readonly Bucket[];
  readonly nodes: readonly NodeRoom[];
  /** Tests to offer ahead of each slot, at most. */
  readonly prefetchPerSlot: number;
};

/**
 * How many tests to offer ahead of each slot: about `prefetchMs` of work, less as the queue runs out, and one of longer
 * tests while the queue is long: a slot that waits for the wire between two of them stood idle for 11 to 19 ms
 * (2 busy cores, 2026-11). What is offered ahead and not started is recalled for an idle node (L3).
 */
export function prefetchDepth(
  queue: {
    readonly length: number;
    readonly slotCount: number;
    readonly meanMs: number | undefined;
  },
  limits: Pick<Limits, "prefetchMs" | "prefetchPerSlotMax">,
): number {
  if (queue.meanMs === undefined || queue.slotCount === 0) return 0;
  const byTime = Math.floor(limits.prefetchMs / Math.max(queue.meanMs, 1));
  const byQueue = Math.ceil(queue.length / (2 * queue.slotCount));
  const least = queue.length >= 2 * queue.slotCount ? 1 : 0;
  return Math.min(Math.max(byTime, least), byQueue, limits.prefetchPerSlotMax);
}

type Seat = { readonly node: NodeRoom; taken: number; isReserved: boolean };

/** @returns Assignments in the order of choice; those of one bucket are a prefix of it. */
export function assignTests(input: AssignInput): readonly Assignment[] {
  const seats = input.nodes
    .filter((node) => !node.isReserved)
    .map((node): Seat => ({ node, taken: node.active, isReserved: false }));
  const cursors = new Map(input.buckets.map((bucket) => [bucket, 0]));
  const assignments: Assignment[] = [];
  for (const perSlot of [1, 1 + input.prefetchPerSlot]) {
    fillSeats({ seats, cursors, perSlot, assignments });
  }
  return assignments;
}

type Filling = {
  readonly seats: readonly Seat[];
  readonly cursors: Map<Bucket, number>;
  readonly perSlot: number;
  readonly assignments: Assignment[];
};

function fillSeats(filling: Filling): void {
  const open = new Set(filling.seats);
  while (open.size > 0) {
    const seat = emptiest(open);
    if (seat.isReserved || seat.taken >= seat.node.slots * filling.perSlot) {
      open.delete(seat);
      continue;
    }
    const bucket = bestBucket(filling.cursors, seat);
    if (bucket === undefined) {
      open.delete(seat);
      continue;
    }
    take(filling, bucket, seat);
  }
}

function take(filling: Filling, bucket: Bucket, seat: Seat): void {
  const cursor = filling.cursors.get(bucket) ?? 0;
  const entry = bucket.waiting[cursor];
  if (entry === undefined) return;
  filling.cursors.set(bucket, cursor + 1);
  filling.assignments.push({ bucket, entry, nodeId: seat.node.id });
  seat.taken += 1;
  if (entry.isAlone) seat.isReserved = true;
}

function emptiest(seats: ReadonlySet<Seat>): Seat {
  let best: Seat | undefined;
  for (const seat of seats) {
    if (best === undefined || seat.taken / seat.node.slots < best.taken / best.node.slots)
      best = seat;
  }
  if (best === undefined) throw new Error("Cannot choose a seat: there is none");
  return best;
}

/** The bucket whose head goes first among those that the node can run. */
function bestBucket(cursors: ReadonlyMap<Bucket, number>, seat: Seat): Bucket | undefined {
  let best: { readonly bucket: Bucket; readonly entry: QueuedTest } | undefined;
  for (const [bucket, cursor] of cursors) {
    const entry = bucket.waiting[cursor];
    if (entry === undefined || !seat.node.canRun(entry)) continue;
    if (entry.isAlone && seat.taken > 0) continue;
    if (best === undefined || compareQueued(entry, best.entry) < 0) best = { bucket, entry };
  }
  return best?.bucket;
}
