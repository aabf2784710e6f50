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
  let events: SavedEvent[] = [];
  const leases = new Map<LeaseId, Kept>();
  const delivered = new Map<LeaseId, LeaseRow>();

  const lastNumber = () => confirmed + events.length;
  const save = (event: NodeEvent): number => {
    const number = lastNumber() + 1;
    events.push({ number, event: structuredClone(event) });
    return number;
  };
  const move = (row: LeaseRow, state: LeaseState, endNumber = 0) =>
    void leases.set(row.leaseId, { row: { ...row, state }, endNumber });
  const rowIn = (leaseId: LeaseId, state: LeaseState): LeaseRow | undefined => {
    const row = leases.get(leaseId)?.row;
    return row?.state === state ? row : undefined;
  };
  const all = () => [...leases.values()].map(({ row }) => row);

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
    start: (leaseId, event) => {
      const row = rowIn(leaseId, "accepted");
      if (row === undefined) return false;
      save(event);
      move(row, "running");
      return true;
    },
    append: (event) => {
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
    },
    eventsAfter: (after, { countMax, bytesMax }) => {
      const found: SavedEvent[] = [];
      let bytes = 0;
      for (const saved of events.slice(Math.max(0, after - confirmed))) {
        bytes += encoder.encode(JSON.stringify(saved.event)).length;
        if (found.length > 0 && (found.length >= countMax || bytes > bytesMax)) break;
        found.push(saved);
      }
      return found;
    },
    sync: () => undefined,
    confirm: (number) => {
      if (number <= confirmed || number > lastNumber()) return;
      events = events.slice(number - confirmed);
      confirmed = number;
      for (const [leaseId, { row, endNumber }] of leases) {
        if (row.state !== "ended" || endNumber > number) continue;
        leases.delete(leaseId);
        delivered.set(leaseId, row);
      }
      forgetOldest(delivered, () => true);
    },
    renew: () => {
      storeId = newStoreId(ids);
      const shift = confirmed;
      confirmed = 0;
      events = events.map(({ number, event }) => ({ number: number - shift, event }));
      for (const [leaseId, { row, endNumber }] of leases) {
        leases.set(leaseId, { row, endNumber: Math.max(0, endNumber - shift) });
      }
    },
  };
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
