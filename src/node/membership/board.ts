/**
 * The node's slots and the accepted leases that wait for one. Owns which lease starts next, and when: in the order of
 * acceptance, in the same tick in which a slot becomes free. Start and give-back exclude each other in the store (L3).
 */
import type { LeaseId } from "#proto/ids.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { Log } from "#shared/log.ts";
import { isPassing } from "#shared/sqlite.ts";
import { cutEvent } from "../store/cut-event.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { AttemptOutcome, EndReason, Executor, RunningAttempt } from "./executor.ts";
import { createUnsaved } from "./unsaved.ts";

export type BoardOptions = {
  readonly slots: number;
  readonly store: NodeStore;
  readonly clock: Clock;
  readonly executor: Executor;
  readonly eventBytesMax: number;
  /** How long what the store does not take is tried again. */
  readonly unsavedMs: number;
  readonly log: Log;
  readonly isAlive: () => boolean;
  /** Called before a start: false when what waits must not start any more. */
  readonly mayStart: () => boolean;
  /** An event was saved. */
  readonly onSaved: () => void;
  /** The start of an attempt was saved, and it has not begun. */
  readonly onStartSaved: () => void;
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

/** A start that the store did not take is tried again after it. */
const START_RETRY_MS = 250;

export function createBoard(options: BoardOptions): Board {
  const { store, clock } = options;
  const unsaved = createUnsaved({
    ...options,
    append: (event) => {
      store.append(cutEvent(event, options.eventBytesMax));
      options.onSaved();
    },
  });
  const waiting = new Map<LeaseId, LeaseOffer>();
  const running = new Map<LeaseId, RunningAttempt | undefined>();
  const freeSlots = Array.from({ length: options.slots }, (_, index) => index);
  const idleWaiters = new Set<() => void>();
  let isStarting = false;

  let retry: Timer | undefined;
  const tryAgain = () => {
    retry?.cancel();
    retry = clock.after(START_RETRY_MS, startNext);
  };
  const startNext = () => {
    // An executor may end an attempt within `begin`: the loop goes on, it does not nest.
    if (isStarting) return;
    isStarting = true;
    try {
      for (const [leaseId, offer] of waiting) {
        const slotIndex = freeSlots[0];
        if (slotIndex === undefined || !options.isAlive() || !options.mayStart()) return;
        const saved = saveStart(options, offer, slotIndex);
        if (saved === "later") return tryAgain();
        waiting.delete(leaseId);
        if (saved === "started") startOne(offer, slotIndex);
      }
    } finally {
      isStarting = false;
      tellIdle();
    }
  };

  const startOne = (offer: LeaseOffer, slotIndex: number) => {
    const { leaseId } = offer;
    options.onStartSaved();
    freeSlots.shift();
    running.set(leaseId, undefined);
    let isOver = false; // also while its outcome waits to be saved: nothing may come behind it
    const attempt = options.executor.begin({
      offer,
      slotIndex,
      record: (event) => {
        if (!options.isAlive() || isOver) return;
        unsaved.save(event, { isPatient: false, onSaved: () => undefined });
      },
      end: (outcome) => {
        if (isOver || !options.isAlive()) return;
        isOver = true;
        endOne(leaseId, slotIndex, outcome);
      },
    });
    if (running.has(leaseId)) running.set(leaseId, attempt);
  };

  const endOne = (leaseId: LeaseId, slotIndex: number, outcome: AttemptOutcome) => {
    const onSaved = () => {
      running.delete(leaseId);
      giveSlot(freeSlots, slotIndex);
      startNext();
    };
    unsaved.save({ kind: "attempt_ended", leaseId, ...outcome }, { isPatient: true, onSaved });
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

/** `later`: the store takes nothing now; the lease waits on, and is tried again. `over`: it was given back (L3). */
function saveStart(
  { store, clock, log }: BoardOptions,
  { leaseId, attemptNumber }: LeaseOffer,
  slotIndex: number,
): "started" | "over" | "later" {
  const wallMs = clock.wallMs();
  try {
    const event = { kind: "attempt_started", leaseId, attemptNumber, slotIndex, wallMs } as const;
    return store.start(leaseId, event) ? "started" : "over"; // E1: before the first step
  } catch (thrown) {
    if (!isPassing(thrown)) throw thrown;
    log.warn("An attempt waits to start", { leaseId, reason: thrown.message });
    return "later";
  }
}

/** The lowest free slot is taken first. */
function giveSlot(freeSlots: number[], slotIndex: number): void {
  freeSlots.push(slotIndex);
  freeSlots.sort((a, b) => a - b);
}
