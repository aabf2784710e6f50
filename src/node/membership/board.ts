/**
 * The node's slots and the accepted leases that wait for one. Owns which lease starts next, and when: in the order of
 * acceptance, in the same tick in which a slot becomes free. Start and give-back exclude each other in the store (L3).
 */
import type { LeaseId } from "#proto/ids.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Clock } from "#shared/clock.ts";
import type { Log } from "#shared/log.ts";
import { cutEvent } from "../store/cut-event.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { AttemptOutcome, EndReason, Executor, RunningAttempt } from "./executor.ts";

export type BoardOptions = {
  readonly slots: number;
  readonly store: NodeStore;
  readonly clock: Clock;
  readonly executor: Executor;
  readonly eventBytesMax: number;
  readonly log: Log;
  readonly isAlive: () => boolean;
  /** Called before a start: false when what waits must not start any more. */
  readonly mayStart: () => boolean;
  /** An event was saved. */
  readonly onSaved: () => void;
};

export type Board = {
  readonly enqueue: (offers: readonly LeaseOffer[]) => void;
  /** Starts what waits while slots are free. */
  readonly startNext: () => void;
  /** Takes given-back leases from the queue. */
  readonly forget: (leaseIds: readonly LeaseId[]) => void;
  readonly cancel: (leaseIds: readonly LeaseId[], reason: EndReason) => void;
  readonly runningIds: () => readonly LeaseId[];
  readonly waitingIds: () => readonly LeaseId[];
  readonly freeSlots: () => number;
  /** Resolves when nothing runs. */
  readonly whenIdle: () => Promise<void>;
};

export function createBoard(options: BoardOptions): Board {
  const { store, clock } = options;
  const waiting = new Map<LeaseId, LeaseOffer>();
  const running = new Map<LeaseId, RunningAttempt | undefined>();
  const freeSlots = Array.from({ length: options.slots }, (_, index) => index);
  const idleWaiters = new Set<() => void>();
  let isStarting = false;

  const startNext = () => {
    // An executor may end an attempt within `begin`: the loop goes on, it does not nest.
    if (isStarting) return;
    isStarting = true;
    try {
      for (const [leaseId, offer] of waiting) {
        const slotIndex = freeSlots[0];
        if (slotIndex === undefined || !options.isAlive() || !options.mayStart()) return;
        waiting.delete(leaseId);
        startOne(offer, slotIndex);
      }
    } finally {
      isStarting = false;
      tellIdle();
    }
  };

  const startOne = (offer: LeaseOffer, slotIndex: number) => {
    const { leaseId, attemptNumber } = offer;
    const wallMs = clock.wallMs();
    // L3, E1: saved before the first step; false when it was given back.
    if (
      !store.start(leaseId, { kind: "attempt_started", leaseId, attemptNumber, slotIndex, wallMs })
    )
      return;
    options.onSaved();
    freeSlots.shift();
    running.set(leaseId, undefined);
    const attempt = options.executor.begin({
      offer,
      slotIndex,
      record: (event) => {
        if (!options.isAlive() || !running.has(leaseId)) return;
        store.append(cutEvent(event, options.eventBytesMax));
        options.onSaved();
      },
      end: (outcome) => endOne(leaseId, slotIndex, outcome),
    });
    if (running.has(leaseId)) running.set(leaseId, attempt);
  };

  const endOne = (leaseId: LeaseId, slotIndex: number, outcome: AttemptOutcome) => {
    if (!options.isAlive() || !running.has(leaseId)) return;
    store.append(cutEvent({ kind: "attempt_ended", leaseId, ...outcome }, options.eventBytesMax));
    running.delete(leaseId);
    freeSlots.push(slotIndex);
    freeSlots.sort((a, b) => a - b);
    options.onSaved();
    startNext();
  };

  const tellIdle = () => {
    if (running.size > 0) return;
    for (const tell of idleWaiters) tell();
    idleWaiters.clear();
  };

  return {
    enqueue: (offers) => {
      for (const offer of offers) waiting.set(offer.leaseId, offer);
    },
    startNext,
    forget: (leaseIds) => {
      for (const leaseId of leaseIds) waiting.delete(leaseId);
    },
    cancel: (leaseIds, reason) => {
      for (const leaseId of leaseIds) running.get(leaseId)?.cancel(reason);
    },
    runningIds: () => [...running.keys()],
    waitingIds: () => [...waiting.keys()],
    freeSlots: () => freeSlots.length,
    whenIdle: () =>
      new Promise((resolve) => {
        idleWaiters.add(resolve);
        tellIdle();
      }),
  };
}
