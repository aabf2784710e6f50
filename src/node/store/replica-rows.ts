/** Rows of the replica as the values they keep: written by this program, so only their JSON is read back. */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { Sqlite, SqlRow } from "#shared/sqlite.ts";
import type { LeaseRow, LeaseState, SavedEvent } from "./node-store.ts";

/** A lease; one that is delivered and kept as history is `ended`. */
export function leaseRowOf(row: SqlRow): LeaseRow {
  const state = String(row["state"]);
  return {
    leaseId: String(row["lease_id"]) as LeaseId,
    state: state === "delivered" ? "ended" : (state as LeaseState),
    attemptNumber: Number(row["attempt_number"]),
    testKey: String(row["test_key"]),
    plannedSteps: JSON.parse(String(row["planned_steps"])) as LeaseRow["plannedSteps"],
  };
}

export function savedEventOf(row: SqlRow): SavedEvent {
  return { number: Number(row["number"]), event: JSON.parse(String(row["body"])) as NodeEvent };
}

/** Accepted, running and undelivered leases, with the number of their last event, 0 before it. */
export type LiveLeases = Map<LeaseId, LeaseRow & { readonly endNumber: number }>;

/** Fills `live` with what the file holds. */
export function readLive(db: Sqlite, live: LiveLeases): LiveLeases {
  live.clear();
  const rows = db
    .prepare("SELECT * FROM lease WHERE state IN ('accepted', 'running', 'ended') ORDER BY rowid")
    .all();
  for (const row of rows) {
    const lease = { ...leaseRowOf(row), endNumber: Number(row["end_number"]) };
    live.set(lease.leaseId, lease);
  }
  return live;
}
