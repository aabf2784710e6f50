/** Single writes to a replica's tables; whoever calls them owns the transaction. */
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { LeaseState } from "./node-store.ts";

/** Adds an event to the outbox; an attempt's end closes its lease, too. */
export function insertEvent(db: Sqlite, number: number, event: NodeEvent): void {
  const body = JSON.stringify(event);
  db.prepare("INSERT INTO event (number, lease_id, body, bytes) VALUES (?, ?, ?, ?)").run(
    number,
    event.leaseId,
    body,
    Buffer.byteLength(body),
  );
  if (event.kind !== "attempt_ended") return;
  db.prepare(
    "UPDATE lease SET state = 'ended', end_number = ?, status = ?, duration_ms = ?, error = ? WHERE lease_id = ?",
  ).run(
    number,
    event.status,
    event.durationMs,
    event.error && JSON.stringify(event.error),
    event.leaseId,
  );
}

/** Gives a lease another state. */
export function moveLease(db: Sqlite, leaseId: LeaseId, state: LeaseState | "delivered"): void {
  db.prepare("UPDATE lease SET state = ? WHERE lease_id = ?").run(state, leaseId);
}

/** Sets a value of the replica's own. */
export function saveMeta(db: Sqlite, key: string, value: string): void {
  db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  ).run(key, value);
}
