/** What a turn decides on: nodes, runs, locks and the depth of the queue, out of the books as they stand. */
import { openNodeCount, whyNotBegun } from "#gateway/fleet/min-nodes.ts";
import { openSlots } from "#gateway/fleet/open-slots.ts";
import { sparedNodes } from "#gateway/fleet/spare.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import type { RunId } from "#proto/ids.ts";
import type { Lock } from "#proto/schedule.ts";
import type { Limits } from "#shared/limits.ts";
import type { Allowance, AssignInput, NodeRoom, RunRoom } from "./assign.ts";
import { isFree, type LockUse, useOf, whoHolds } from "./locks.ts";
import { canRun, mayRun } from "./matching.ts";
import type { QueuedTest } from "./order.ts";
import { type Bucket, queuedCount } from "./queue.ts";
import { costMs, projectOf, runPriorityOf, usedSlots, weightOf } from "./share.ts";

/** How long a test that must be alone waits for an empty node before one is emptied for it, milliseconds. */
const ALONE_PATIENCE_MS = 2_000;

/** Everything that a turn over these nodes is decided on. */
export function roomsOf(mesh: Mesh, nodes: readonly NodeState[]): AssignInput {
  const nowMs = mesh.clock.monotonicMs();
  const isSpared = sparedNodes(mesh);
  return {
    buckets: [...mesh.queue.buckets.values()],
    nodes: nodes.map((node) => nodeRoom(mesh, node, isSpared)),
    runs: runRooms(mesh, nowMs),
    locks: lockRoom(mesh, nowMs),
    depthOf: depthIn(mesh),
    aheadMsMax: mesh.limits.prefetchMs,
    isOverdue: ({ sinceMs }) => nowMs - sinceMs >= ALONE_PATIENCE_MS,
  };
}

function nodeRoom(mesh: Mesh, node: NodeState, isSpared: ReturnType<typeof sparedNodes>): NodeRoom {
  return {
    id: node.record.nodeId,
    slots: openSlots(mesh, node),
    active: node.active.size,
    speed: node.speed,
    isReserved:
      mesh.aloneLeases.size > 0 && [...node.active].some(({ id }) => mesh.aloneLeases.has(id)),
    freeInMs: freeInMs(mesh, node),
    canRun: (bucket) => canRun(node, bucket) && !isSpared(node, bucket),
  };
}

/** Leases begin in the order in which they were issued, so the first of them have the slots. */
function freeInMs(mesh: Mesh, node: NodeState): number {
  const nowMs = mesh.clock.wallMs();
  let leastMs = Number.POSITIVE_INFINITY;
  let slotCount = node.record.hello.slots;
  for (const { runId, testIndex, attempt } of node.active) {
    if (slotCount === 0) break;
    slotCount -= 1;
    const expectedMs = mesh.runs.get(runId)?.tests[testIndex]?.estimate?.expectedMs ?? 0;
    const endMs = (attempt?.startedWallMs ?? nowMs) + expectedMs * node.speed;
    leastMs = Math.min(leastMs, endMs - nowMs);
  }
  return leastMs;
}

function runRooms(mesh: Mesh, nowMs: number): ReadonlyMap<RunId, RunRoom> {
  const projects = new Map<string, Allowance>();
  const rooms = new Map<RunId, RunRoom>();
  const countOpen = openNodeCount(mesh);
  for (const runId of mesh.queue.counts.keys()) {
    const run = mesh.runs.get(runId);
    if (run === undefined || run.end !== undefined) continue;
    if (whyNotBegun(run, countOpen) !== undefined) continue;
    rooms.set(runId, {
      priority: runPriorityOf(run),
      weight: weightOf(run),
      order: run.createdWallMs,
      virtualMs: run.share.virtualMs,
      isStarving: nowMs - run.share.servedAtMs >= mesh.limits.starveMs,
      allowances: Object.values(allowancesOf(mesh, run, projects)),
      costMs: ({ expectedMs }) => costMs(run, expectedMs),
    });
  }
  return rooms;
}

/** What of its own most in flight and of its project's quota is left to a run; absent: no bound. @param projects One for all runs of a project. */
export function allowancesOf(
  mesh: Mesh,
  run: RunState,
  projects: Map<string, Allowance> = new Map(),
): { readonly own?: Allowance; readonly project?: Allowance } {
  const { maxInFlight } = run.options;
  const project = projectAllowance(mesh, run, projects);
  return {
    ...(maxInFlight === undefined ? {} : { own: { left: maxInFlight - run.share.activeCount } }),
    ...(project === undefined ? {} : { project }),
  };
}

