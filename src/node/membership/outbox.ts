/**
 * Sends saved events in numbered batches until the gateway has confirmed them. Owns what is in flight and when to ask
 * again; the store owns the events. It never forgets one: only the store does, on `confirm` (E3).
 *
 * Closed until the first welcome, then open. While open:
 * - a batch goes after what is at hand (a start: now) when none went in the last `batchMs`, else when that time is
 *   over (E3); on a slow disk later, so that syncs take a quarter of the node's time at most;
 * - an answer below what was sent (a batch before it was lost) goes back to confirmed + 1 at once when it brought
 *   progress, else after the back-off, so that two sides that disagree do not spin;
 * - no answer: back to confirmed + 1 after `resendMs`, doubled up to `resendMsMax`.
 * A generation counts these turns back: answers to older batches still confirm, but turn nothing back, and they do not
 * count as in flight (a batch that went into a dead connection would hold its place until its timeout).
 */
import { type EventBatch, EventReply } from "#proto/event.ts";
import type { MeshId, NodeId } from "#proto/ids.ts";
import { eventsSubject } from "#proto/subjects.ts";
import { type Bus, decodeMessage, encodeMessage } from "#shared/bus.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import { messageOf, unreachable } from "#shared/errors.ts";
import type { Limits } from "#shared/limits.ts";
import type { Log } from "#shared/log.ts";
import { isPassing } from "#shared/sqlite.ts";
import type { NodeStore } from "../store/node-store.ts";

export type OutboxOptions = {
  readonly meshId: MeshId;
  readonly nodeId: NodeId;
  readonly store: NodeStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly isAlive: () => boolean;
  /** The gateway answered. */
  readonly onContact: () => void;
  /** The gateway has confirmed more than was ever saved (E4): only hello can settle it. */
  readonly onBehind: () => void;
};

