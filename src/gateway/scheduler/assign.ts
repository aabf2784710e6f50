/**
 * Pure: which waiting test goes to which node, in one turn. Free slots are filled first, one each in turn, the emptiest
 * node first (of equals the faster), so that every node works before any has a second test; then, for short tests, a
 * little is offered ahead so that a slot never waits for the wire.
 *
 * - A1 No test twice, no node beyond its room, only what the node can run.
 * - A2 Of the tests that may go to a node now, that of the run that is starved goes first, then of the highest priority,
 *   then of the run that is least far (share.ts), then in the run's own order (order.ts).
 * - A3 No lock beyond its limit, no project beyond its quota, no run beyond its most in flight; these are never offered
 *   ahead of a slot, where they would hold what they do not use.
 * - A4 A test that must be alone (C4) gets a node with nothing else, and one is emptied for it when none is.
 */
import type { NodeId, RunId } from "#proto/ids.ts";
import type { Lock } from "#proto/schedule.ts";
import { compareQueued, priorityOf, type QueuedTest } from "./order.ts";
import type { Bucket } from "./queue.ts";
import { emptiestFirst, type Seat } from "./seats.ts";

export type NodeRoom = {
  readonly id: NodeId;
  readonly slots: number;
  /** Leases that are neither ended nor settled. */
  readonly active: number;
  /** 1 is the mesh's typical node, 2 takes twice as long. */
  readonly speed: number;
  /** It runs a test that must be alone (C4): nothing else goes there. */
  readonly isReserved: boolean;
  /** When the first of its busy slots is thought to be free, from now; absent: nobody knows, it may be at once. */
  readonly freeInMs?: number | undefined;
  readonly canRun: (bucket: Bucket) => boolean;
};

/** What several runs of one project share; counted down within the turn. */
export type Allowance = { left: number };

export type RunRoom = {
  readonly priority: number;
  readonly weight: number;
  /** Order of the run among runs that are equally far. */
  readonly order: number;
  /** share.ts; moved on within the turn. */
  virtualMs: number;
  /** It had no lease for so long that it goes before all; until it gets one. */
  isStarving: boolean;
  /** Its own most in flight and its project's quota: each has to have some left. Empty: unbounded. */
  readonly allowances: readonly Allowance[];
  /** What a lease is charged with, milliseconds. */
  readonly costMs: (entry: QueuedTest) => number;
};

export type Assignment = {
  readonly bucket: Bucket;
  readonly entry: QueuedTest;
  readonly nodeId: NodeId;
};

export type AssignInput = {
  readonly buckets: readonly Bucket[];
  readonly nodes: readonly NodeRoom[];
  readonly runs: ReadonlyMap<RunId, RunRoom>;
  /** Whether all of them are free; those that are taken within the turn are counted here. */
  readonly locks: {
    readonly isFree: (bucket: Bucket) => boolean;
    readonly take: (locks: readonly Lock[]) => void;
  };
  /** Tests like this one to offer ahead of each slot, at most. */
  readonly depthOf: (entry: QueuedTest) => number;
  /** Nothing is offered ahead of slots that are all busy for longer; default: of any. */
  readonly aheadMsMax?: number;
  /** Whether a node is to be emptied for a test that waits to be alone. */
  readonly isOverdue: (entry: QueuedTest) => boolean;
};

/** @returns Assignments in the order of choice; those of one bucket are a prefix of it. */
export function assignTests(input: AssignInput): readonly Assignment[] {
  const seats = input.nodes
    .filter((node) => !node.isReserved)
    .map((node): Seat => {
      const freeInMs = node.active === 0 ? Number.POSITIVE_INFINITY : (node.freeInMs ?? 0);
      return { node, taken: node.active, isReserved: false, freeInMs };
    });
  const turn: Turn = { input, cursors: new Map(), assignments: [], live: [] };
  turn.live = liveBuckets(turn);
  reserveForAlone(turn, seats);
  fillSeats(turn, seats, "free");
  fillSeats(turn, seats, "ahead");
  return turn.assignments;
}

type Turn = {
  readonly input: AssignInput;
  readonly cursors: Map<Bucket, number>;
  readonly assignments: Assignment[];
  /** Buckets that a node could be given something of: what is held or used up now is for the rest of the turn. */
  live: readonly Bucket[];
};

type Phase = "free" | "ahead";
export type Candidate = {
  readonly bucket: Bucket;
  readonly entry: QueuedTest;
  readonly run: RunRoom;
};

