/**
 * Takes back what nodes have not started (L3): for a node that has nothing to do while another has a queue, and for a run
 * that is due while the leases of others stand before its own. What is given back is queued again.
 */
import { openSlots } from "#gateway/fleet/open-slots.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { LeaseState, RunState } from "#gateway/mesh/run-state.ts";
import { mayRun } from "./matching.ts";
import { missingNeeds } from "./needs.ts";
import type { Bucket } from "./queue.ts";
import { askBack } from "./repeat.ts";
import { missingLocks } from "./rooms.ts";
import { isBounded, meanMsOf, runPriorityOf, weightOf } from "./share.ts";

/** What takes less is over before the wire has answered, milliseconds. */
const WORTH_MS = 50;

/**
 * Nodes with a free slot and nothing in the queue for it: half of what the fullest have not started comes back.
 *
 * @param looked The nodes that the turn has just looked at: others had nothing to begin with.
 */
export function recallForIdle(mesh: Mesh, looked: readonly NodeState[]): void {
  const free = looked.filter((node) => node.active.size < openSlots(mesh, node));
  if (free.length === 0) return;
  // Before what is asked of each: of a thousand idle nodes none is looked at while nobody has a queue.
  const queued: NodeState[] = [];
  for (const node of mesh.nodes.values())
    if (node.active.size > node.record.hello.slots && node.life.kind === "alive") queued.push(node);
  if (queued.length === 0) return;
  const idle = free.filter((node) => isIdle(mesh, node));
  if (idle.length === 0) return;
  let wanted = idle.reduce((sum, node) => sum + openSlots(mesh, node) - node.active.size, 0);
  const full = queued
    .map((node) => ({
      node,
      spare: unstartedOf(mesh, node).filter((one) => isFor(mesh, one, idle)),
    }))
    .sort((a, b) => b.spare.length - a.spare.length);
  for (const { node, spare } of full) {
    if (wanted <= 0) return;
    if (!isWorth(mesh, spare)) continue;
    const leases = spare.slice(-Math.ceil(spare.length / 2));
    wanted -= leases.length;
    recall(mesh, node, leases);
  }
}

/**
 * Whether there is nothing in the queue that could be given to a node with a free slot now. A node that runs a test which must be alone, or may
 * be emptied for one (C4), takes nothing: what came back for it would go where it was, again and again.
 */
function isIdle(mesh: Mesh, node: NodeState): boolean {
  if ([...node.active].some(({ id }) => mesh.aloneLeases.has(id))) return false;
  return ![...mesh.queue.buckets.values()].some(
    (bucket) =>
      (bucket.isAlone || (bucket.isAheadAllowed && !isOfBounded(mesh, bucket))) &&
      mayRun(node, bucket),
  );
}

function isOfBounded(mesh: Mesh, { runId }: Bucket): boolean {
  const run = mesh.runs.get(runId);
  return run !== undefined && isBounded(run, mesh.quotas);
}

/** Accepted leases that have not started, oldest first; none while some of them are asked for. */
function unstartedOf(mesh: Mesh, node: NodeState): readonly LeaseState[] {
  const unstarted = [...node.active].filter(
    (lease) => lease.offer === "accepted" && lease.attempt === undefined,
  );
  const isAsked = unstarted.some((lease) => lease.isRecalling);
  return isAsked ? [] : unstarted.filter((lease) => isMovable(mesh, lease));
}

/** What belongs to a group stays with its node. */
function isMovable(mesh: Mesh, lease: LeaseState): boolean {
  return definitionOf(mesh, lease)?.schedule?.group === undefined;
}

const definitionOf = (mesh: Mesh, lease: LeaseState) =>
  mesh.runs.get(lease.runId)?.tests[lease.testIndex]?.definition;

function isFor(mesh: Mesh, lease: LeaseState, nodes: readonly NodeState[]): boolean {
  const definition = definitionOf(mesh, lease);
  return (
    definition !== undefined &&
    nodes.some(({ record }) => missingNeeds(definition, record.hello).length === 0)
  );
}

