/** A node's store in memory: what it holds is "on disk" for a simulation that kills the process around it. */

import {
  LEASES_REMEMBERED_MAX,
  type LeaseRow,
  type LeaseState,
  type NodeStore,
  type SavedEvent,
} from "#node/store/node-store.ts";
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { HeldLease } from "#proto/lease.ts";
import { MeshError } from "#shared/errors.ts";
import { type IdSource, newStoreId, systemIds } from "#shared/ids.ts";

type Kept = { readonly row: LeaseRow; readonly endNumber: number };

const encoder = new TextEncoder();

export function createMemoryNodeStore(ids: IdSource = systemIds): NodeStore {
  let storeId = newStoreId(ids);
  let confirmed = 0;
  let last = 0;
  /** Until their attempt is delivered as a whole. */
  let events: SavedEvent[] = [];
  const leases = new Map<LeaseId, Kept>();
  const delivered = new Map<LeaseId, LeaseRow>();

  const lastNumber = () => last;
  const save = (event: NodeEvent): number => {
    last += 1;
    events.push({ number: last, event: structuredClone(event) });
    return last;
  };
  const move = (row: LeaseRow, state: LeaseState, endNumber = 0) =>
    void leases.set(row.leaseId, { row: { ...row, state }, endNumber });
  const rowIn = (leaseId: LeaseId, state: LeaseState): LeaseRow | undefined => {
    const row = leases.get(leaseId)?.row;
    return row?.state === state ? row : undefined;
  };
  const all = () => [...leases.values()].map(({ row }) => row);

  const confirm = (number: number) => {
    if (number <= confirmed || number > lastNumber()) return;
    confirmed = number;
    const over = new Set<LeaseId>();
    for (const [leaseId, { row, endNumber }] of leases) {
      if (row.state !== "ended" || endNumber > number) continue;
      leases.delete(leaseId);
      delivered.set(leaseId, row);
      over.add(leaseId);
    }
    if (over.size > 0) events = events.filter(({ event }) => !over.has(event.leaseId));
    forgetOldest(delivered, () => true);
  };

  const start = (leaseId: LeaseId, event: NodeEvent): boolean => {
    const row = rowIn(leaseId, "accepted");
    if (row === undefined) return false;
    save(event);
    move(row, "running");
    return true;
  };
  const append = (event: NodeEvent): number => {
    const row = rowIn(event.leaseId, "running");
    if (row === undefined) {
      throw new MeshError(
        "internal",
        `Cannot save an event of lease ${event.leaseId}: it is not running`,
      );
    }
    const number = save(event);
    if (event.kind === "attempt_ended") move(row, "ended", number);
    return number;
  };

  return {
    storeId: () => storeId,
    lastNumber,
    confirmed: () => confirmed,
    leases: all,
    lease: (leaseId) => leases.get(leaseId)?.row ?? delivered.get(leaseId),
    held: () => all().flatMap(heldOf),
    saveAccepted: (rows) => {
      for (const row of rows) if (!leases.has(row.leaseId)) move(row, "accepted");
    },
    giveBack: (leaseIds) => {
      const given = leaseIds.filter((leaseId) => {
        const row = rowIn(leaseId, "accepted");
        if (row !== undefined) move(row, "given_back");
        return row !== undefined;
      });
      forgetOldest(leases, (kept) => kept.row.state === "given_back");
      return given;
    },
    start,
    append,
    endAndStart: (end, next) => {
      append(end);
      return start(next.leaseId, next.event);
    },
    eventsAfter: (after, { countMax, bytesMax }) => {
      const found: SavedEvent[] = [];
      let bytes = 0;
      for (
        let index = firstAfter(events, Math.max(after, confirmed));
        index < events.length;
        index += 1
      ) {
        const saved = events[index];
        if (saved === undefined) break;
        bytes += encoder.encode(JSON.stringify(saved.event)).length;
        if (found.length > 0 && (found.length >= countMax || bytes > bytesMax)) break;
        found.push(saved);
      }
      return found;
    },
    sync: () => undefined,
    confirm,
    renew: (known = confirmed) => {
      confirm(Math.min(known, lastNumber()));
      storeId = newStoreId(ids);
      const renewed = new Map<number, number>();
      const later = events.filter(({ number }) => number > known);
      for (const [index, { number }] of later.entries()) renewed.set(number, index + 1);
      const history = events.filter(({ number }) => number <= known);
      events = [
        ...history.map(({ number, event }) => ({ number: number - known, event })),
        ...later.map(({ event }, index) => ({ number: index + 1, event })),
      ];
      confirmed = 0;
      last = later.length;
      for (const [leaseId, { row, endNumber }] of leases)
        leases.set(leaseId, { row, endNumber: renewed.get(endNumber) ?? 0 });
    },
  };
}

/** Events are in the order of their numbers. */
function firstAfter(events: readonly SavedEvent[], number: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

function heldOf({ leaseId, state }: LeaseRow): HeldLease[] {
  return state === "given_back" ? [] : [{ leaseId, state }];
}

function forgetOldest<T>(map: Map<LeaseId, T>, isOver: (value: T) => boolean): void {
  if (map.size <= LEASES_REMEMBERED_MAX) return;
  const over = [...map].filter(([, value]) => isOver(value));
  for (const [leaseId] of over.slice(0, Math.max(0, over.length - LEASES_REMEMBERED_MAX)))
    map.delete(leaseId);
}
