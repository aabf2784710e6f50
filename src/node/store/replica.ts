/**
 * A node's truth in libSQL: each call is one transaction, which a killed process does not lose. What a power cut must not
 * take back is on disk when its call returns (acceptances, give-backs, renewals) or before it is sent (events, `sync`):
 * a number that the gateway has seen is never given to another event. One fsync a batch in place of three a test: 2.2 x
 * the rate of short tests (2 cores, 2026-11).
 *
 * The rows of live leases are mirrored in memory, changed only after their commit, since every offer and heartbeat
 * reads them. Events stay until their attempt is delivered as a whole, so that the replica shows every step of what
 * the gateway does not have; numbers of confirmed ones that a renewal pushed to 0 and below are history only.
 */
import type { NodeEvent } from "#proto/event.ts";
import { type LeaseId, StoreId } from "#proto/ids.ts";
import { openDatabase } from "#shared/database-file.ts";
import { MeshError } from "#shared/errors.ts";
import { type IdSource, newStoreId } from "#shared/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import { type Commit, canSave, createCommit } from "./commit.ts";
import {
  type AttemptEnd,
  LEASES_REMEMBERED_MAX,
  type LeaseRow,
  type NextStart,
  type NodeStore,
} from "./node-store.ts";
import { numberAnew } from "./number-anew.ts";
import { type LiveLeases, leaseRowOf, readLive, savedEventOf } from "./replica-rows.ts";
import { insertEvent, moveLease, saveMeta } from "./replica-writes.ts";
import { MIGRATIONS } from "./schema.ts";
import { createUploadStore, type UploadStore } from "./upload-store.ts";

export type Replica = {
  readonly store: NodeStore;
  readonly uploads: UploadStore;
  /** Whether a write is taken now: there is room, and no other process holds the file. */
  readonly canSave: () => boolean;
  readonly close: () => void;
};

export type ReplicaOptions = {
  readonly path: string;
  readonly ids: IdSource;
  /** Called when the disk is full; true when it made room, and the write is tried once more. */
  readonly onDiskFull?: () => boolean;
  /** As `openDatabase`. */
  readonly onDamage?: (damage: MeshError) => void;
};

/** Over the bound by so many before the oldest are deleted. */
const PRUNE_SLACK = 500;

type Context = {
  readonly db: Sqlite;
  readonly live: LiveLeases;
  /** Survives the process. */
  readonly commit: Commit;
  /** Survives a power cut, with everything committed before it. */
  readonly commitSynced: Commit;
  readonly ids: IdSource;
  storeId: StoreId;
  confirmed: number;
  lastNumber: number;
  overCount: number;
  /** Number of the last event that a power cut cannot take back. */
  syncedNumber: number;
};

/** Opens or makes a replica. @throws {MeshError} `store_failed` when the file cannot be used. */
export function openReplica(options: ReplicaOptions): Replica {
  const { path, onDamage } = options;
  const migrations = MIGRATIONS;
  const db = openDatabase({ path, synchronous: "normal", migrations, onDamage });
  const commit = createCommit(db.transaction, options.onDiskFull);
  const context = load({
    db,
    commit,
    commitSynced: createCommit(db.syncedTransaction, options.onDiskFull),
    ids: options.ids,
  });
  return {
    store: createStore(context),
    uploads: createUploadStore(db, commit),
    canSave: () => canSave(db),
    close: db.close,
  };
}

function load(parts: Pick<Context, "db" | "commit" | "commitSynced" | "ids">): Context {
  const { db, commitSynced: commit, ids } = parts;
  const metaValue = (key: string) =>
    db.prepare("SELECT value FROM meta WHERE key = ?").get(key)?.["value"];
  if (metaValue("storeId") === undefined) {
    commit(() => {
      saveMeta(db, "storeId", newStoreId(ids));
      saveMeta(db, "confirmed", "0");
    });
  }
  const confirmed = Number(metaValue("confirmed"));
  const last = Number(db.prepare("SELECT max(number) AS last FROM event").get()?.["last"] ?? 0);
  const over = db
    .prepare("SELECT count(*) AS count FROM lease WHERE state IN ('given_back', 'delivered')")
    .get();
  return {
    ...parts,
    live: readLive(db, new Map()),
    storeId: StoreId.parse(metaValue("storeId")),
    confirmed,
    lastNumber: Math.max(confirmed, last),
    // What a killed process left may be in the log only.
    syncedNumber: confirmed,
    overCount: Number(over?.["count"] ?? 0),
  };
}

function createStore(context: Context): NodeStore {
  const { db, live } = context;
  return {
    storeId: () => context.storeId,
    lastNumber: () => context.lastNumber,
    confirmed: () => context.confirmed,
    leases: () =>
      db
        .prepare("SELECT * FROM lease WHERE state != 'delivered' ORDER BY rowid")
        .all()
        .map(leaseRowOf),
    lease: (leaseId) => {
      const row = live.get(leaseId);
      if (row !== undefined) return row;
      const over = db.prepare("SELECT * FROM lease WHERE lease_id = ?").get(leaseId);
      return over && leaseRowOf(over);
    },
    held: () =>
      [...live.values()].flatMap(({ leaseId, state }) =>
        state === "given_back" ? [] : [{ leaseId, state }],
      ),
    saveAccepted: (rows) => saveAccepted(context, rows),
    giveBack: (leaseIds) => giveBack(context, leaseIds),
    start: (leaseId, event) => {
      const row = live.get(leaseId);
      if (row?.state !== "accepted") return false;
      context.commit(() => {
        moveLease(db, leaseId, "running");
        insertEvent(db, context.lastNumber + 1, event);
      });
      context.lastNumber += 1;
      live.set(leaseId, { ...row, state: "running" });
      return true;
    },
    endAndStart: (end, next) => endAndStart(context, end, next),
    append: (event) => append(context, event),
    eventsAfter: (after, bound) => eventsAfter(db, Math.max(after, context.confirmed), bound),
    sync: () => sync(context),
    confirm: (number) => confirm(context, number),
    renew: (known) => renew(context, known ?? context.confirmed),
  };
}