export type Outbox = {
  /** Something was saved: sends it after what is at hand, or within `batchMs`. */
  readonly notify: () => void;
  /** The same for a start: now, so that the gateway knows of an attempt before it can end its node (C4). */
  readonly notifyStart: () => void;
  /** After hello or a reconnect: asks again from confirmed + 1 (E3). */
  readonly resume: () => void;
  /** True when everything is confirmed within `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<boolean>;
  readonly close: () => void;
};

/** Room for the batch's own fields and the commas between its events. */
const ENVELOPE_BYTES = 16 * 1024;
/** A batch waits for so many times what its sync took, and never longer than the bound. */
const SYNC_PACE = 3;
const PACE_MS_MAX = 200;

type Context = OutboxOptions & {
  isOpen: boolean;
  /** Everything up to this number was sent in this generation. */
  cursor: number;
  generation: number;
  inFlight: number;
  failures: number;
  sentAtMs: number;
  /** What the last sync before a batch took. */
  syncMs: number;
  /** Where the last turn back without a pause began. */
  turnedBackTo: number;
  timer: Timer | undefined;
  isBackingOff: boolean;
  readonly waiters: Set<() => void>;
};

type Flight = { readonly generation: number; readonly storeId: string; readonly last: number };

export function createOutbox(options: OutboxOptions): Outbox {
  const context: Context = {
    ...options,
    isOpen: false,
    cursor: 0,
    generation: 0,
    inFlight: 0,
    failures: 0,
    sentAtMs: Number.NEGATIVE_INFINITY,
    syncMs: 0,
    turnedBackTo: -1,
    timer: undefined,
    isBackingOff: false,
    waiters: new Set(),
  };
  return {
    notify: () => pumpSoon(context),
    notifyStart: () => pump(context),
    resume: () => {
      context.isOpen = true;
      context.failures = 0;
      context.turnedBackTo = -1;
      stopTimer(context);
      turnBack(context);
      tellWaiters(context);
      pump(context);
    },
    flush: (timeoutMs) => flush(context, timeoutMs),
    close: () => {
      context.isOpen = false;
      stopTimer(context);
    },
  };
}

/**
 * What is saved in one go leaves in one batch: an attempt's last step, its end and the next start. The sync for the step
 * alone, within `record`, was 7 to 14 ms of each attempt on a busy disk (2 cores, 2026-11).
 */
function pumpSoon(context: Context): void {
  const { store, limits, clock } = context;
  if (!context.isOpen || context.isBackingOff) return;
  if (store.lastNumber() - context.cursor >= limits.batchEventsMax) return pump(context);
  wakeAfter(context, Math.max(0, context.sentAtMs + paceOf(context) - clock.monotonicMs()));
}

/** Sends what may be sent now; plans a wake-up for what may be sent soon. */
function pump(context: Context): void {
  const { store, limits, clock } = context;
  if (!context.isOpen || context.isBackingOff) return;
  let isFull = false;
  context.cursor = Math.max(context.cursor, store.confirmed());
  while (context.inFlight < limits.batchesInFlightMax && context.cursor < store.lastNumber()) {
    const waitMs = context.sentAtMs + paceOf(context) - clock.monotonicMs();
    const isMany = isFull || store.lastNumber() - context.cursor >= limits.batchEventsMax;
    if (waitMs > 0 && !isMany) {
      wakeAfter(context, waitMs);
      return;
    }
    if (!keepSaved(context)) return;
    sendBatch(context);
    isFull = context.cursor < store.lastNumber();
  }
}

function paceOf({ limits, syncMs }: Context): number {
  return Math.max(limits.batchMs, Math.min(SYNC_PACE * syncMs, PACE_MS_MAX));
}

/** A number that was sent is never given to another event, not even after a power cut (E2); without room nothing is sent. */
function keepSaved(context: Context): boolean {
  const startMs = context.clock.monotonicMs();
  try {
    context.store.sync();
    context.syncMs = context.clock.monotonicMs() - startMs;
    return true;
  } catch (thrown) {
    if (!isPassing(thrown)) throw thrown;
    context.log.warn("Events wait until the store takes something again", {
      reason: thrown.message,
    });
    context.sentAtMs = context.clock.monotonicMs(); // the back-off counts from here: nothing was sent
    backOff(context);
    return false;
  }
}

function sendBatch(context: Context): void {
  const { store, bus, limits, meshId, nodeId } = context;
  const bytesMax = Math.min(limits.batchBytesMax, bus.payloadBytesMax() - ENVELOPE_BYTES);
  const events = store.eventsAfter(context.cursor, { countMax: limits.batchEventsMax, bytesMax });
  const last = events.at(-1)?.number ?? context.cursor;
  const storeId = store.storeId();
  const batch: EventBatch = { meshId, nodeId, storeId, events: [...events] };
  const flight: Flight = { generation: context.generation, storeId, last };
  context.cursor = last;
  context.inFlight += 1;
  context.sentAtMs = context.clock.monotonicMs();
  bus
    .request(eventsSubject(nodeId), encodeMessage(batch), limits.resendMs)
    .then((data) => decodeMessage(EventReply, data))
    .then(
      (reply) => settleFlight(context, flight, () => takeReply(context, flight, reply)),
      (thrown: unknown) =>
        settleFlight(context, flight, () => takeFailure(context, flight, thrown)),
    );
}

function settleFlight(context: Context, flight: Flight, act: () => void): void {
  if (flight.generation === context.generation) context.inFlight -= 1;
  if (!context.isAlive() || !context.isOpen) return;
  act();
  pump(context);
}

function takeFailure(context: Context, flight: Flight, thrown: unknown): void {
  if (flight.generation !== context.generation) return;
  context.log.debug("Batch of events unanswered", { reason: messageOf(thrown), last: flight.last });
  backOff(context);
}

function takeReply(context: Context, flight: Flight, reply: EventReply): void {
  context.onContact();
  switch (reply.kind) {
    case "refused":
      context.log.warn("Batch of events refused", { code: reply.code, reason: reply.reason });
      if (flight.generation === context.generation) backOff(context);
      return;
    case "confirmed":
      takeConfirmed(context, flight, reply.number);
      return;
    default:
      unreachable(reply);
  }
}

function takeConfirmed(context: Context, flight: Flight, number: number): void {
  const { store } = context;
  if (flight.storeId !== store.storeId()) return;
  if (number > store.lastNumber()) {
    context.onBehind();
    return;
  }
  if (number > store.confirmed()) {
    if (!keepConfirmed(context, number)) return;
    context.failures = 0;
    tellWaiters(context);
  }
  if (flight.generation !== context.generation || number >= flight.last) return;
  if (context.turnedBackTo === store.confirmed()) {
    backOff(context);
    return;
  }
  context.turnedBackTo = store.confirmed();
  turnBack(context);
}

/** What cannot be noted now is asked for again: the gateway's answer will be the same (E2). */
function keepConfirmed(context: Context, number: number): boolean {
  try {
    context.store.confirm(number);
    return true;
  } catch (thrown) {
    if (!isPassing(thrown)) throw thrown;
    context.log.debug("A confirmation was not noted yet", { reason: thrown.message });
    backOff(context);
    return false;
  }
}

function turnBack(context: Context): void {
  context.generation += 1;
  context.inFlight = 0;
  context.cursor = context.store.confirmed();
}

function backOff(context: Context): void {
  const { resendMs, resendMsMax } = context.limits;
  turnBack(context);
  stopTimer(context);
  context.isBackingOff = true;
  // From the last batch on, so that one that ran into its timeout has waited already.
  const sinceSentMs = context.clock.monotonicMs() - context.sentAtMs;
  const pauseMs = Math.min(resendMs * 2 ** Math.min(context.failures, 20), resendMsMax);
  wakeAfter(context, Math.max(0, pauseMs - sinceSentMs));
  context.failures += 1;
}

function wakeAfter(context: Context, delayMs: number): void {
  if (context.timer !== undefined) return;
  context.timer = context.clock.after(delayMs, () => {
    context.timer = undefined;
    context.isBackingOff = false;
    pump(context);
  });
}

function stopTimer(context: Context): void {
  context.timer?.cancel();
  context.timer = undefined;
  context.isBackingOff = false;
}

function tellWaiters({ store, waiters }: Context): void {
  if (store.confirmed() < store.lastNumber()) return;
  for (const waiter of [...waiters]) waiter();
}

function flush(context: Context, timeoutMs: number): Promise<boolean> {
  const { store, waiters, clock } = context;
  return new Promise((resolve) => {
    const done = (isEmpty: boolean) => {
      waiters.delete(onEmpty);
      bound.cancel();
      resolve(isEmpty);
    };
    const onEmpty = () => done(true);
    const bound = clock.after(timeoutMs, () => done(store.confirmed() >= store.lastNumber()));
    waiters.add(onEmpty);
    tellWaiters(context);
    pump(context);
  });
}
