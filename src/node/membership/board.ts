/**
 * The node's slots and the accepted leases that wait for one. Owns which lease starts next, and when: in the order of
 * acceptance, in the same tick in which a slot becomes free. Start and give-back exclude each other in the store (L3).
 */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import type { Log } from "#shared/log.ts";
import { cutEvent } from "../store/cut-event.ts";
import type { NodeStore } from "../store/node-store.ts";
import type {
  AttemptOutcome,
  AttemptWork,
  EndReason,
  Executor,
  RunningAttempt,
} from "./executor.ts";
import { type Start, saveStart, saveWithNext } from "./starts.ts";
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

/** Without `attempt` while it begins. */
type Running = { readonly slotIndex: number; readonly attempt?: RunningAttempt };

/** A start that the store did not take is tried again after it. */
const START_RETRY_MS = 250;

export function createBoard(options: BoardOptions): Board {
  const { clock } = options;
  /** Whose start was saved together with the end that came last. */
  let startedWithEnd: Start | undefined;
  const unsaved = createUnsaved({
    ...options,
    append: (event) => {
      const cut = cutEvent(event, options.eventBytesMax);
      startedWithEnd = saveWithNext(options, cut, nextAfter(cut));
      options.onSaved();
    },
  });
  const waiting = new Map<LeaseId, LeaseOffer>();
  const running = new Map<LeaseId, Running>();
  const freeSlots = Array.from({ length: options.slots }, (_, index) => index);
  const idle = createIdle(() => running.size === 0);
  let isStarting = false;

  let retry: Timer | undefined;
  const tryAgain = () => {
    retry?.cancel();
    retry = clock.after(START_RETRY_MS, () => startNext());
  };
  /** What may start in the slot that an end makes free; undefined when nothing may, or a start is under way. */
  const nextAfter = (event: NodeEvent): Start | undefined => {
    if (event.kind !== "attempt_ended" || isStarting || freeSlots.length > 0) return undefined;
    const slotIndex = running.get(event.leaseId)?.slotIndex;
    const [offer] = waiting.values();
    if (slotIndex === undefined || offer === undefined) return undefined;
    return options.isAlive() && options.mayStart() ? { offer, slotIndex } : undefined;
  };
  /** @param begun Its start was saved together with the end that made the slot free. */
  const startNext = (begun?: Start) => {
    // An executor may end an attempt within `begin`: the loop goes on, it does not nest.
    if (isStarting) return;
    isStarting = true;
    try {
      if (begun !== undefined) startOne(begun);
      startWaiting();
    } finally {
      isStarting = false;
      idle.tell();
    }
  };
  const startWaiting = () => {
    for (const [leaseId, offer] of waiting) {
      const slotIndex = freeSlots[0];
      if (slotIndex === undefined || !options.isAlive() || !options.mayStart()) return;
      const saved = saveStart(options, { offer, slotIndex });
      if (saved === "later") return tryAgain();
      if (saved === "started") startOne({ offer, slotIndex });
      else waiting.delete(leaseId);
    }
  };

  const startOne = ({ offer, slotIndex }: Start) => {
    const { leaseId } = offer;
    waiting.delete(leaseId);
    options.onStartSaved();
    freeSlots.shift();
    running.set(leaseId, { slotIndex });
    const attempt = options.executor.begin({
      offer,
      slotIndex,
      ...untilOver(options.isAlive, {
        record: (event) => unsaved.save(event, { isPatient: false, onSaved: () => undefined }),
        end: (outcome) => endOne(leaseId, slotIndex, outcome),
      }),
    });
    if (running.has(leaseId)) running.set(leaseId, { slotIndex, attempt });
  };

  const endOne = (leaseId: LeaseId, slotIndex: number, outcome: AttemptOutcome) => {
    const onSaved = () => {
      running.delete(leaseId);
      giveSlot(freeSlots, slotIndex);
      startNext(startedWithEnd);
    };
    unsaved.save({ kind: "attempt_ended", leaseId, ...outcome }, { isPatient: true, onSaved });
  };

  return {
    enqueue: (offers) => {
      for (const offer of offers) waiting.set(offer.leaseId, offer);
    },
    startNext: () => startNext(),
    forget: (leaseIds) => {
      for (const leaseId of leaseIds) waiting.delete(leaseId);
    },
    cancel: (leaseIds, reason) => {
      for (const leaseId of leaseIds) running.get(leaseId)?.attempt?.cancel(reason);
    },
    runningIds: () => [...running.keys()],
    waitingIds: () => [...waiting.keys()],
    freeSlots: () => freeSlots.length,
    whenIdle: idle.wait,
  };
}

type Told = Pick<AttemptWork, "record" | "end">;

/** Nothing comes behind an outcome, also while it waits to be saved, and nothing from a process that is over. */
function untilOver(isAlive: () => boolean, { record, end }: Told): Told {
  let isOver = false;
  return {
    record: (event) => {
      if (isAlive() && !isOver) record(event);
    },
    end: (outcome) => {
      if (isOver || !isAlive()) return;
      isOver = true;
      end(outcome);
    },
  };
}

/** Whoever waits until nothing runs. */
function createIdle(isIdle: () => boolean) {
  const waiters = new Set<() => void>();
  const tell = () => {
    if (!isIdle()) return;
    for (const resolve of waiters) resolve();
    waiters.clear();
  };
  const wait = () =>
    new Promise<void>((resolve) => {
      waiters.add(resolve);
      tell();
    });
  return { tell, wait };
}

/** The lowest free slot is taken first. */
function giveSlot(freeSlots: number[], slotIndex: number): void {
  freeSlots.push(slotIndex);
  freeSlots.sort((a, b) => a - b);
}
