/** Rows of the replica as the values they keep: written by this program, so only their JSON is read back. */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { SqlRow } from "#shared/sqlite.ts";
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