/** Enough work to be worth it, or it has waited longer than it was thought to. */
function isWorth(mesh: Mesh, leases: readonly LeaseState[]): boolean {
  const nowMs = mesh.clock.monotonicMs();
  let workMs = 0;
  for (const { runId, chargedMs, acceptedAtMs } of leases) {
    if (nowMs - acceptedAtMs >= WORTH_MS) return true;
    const run = mesh.runs.get(runId);
    workMs += (run && meanMsOf(run)) ?? chargedMs ?? 0;
  }
  return workMs >= WORTH_MS;
}

function recall(mesh: Mesh, node: NodeState, leases: readonly LeaseState[]): void {
  for (const lease of leases) lease.isRecalling = true;
  mesh.turn.afterCommit(() => askBack(mesh, node, { kind: "recall", leases }));
}

/**
 * Runs that wait for less than their due, while nodes hold unstarted leases of runs that go after them: a run that was
 * submitted behind a long one starts when the next attempt ends, not after what stands before it on the node.
 */
export function recallForDue(mesh: Mesh): void {
  if (mesh.queue.counts.size === 0) return;
  const competing = [...mesh.runs.values()].filter(
    (run) => run.share.activeCount > 0 || mesh.queue.counts.has(run.id),
  );
  if (competing.length < 2) return;
  const open = [...mesh.nodes.values()].filter((node) => openSlots(mesh, node) > 0);
  const slotCount = open.reduce((sum, node) => sum + node.record.hello.slots, 0);
  for (const run of competing) {
    if (!mesh.queue.counts.has(run.id)) continue;
    const behind = competing.filter((other) =>
      goesAfter(other, run, dueOf(other, competing, slotCount)),
    );
    if (behind.length > 0)
      recallFor(mesh, {
        run,
        behind: new Set(behind),
        nodes: open,
        due: dueOf(run, competing, slotCount),
      });
  }
}

/** The slots that are a run's by its weight among those of its priority; at least one. */
function dueOf(run: RunState, competing: readonly RunState[], slotCount: number): number {
  const equals = competing.filter((other) => runPriorityOf(other) === runPriorityOf(run));
  const weights = equals.reduce((sum, other) => sum + weightOf(other), 0);
  return Math.max(1, Math.floor((slotCount * weightOf(run)) / weights));
}

/** Lower in priority, or of the same with more leases than its due and further than the run. */
function goesAfter(other: RunState, run: RunState, due: number): boolean {
  if (other === run || runPriorityOf(other) > runPriorityOf(run)) return false;
  if (runPriorityOf(other) < runPriorityOf(run)) return true;
  return other.share.activeCount > due && other.share.virtualMs >= run.share.virtualMs;
}

type Due = {
  readonly run: RunState;
  readonly behind: ReadonlySet<RunState>;
  readonly nodes: readonly NodeState[];
  readonly due: number;
};

function recallFor(mesh: Mesh, { run, behind, nodes, due }: Due): void {
  const buckets = [...mesh.queue.buckets.values()].filter(
    (bucket) => bucket.runId === run.id && missingLocks(mesh, bucket).length === 0,
  );
  const able = nodes.filter((node) => buckets.some((bucket) => mayRun(node, bucket)));
  // A node without a queue of its own is the run's as soon as an attempt there ends.
  const ready = able.filter((node) => node.active.size <= node.record.hello.slots);
  const waiting = Math.min(mesh.queue.counts.get(run.id) ?? 0, maxOf(run) - run.share.activeCount);
  let wanted = Math.min(waiting, due - run.share.activeCount) - ready.length;
  for (const node of able) {
    if (wanted <= 0) return;
    const leases = unstartedOf(mesh, node).filter((lease) => {
      const other = mesh.runs.get(lease.runId);
      return other !== undefined && behind.has(other);
    });
    if (leases.length === 0 || !isWorth(mesh, leases)) continue;
    recall(mesh, node, leases);
    wanted -= 1;
  }
}

const maxOf = (run: RunState): number => run.options.maxInFlight ?? Number.POSITIVE_INFINITY;