function projectAllowance(
  mesh: Mesh,
  run: RunState,
  projects: Map<string, Allowance>,
): Allowance | undefined {
  const project = projectOf(run);
  const quota = mesh.quotas.get(project);
  if (quota === undefined) return undefined;
  const known = projects.get(project);
  if (known !== undefined) return known;
  const used = usedSlots(project, mesh.runs.values());
  const allowance = { left: quota - used };
  projects.set(project, allowance);
  return allowance;
}

/** What is free in the book, less what this turn takes. */
function lockRoom(mesh: Mesh, nowMs: number): AssignInput["locks"] {
  const uses = new Map<string, LockUse>();
  // Counted once a turn, then with what the turn takes: each node asks for each bucket.
  const useNow = (name: string): LockUse => {
    const use = uses.get(name) ?? useOf(mesh.locks, name);
    uses.set(name, use);
    return use;
  };
  let reserved: ReadonlyMap<string, Bucket> | undefined;
  return {
    isFree: (bucket) =>
      bucket.locks.every((lock) => {
        reserved ??= reservedLocks(mesh, nowMs);
        const owner = reserved.get(lock.name);
        return (owner === undefined || owner === bucket) && isFree(useNow(lock.name), lock);
      }),
    take: (locks) => {
      for (const { name, limit } of locks) {
        const before = useNow(name);
        uses.set(name, { count: before.count + 1, limit: Math.min(before.limit, limit) });
      }
    },
  };
}

/**
 * Who waits for several locks at once might never find all of them free: after `starveMs` nobody else gets them.
 * The first by time keeps what it reserved, so two of them never wait for each other.
 */
function reservedLocks(mesh: Mesh, nowMs: number): ReadonlyMap<string, Bucket> {
  const overdue = [...mesh.queue.buckets.values()]
    .filter(({ locks }) => locks.length > 1)
    .map((bucket) => ({ bucket, sinceMs: bucket.waiting[0]?.sinceMs ?? nowMs }))
    .filter(({ sinceMs }) => nowMs - sinceMs >= mesh.limits.starveMs)
    .filter(({ bucket }) => hasOpenNode(mesh, bucket))
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const reserved = new Map<string, Bucket>();
  for (const { bucket } of overdue)
    for (const { name } of bucket.locks) if (!reserved.has(name)) reserved.set(name, bucket);
  return reserved;
}

function hasOpenNode(mesh: Mesh, bucket: Bucket): boolean {
  for (const node of mesh.nodes.values())
    if (openSlots(mesh, node) > 0 && mayRun(node, bucket)) return true;
  return false;
}

function depthIn(mesh: Mesh): AssignInput["depthOf"] {
  const length = queuedCount(mesh.queue);
  let slotCount: number | undefined;
  return ({ expectedMs, runId, test }: QueuedTest) => {
    slotCount ??= openSlotCount(mesh);
    const mean = mesh.runs.get(runId)?.meanMs.get(test.definition.platform);
    return prefetchDepth({ length, slotCount, meanMs: expectedMs ?? mean }, mesh.limits);
  };
}

function openSlotCount(mesh: Mesh): number {
  let count = 0;
  for (const node of mesh.nodes.values()) count += openSlots(mesh, node);
  return count;
}

/**
 * How many tests to offer ahead of each slot: about `prefetchMs` of work, less as the queue runs out (guided
 * self-scheduling, Polychronopoulos and Kuck 1987), and one of longer tests while the queue is long: a slot that waits
 * for the wire between two of them stood idle for 11 to 19 ms (2 busy cores, 2026-11). What is offered ahead and has
 * not started is recalled for an idle node, or for a run that is due (L3).
 */
export function prefetchDepth(
  queue: {
    readonly length: number;
    readonly slotCount: number;
    readonly meanMs: number | undefined;
  },
  limits: Pick<Limits, "prefetchMs" | "prefetchPerSlotMax" | "prefetchTestMsMax">,
): number {
  if (queue.meanMs === undefined || queue.slotCount === 0) return 0;
  if (queue.meanMs > limits.prefetchTestMsMax) return 0;
  const byTime = Math.floor(limits.prefetchMs / Math.max(queue.meanMs, 1));
  const byQueue = Math.ceil(queue.length / (2 * queue.slotCount));
  const least = queue.length >= 2 * queue.slotCount ? 1 : 0;
  return Math.min(Math.max(byTime, least), byQueue, limits.prefetchPerSlotMax);
}

/** Locks that a bucket waits for; empty when all are free. */
export function missingLocks(mesh: Mesh, { locks }: Bucket): readonly Lock[] {
  return locks.filter((lock) => whoHolds(mesh.locks, lock).length > 0);
}
