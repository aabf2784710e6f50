/** The tables of a node's replica, as types for its reads and as SQL for its file; a test holds the two together. */
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** `storeId`, `confirmed`. */
export const meta = sqliteTable("meta", {
  key: text("key").primaryKey(),
  value: text("value").notNull(),
});

export const lease = sqliteTable("lease", {
  leaseId: text("lease_id").primaryKey(),
  /** A `LeaseState`, or `delivered`: ended, confirmed and kept as history. */
  state: text("state").notNull(),
  attemptNumber: integer("attempt_number").notNull(),
  testKey: text("test_key").notNull(),
  /** JSON of `LeaseRow.plannedSteps`. */
  plannedSteps: text("planned_steps").notNull(),
  /** Number of its `attempt_ended`, 0 before. */
  endNumber: integer("end_number").notNull(),
  status: text("status"),
  durationMs: real("duration_ms"),
  /** JSON of a `Failure`. */
  error: text("error"),
});

export const event = sqliteTable("event", {
  number: integer("number").primaryKey(),
  leaseId: text("lease_id").notNull(),
  /** JSON of a `NodeEvent`. */
  body: text("body").notNull(),
  bytes: integer("bytes").notNull(),
});

/** Artifacts that the gateway does not have yet. */
export const upload = sqliteTable("upload", {
  sha256: text("sha256").primaryKey(),
  bytes: integer("bytes").notNull(),
  name: text("name").notNull(),
});

/** Each runs once, in order; never changed after a release. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
   CREATE TABLE lease (
     lease_id TEXT PRIMARY KEY NOT NULL,
     state TEXT NOT NULL,
     attempt_number INTEGER NOT NULL,
     test_key TEXT NOT NULL,
     planned_steps TEXT NOT NULL,
     end_number INTEGER NOT NULL,
     status TEXT,
     duration_ms REAL,
     error TEXT
   );
   CREATE INDEX lease_state ON lease (state);
   CREATE TABLE event (
     number INTEGER PRIMARY KEY NOT NULL,
     lease_id TEXT NOT NULL,
     body TEXT NOT NULL,
     bytes INTEGER NOT NULL
   );
   CREATE INDEX event_lease ON event (lease_id);
   CREATE TABLE upload (sha256 TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL, name TEXT NOT NULL);`,
  // It was changed four times a lease (a seventh of what a short test cost the store) for reads of a bounded table at the start.
  "DROP INDEX lease_state;",
];
