/**
 * Pure: weighted fair share between the runs of one priority, by virtual time (start-time fair queueing, Goyal 1996):
 * each lease moves its run on by the time it is expected to take, divided by the run's weight; the run that is least far
 * goes first. What a lease really took replaces what was expected of it, and one that never ran is given back.
 */
import type { LeaseState, RunState } from "#gateway/mesh/run-state.ts";

/** What the scheduler keeps of a run while it is open. Not stored: after a restart all begin at one line again. */
export type RunShare = {
  /** How far it is, milliseconds of slots divided by its weight. */
  virtualMs: number;
  /** Of that what was charged for leases that are not over, milliseconds of slots. */
  openMs: number;
  /** When it last got a lease, or began to wait, gateway's monotonic clock. */
  servedAtMs: number;
  /** Its leases that are neither ended nor settled. */
  activeCount: number;
};

/** Of tests of which nothing is known. */
const UNKNOWN_MS = 1_000;

export function createShare(nowMs: number): RunShare {
  return { virtualMs: 0, openMs: 0, servedAtMs: nowMs, activeCount: 0 };
}

export const weightOf = (run: RunState): number => run.options.weight ?? 1;

/** The run's own; its tests' are added where tests are compared. */
export const runPriorityOf = (run: RunState): number => run.options.priority ?? 0;

/** A run that names no project uses the slots of `default`. */
export const projectOf = (run: RunState): string => run.options.project ?? "default";

/** Slots that a project's runs use now. */
export function usedSlots(project: string, runs: Iterable<RunState>): number {
  let used = 0;
  for (const run of runs) if (projectOf(run) === project) used += run.share.activeCount;
  return used;
}

/** Whether it may have only so many leases at once: by its own bound, or by the quota of its project. */
export function isBounded(run: RunState, quotas: ReadonlyMap<string, number>): boolean {
  return run.options.maxInFlight !== undefined || quotas.has(projectOf(run));
}

/** The mean of its attempts, of the platform where they take longest, milliseconds; undefined before the first. */
export function meanMsOf(run: RunState): number | undefined {
  return run.meanMs.size === 0 ? undefined : Math.max(...run.meanMs.values());
}

/** Whether it has anything to share: a run without work neither lags behind nor holds others up. */
function isCompeting(run: RunState): boolean {
  const isStopped = run.cancel !== undefined && run.cancel.code !== "max_failures";
  return run.end === undefined && !isStopped && run.openCount > 0;
}

/**
 * A run that begins, or had nothing to run for a while, is as far as the one that is least far, less what that one has in
 * flight: it has no past to be paid for, and as much in flight is its due.
 */
export function joinLine(run: RunState, runs: Iterable<RunState>, nowMs: number): void {
  run.share.servedAtMs = nowMs; // it begins to wait: nothing of it starved before
  const others = [...runs].filter((other) => other !== run && isCompeting(other));
  if (others.length === 0) return;
  const line = Math.min(...others.map(settledMs));
  run.share.virtualMs = Math.max(run.share.virtualMs, line);
}

const settledMs = (run: RunState): number => run.share.virtualMs - run.share.openMs / weightOf(run);

/** What a lease of a test is charged with, milliseconds. @param expectedMs Undefined: the run's mean, else a second. */
export function costMs(run: RunState, expectedMs: number | undefined): number {
  return Math.max(1, expectedMs ?? meanMsOf(run) ?? UNKNOWN_MS);
}

/** Charges a lease when it is issued. */
export function charge(run: RunState, lease: LeaseState, chargedMs: number): void {
  lease.chargedMs = chargedMs;
  run.share.openMs += chargedMs;
  run.share.virtualMs += chargedMs / weightOf(run);
}

/** Puts what a lease took in place of what was charged; 0 when it never ran. */
export function recharge(run: RunState, lease: LeaseState, tookMs: number): void {
  if (lease.chargedMs === undefined) return;
  run.share.openMs -= lease.chargedMs;
  run.share.virtualMs += (tookMs - lease.chargedMs) / weightOf(run);
  delete lease.chargedMs;
}
