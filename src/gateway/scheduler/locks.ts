/**
 * Named locks and semaphores across the mesh: who holds which, and until when. Owns no store: holders are derived from
 * leases, at each lease and again at a restart.
 *
 * - K-1 A lease holds all locks of its test from its issue on: none of them alone, so nobody waits while holding.
 * - K-2 A lock is held until the attempt cannot run any more: its end was told, its node gave it back, does not hold it
 *   or is a new process. Suspect or gone is no end: a node that is cut off runs on (L2).
 * - K-3 Where nobody ever tells, it ends by the bound of the attempt itself. A machine that stands still for longer than
 *   that bound and then goes on is beyond it: only the resource itself could fence that.
 */
import type { LeaseState } from "#gateway/mesh/run-state.ts";
import type { LeaseId, NodeId } from "#proto/ids.ts";
import type { Lock } from "#proto/schedule.ts";
import type { TestDefinition } from "#proto/test.ts";
import type { Limits } from "#shared/limits.ts";

export type LockHolder = {
  readonly lease: LeaseState;
  readonly locks: readonly Lock[];
  /** The lease is settled and its attempt may still run: it ends by itself then, gateway's monotonic clock. */
  untilMs?: number;
};

/** Who holds what. */
export type LockBook = {
  readonly holders: Map<LeaseId, LockHolder>;
  readonly byName: Map<string, Set<LockHolder>>;
  /** Counts locks that were given up. */
  stirs: number;
};

export function createLockBook(): LockBook {
  return { holders: new Map(), byName: new Map(), stirs: 0 };
}

/** K-1. */
export function takeLocks(book: LockBook, lease: LeaseState, locks: readonly Lock[]): void {
  if (locks.length === 0 || book.holders.has(lease.id)) return;
  const holder: LockHolder = { lease, locks };
  book.holders.set(lease.id, holder);
  for (const { name } of locks) {
    const holders = book.byName.get(name) ?? new Set();
    holders.add(holder);
    book.byName.set(name, holders);
  }
}

/** Its attempt is over, or never was. */
export function dropLocks(book: LockBook, leaseId: LeaseId): void {
  const holder = book.holders.get(leaseId);
  if (holder === undefined) return;
  book.holders.delete(leaseId);
  book.stirs += 1;
  for (const { name } of holder.locks) {
    const holders = book.byName.get(name);
    holders?.delete(holder);
    if (holders?.size === 0) book.byName.delete(name);
  }
}

/** K-3: settled without a known end. */
export function keepLocks(book: LockBook, leaseId: LeaseId, untilMs: number): void {
  const holder = book.holders.get(leaseId);
  if (holder !== undefined) holder.untilMs ??= untilMs;
}

/** The lease is wanted again: its settlement was revoked. */
export function renewLocks(book: LockBook, leaseId: LeaseId): void {
  const holder = book.holders.get(leaseId);
  if (holder !== undefined) delete holder.untilMs;
}

/** K-3: drops what has ended by its bound. */
export function expireLocks(book: LockBook, nowMs: number): void {
  for (const { lease, untilMs } of [...book.holders.values()])
    if (untilMs !== undefined && nowMs >= untilMs) dropLocks(book, lease.id);
}

/** K-2: drops what the node, which speaks for itself now, does not hold any more. */
export function dropUnheld(
  book: LockBook,
  nodeId: NodeId,
  isHeld: (leaseId: LeaseId) => boolean,
): void {
  for (const { lease, untilMs } of [...book.holders.values()])
    if (untilMs !== undefined && lease.nodeId === nodeId && !isHeld(lease.id))
      dropLocks(book, lease.id);
}

/** How often a lock is held, and the least of its holders' limits. */
export type LockUse = { readonly count: number; readonly limit: number };

export function useOf(book: LockBook, name: string): LockUse {
  const holders = book.byName.get(name);
  let limit = Number.POSITIVE_INFINITY;
  for (const { locks } of holders ?? [])
    for (const lock of locks) if (lock.name === name) limit = Math.min(limit, lock.limit);
  return { count: holders?.size ?? 0, limit };
}

/** Whether a lock may be taken once more. Where limits differ, the least is true. */
export function isFree({ count, limit }: LockUse, lock: Lock): boolean {
  return count < Math.min(limit, lock.limit);
}

/** Those who keep a lock from being taken once more; empty when it is free. */
export function whoHolds(book: LockBook, lock: Lock): readonly LockHolder[] {
  return isFree(useOf(book, lock.name), lock) ? [] : [...(book.byName.get(lock.name) ?? [])];
}

type AttemptLimits = Pick<
  Limits,
  "unstartedLeaseMs" | "attemptOpenMs" | "driverCloseMs" | "goneAfterMs"
>;

/** The longest that an attempt of an accepted lease can still act on anything, milliseconds: waiting, opening, its timeout, steps after it. */
export function attemptMsMax(definition: TestDefinition, limits: AttemptLimits): number {
  return (
    limits.unstartedLeaseMs +
    limits.attemptOpenMs +
    definition.timeoutMs +
    definition.stepTimeoutMs +
    limits.driverCloseMs +
    limits.goneAfterMs
  );
}
