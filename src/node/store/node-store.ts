/**
 * The seam of a node's own truth: leases, the outbox, attempts. replica.ts keeps it in libSQL; tests/kit in memory.
 * Every call is one transaction and durable when it returns.
 */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId, StoreId } from "#proto/ids.ts";
import type { HeldLease } from "#proto/lease.ts";

/**
 * accepted → running → ended → (forgotten when its last event is confirmed)
 * accepted → given_back (recalled, expired, dropped, of an older process): remembered, never started (L3)
 */
export type LeaseState = "accepted" | "running" | "ended" | "given_back";

/** How many leases that are over (given back, or delivered) a store remembers, so that a late offer of one is known. */
export const LEASES_REMEMBERED_MAX = 10_000;

export type LeaseRow = {
  readonly leaseId: LeaseId;
  readonly state: LeaseState;
  readonly attemptNumber: number;
  readonly testKey: string;
  /** Names and verbs of the planned steps, so that the replica can be read with everything else off. */
  readonly plannedSteps: readonly { readonly name: string; readonly kind: string }[];
};

export type SavedEvent = { readonly number: number; readonly event: NodeEvent };

export type AttemptEnd = Extract<NodeEvent, { kind: "attempt_ended" }>;

/** A lease that shall start, and the event that says so. */
export type NextStart = { readonly leaseId: LeaseId; readonly event: NodeEvent };

export type NodeStore = {
  readonly storeId: () => StoreId;
  /** Number of the last saved event, 0 when none. */
  readonly lastNumber: () => number;
  /** Events 1..confirmed are with the gateway. */
  readonly confirmed: () => number;
  readonly leases: () => readonly LeaseRow[];
  /** One lease; `ended` also for one that is delivered and still remembered. */
  readonly lease: (leaseId: LeaseId) => LeaseRow | undefined;
  /** Accepted, running, and ended but unconfirmed leases, as heartbeats carry them (L4). */
  readonly held: () => readonly HeldLease[];
  readonly saveAccepted: (rows: readonly LeaseRow[]) => void;
  /** Gives back those that are still `accepted`; returns them. Excludes `start` (L3). */
  readonly giveBack: (leaseIds: readonly LeaseId[]) => readonly LeaseId[];
  /** Moves an `accepted` lease to `running` and saves its event; false when it is not `accepted` any more (L3). */
  readonly start: (leaseId: LeaseId, event: NodeEvent) => boolean;
  /**
   * `append` of an attempt's end and `start` of the next lease in one transaction; false when that is not `accepted` any
   * more: then only the end was saved.
   */
  readonly endAndStart: (end: AttemptEnd, next: NextStart) => boolean;
  /** Saves an event of a running lease; `attempt_ended` moves it to `ended`. Returns its number (E1). */
  readonly append: (event: NodeEvent) => number;
  /** The oldest unconfirmed events after `after`, bounded by count and bytes of JSON; at least one when there is one. */
  readonly eventsAfter: (
    after: number,
    bound: { readonly countMax: number; readonly bytesMax: number },
  ) => readonly SavedEvent[];
  /** From here on not even a power cut loses an event that was saved before; called before events are sent (E1, E2). */
  readonly sync: () => void;
  /** Forgets events 1..number and the leases that ended within them (E3). Ignores what is not above `confirmed`. */
  readonly confirm: (number: number) => void;
  /**
   * Opens a new event sequence (E4): events 1..known of the old one are with the gateway; what is kept of the others is
   * numbered anew, also what was confirmed by a gateway that has forgotten it. Default: what is confirmed is known.
   */
  readonly renew: (known?: number) => void;
};
