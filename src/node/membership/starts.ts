/** How the start of an attempt gets into the store: alone, or together with the end that made its slot free. */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Clock } from "#shared/clock.ts";
import type { Log } from "#shared/log.ts";
import { isPassing } from "#shared/sqlite.ts";
import type { NodeStore } from "../store/node-store.ts";

/** A lease that starts, and where. */
export type Start = { readonly offer: LeaseOffer; readonly slotIndex: number };

type Parts = { readonly store: NodeStore; readonly clock: Clock; readonly log: Log };

/** `later`: the store takes nothing now; the lease waits on, and is tried again. `over`: it was given back (L3). */
export function saveStart(
  { store, clock, log }: Parts,
  start: Start,
): "started" | "over" | "later" {
  const { leaseId } = start.offer;
  try {
    return store.start(leaseId, startedEvent(start, clock)) ? "started" : "over"; // E1: before the first step
  } catch (thrown) {
    if (!isPassing(thrown)) throw thrown;
    log.warn("An attempt waits to start", { leaseId, reason: thrown.message });
    return "later";
  }
}

/**
 * Saves an event, and together with an end the start that follows it in the same slot, when that may be: one transaction in
 * place of two of the three that a short test costs. Returns the start that was saved.
 *
 * @throws {MeshError} As `append` of the store.
 */
export function saveWithNext(
  { store, clock }: Parts,
  event: NodeEvent,
  next: Start | undefined,
): Start | undefined {
  if (event.kind === "attempt_ended" && next !== undefined) {
    try {
      const start = { leaseId: next.offer.leaseId, event: startedEvent(next, clock) };
      return store.endAndStart(event, start) ? next : undefined;
    } catch (thrown) {
      // The end alone needs less room.
      if (!isPassing(thrown)) throw thrown;
    }
  }
  store.append(event);
  return undefined;
}

function startedEvent({ offer, slotIndex }: Start, clock: Clock): NodeEvent {
  const { leaseId, attemptNumber } = offer;
  return { kind: "attempt_started", leaseId, attemptNumber, slotIndex, wallMs: clock.wallMs() };
}