/** A4: the emptiest node that could run it takes nothing else; the same one is found in every turn until it is empty. */
function reserveForAlone({ input }: Turn, seats: readonly Seat[]): void {
  for (const bucket of input.buckets) {
    const [first] = bucket.waiting;
    if (!bucket.isAlone || first === undefined || !input.isOverdue(first)) continue;
    const able = seats.filter(({ node }) => isPlace(bucket, node) && node.canRun(bucket));
    if (able.length === 0 || able.some(({ taken }) => taken === 0)) continue;
    const chosen = able.reduce((best, seat) => (seat.taken < best.taken ? seat : best));
    chosen.isReserved = true;
  }
}

const isPlace = ({ pin }: Bucket, { id }: NodeRoom): boolean => pin === undefined || pin === id;

function fillSeats(turn: Turn, seats: readonly Seat[], phase: Phase): void {
  const open = emptiestFirst(seats.filter((seat) => hasRoom(seat, phase)));
  for (let seat = open.take(); seat !== undefined; seat = open.take()) {
    if (turn.live.length === 0) return;
    const candidate = bestFor(turn, seat, phase);
    if (candidate === undefined) continue;
    take(turn, seat, candidate);
    if (hasRoom(seat, phase)) open.put(seat);
  }
}

function liveBuckets({ input, cursors }: Turn): readonly Bucket[] {
  return input.buckets.filter((bucket) => {
    const run = input.runs.get(bucket.runId);
    if (run === undefined || (cursors.get(bucket) ?? 0) >= bucket.waiting.length) return false;
    if (run.allowances.some(({ left }) => left <= 0)) return false;
    return bucket.locks.length === 0 || input.locks.isFree(bucket);
  });
}

/** Ahead of its slots a seat has as much room as the test at hand allows. */
function hasRoom({ node, taken, isReserved }: Seat, phase: Phase): boolean {
  return !isReserved && (phase === "ahead" || taken < node.slots);
}

function take(turn: Turn, seat: Seat, { bucket, entry, run }: Candidate): void {
  turn.cursors.set(bucket, (turn.cursors.get(bucket) ?? 0) + 1);
  turn.assignments.push({ bucket, entry, nodeId: seat.node.id });
  turn.input.locks.take(bucket.locks);
  for (const allowance of run.allowances) allowance.left -= 1;
  run.virtualMs += run.costMs(entry) / run.weight;
  run.isStarving = false;
  // The test that is next may wait behind a long one only where that is nearly over: elsewhere it would be the last to end.
  if (seat.taken < seat.node.slots)
    seat.freeInMs = Math.min(seat.freeInMs, (entry.expectedMs ?? 0) * seat.node.speed);
  seat.taken += 1;
  if (entry.isAlone) seat.isReserved = true;
  const isLast = turn.cursors.get(bucket) === bucket.waiting.length;
  if (isLast || bucket.locks.length > 0 || run.allowances.length > 0) turn.live = liveBuckets(turn);
}

/**
 * A2: the first of the buckets' first tests that may go there. What is offered ahead passes by nobody: when the first may
 * not be offered ahead, the next free slot is its own, which a queue on the node would take from it.
 */
function bestFor(turn: Turn, seat: Seat, phase: Phase): Candidate | undefined {
  let best: Candidate | undefined;
  for (const bucket of turn.live) {
    const entry = bucket.waiting[turn.cursors.get(bucket) ?? 0];
    const run = turn.input.runs.get(bucket.runId);
    if (entry === undefined || run === undefined) continue;
    const candidate = { bucket, entry, run };
    if (best !== undefined && compareCandidates(candidate, best) >= 0) continue;
    if (mayGo(seat, bucket)) best = candidate;
  }
  if (best === undefined || phase === "free") return best;
  return mayGoAhead(turn, seat, best) ? best : undefined;
}

function mayGo({ node, taken }: Seat, bucket: Bucket): boolean {
  return isPlace(bucket, node) && !(bucket.isAlone && taken > 0) && node.canRun(bucket);
}

function mayGoAhead({ input }: Turn, seat: Seat, { bucket, entry, run }: Candidate): boolean {
  if (!bucket.isAheadAllowed || run.allowances.length > 0) return false;
  if (seat.freeInMs > (input.aheadMsMax ?? Number.POSITIVE_INFINITY)) return false;
  return seat.taken < seat.node.slots * (1 + input.depthOf(entry));
}

/** A2: negative when `a` goes first. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.run === b.run) return compareQueued(a.entry, b.entry);
  const starving = Number(b.run.isStarving) - Number(a.run.isStarving);
  if (starving !== 0) return starving;
  const urgent = b.run.priority + priorityOf(b.entry) - (a.run.priority + priorityOf(a.entry));
  if (urgent !== 0) return urgent;
  return a.run.virtualMs - b.run.virtualMs || a.run.order - b.run.order;
}