function saveAccepted(
  { db, live, commitSynced: commit }: Context,
  rows: readonly LeaseRow[],
): void {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO lease (lease_id, state, attempt_number, test_key, planned_steps, end_number)
     VALUES (?, 'accepted', ?, ?, ?, 0)`,
  );
  const save = (row: LeaseRow) =>
    insert.run(row.leaseId, row.attemptNumber, row.testKey, JSON.stringify(row.plannedSteps)) > 0;
  const saved = commit(() => rows.filter(save));
  for (const row of saved) live.set(row.leaseId, { ...row, state: "accepted", endNumber: 0 });
}

function giveBack(context: Context, leaseIds: readonly LeaseId[]): readonly LeaseId[] {
  const { db, live } = context;
  const given = leaseIds.filter((leaseId) => live.get(leaseId)?.state === "accepted");
  if (given.length === 0) return given;
  context.commitSynced(() => {
    for (const leaseId of given) moveLease(db, leaseId, "given_back");
    forgetOldest(context, given.length);
  });
  for (const leaseId of given) live.delete(leaseId);
  return given;
}

function append(context: Context, event: NodeEvent): number {
  const row = runningRow(context, event);
  const number = context.lastNumber + 1;
  context.commit(() => insertEvent(context.db, number, event));
  context.lastNumber = number;
  if (event.kind === "attempt_ended")
    context.live.set(event.leaseId, { ...row, state: "ended", endNumber: number });
  return number;
}

function endAndStart(context: Context, end: AttemptEnd, next: NextStart): boolean {
  const { db, live } = context;
  const row = runningRow(context, end);
  const nextRow = live.get(next.leaseId);
  if (nextRow?.state !== "accepted") {
    append(context, end);
    return false;
  }
  const number = context.lastNumber + 1;
  context.commit(() => {
    insertEvent(db, number, end);
    moveLease(db, next.leaseId, "running");
    insertEvent(db, number + 1, next.event);
  });
  context.lastNumber = number + 1;
  live.set(end.leaseId, { ...row, state: "ended", endNumber: number });
  live.set(next.leaseId, { ...nextRow, state: "running" });
  return true;
}

function runningRow({ live }: Context, { leaseId }: NodeEvent) {
  const row = live.get(leaseId);
  if (row?.state === "running") return row;
  throw new MeshError("internal", `Cannot save an event of lease ${leaseId}: it is not running`);
}

type Bound = Parameters<NodeStore["eventsAfter"]>[1];

function eventsAfter(db: Sqlite, after: number, { countMax, bytesMax }: Bound) {
  const rows = db
    .prepare("SELECT number, body, bytes FROM event WHERE number > ? ORDER BY number LIMIT ?")
    .all(after, countMax);
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Number(row["bytes"]);
    return index > 0 && bytes > bytesMax;
  });
  return rows.slice(0, end < 0 ? rows.length : end).map(savedEventOf);
}

function sync(context: Context): void {
  const { db, lastNumber } = context;
  if (context.syncedNumber >= lastNumber) return;
  context.commitSynced(() => saveMeta(db, "synced", String(lastNumber)));
  context.syncedNumber = lastNumber;
}

function confirm(context: Context, number: number): void {
  if (number <= context.confirmed || number > context.lastNumber) return;
  const { db, live } = context;
  const delivered = [...live.values()].filter(
    (row) => row.state === "ended" && row.endNumber <= number,
  );
  context.commit(() => {
    saveMeta(db, "confirmed", String(number));
    for (const { leaseId } of delivered) {
      moveLease(db, leaseId, "delivered");
      db.prepare("DELETE FROM event WHERE lease_id = ?").run(leaseId);
    }
    forgetOldest(context, delivered.length);
  });
  context.confirmed = number;
  for (const { leaseId } of delivered) live.delete(leaseId);
}

function renew(context: Context, known: number): void {
  confirm(context, Math.min(known, context.lastNumber));
  const { db } = context;
  const storeId = newStoreId(context.ids);
  const last = context.commitSynced(() => {
    saveMeta(db, "storeId", storeId);
    saveMeta(db, "confirmed", "0");
    return numberAnew(db, known);
  });
  context.storeId = storeId;
  context.confirmed = 0;
  context.lastNumber = last;
  context.syncedNumber = last;
  readLive(db, context.live);
}

/** Keeps what is over within its bound. Counts a little too many after a rolled-back call: it prunes early then. */
function forgetOldest(context: Context, added: number): void {
  context.overCount += added;
  if (context.overCount <= LEASES_REMEMBERED_MAX + PRUNE_SLACK) return;
  const deleted = context.db
    .prepare(
      `DELETE FROM lease WHERE rowid IN (
         SELECT rowid FROM lease WHERE state IN ('given_back', 'delivered') ORDER BY rowid LIMIT ?)`,
    )
    .run(context.overCount - LEASES_REMEMBERED_MAX);
  context.overCount -= deleted;
}
