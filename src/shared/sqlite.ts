/**
 * The one door to libSQL: a local file, one connection, prepared statements, nested-free transactions, migrations, and
 * what SQLite's codes mean. Whether a file is the one that was there before is database-file.ts.
 * Raw libsql aborts the process when it binds a boolean or gets a Date or Buffer as its only argument
 * (measured 2026-11, libsql 0.5.29), so arguments always go in as one array and booleans become 0 or 1 here.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import Database from "libsql";
import { MeshError, messageOf } from "./errors.ts";

export type SqlValue = string | number | bigint | null | Uint8Array | boolean | undefined;
export type SqlRow = Record<string, unknown>;

export type SqlStatement = {
  /** Runs it; returns how many rows it changed. */
  readonly run: (...values: SqlValue[]) => number;
  readonly get: (...values: SqlValue[]) => SqlRow | undefined;
  readonly all: (...values: SqlValue[]) => SqlRow[];
};

export type Sqlite = {
  readonly path: string;
  /** Prepares once, kept for the life of the connection. */
  readonly prepare: (sql: string) => SqlStatement;
  readonly exec: (sql: string) => void;
  /** All or nothing: rolled back when `act` throws. Must not be nested. Damage is thrown as `store_damaged`. */
  readonly transaction: <T>(act: () => T) => T;
  /** The same, and not even a power cut takes it back, nor what was committed before it. */
  readonly syncedTransaction: <T>(act: () => T) => T;
  readonly close: () => void;
};

export type SqliteOptions = {
  /** `full`: a commit survives a power cut. `normal`: a killed process. */
  readonly synchronous: "full" | "normal";
  /** Told of damage when it shows itself, beside the throw: what was read before may be wrong, too. Default: nobody. */
  readonly onDamage?: ((damage: MeshError) => void) | undefined;
};

/** At the start nothing else waits for this process. */
const OPEN_BUSY_MS = 5_000;

/**
 * Opens or creates the file, for its owner only, in WAL mode.
 *
 * @throws {MeshError} `disk_full`, `store_busy`, `store_damaged`, by what hinders it; else `store_failed`.
 */
export function openSqlite(path: string, options: SqliteOptions): Sqlite {
  try {
    // SQLite gives its `-wal` and `-shm` the same mode.
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    const db = new Database(path);
    db.exec(`PRAGMA busy_timeout = ${OPEN_BUSY_MS}`);
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(`PRAGMA synchronous = ${options.synchronous}`);
    db.exec("PRAGMA foreign_keys = ON");
    return wrap(db, { path, onDamage: options.onDamage }, options.synchronous);
  } catch (cause) {
    const kind = storeFaultOf(cause);
    const code = kind === undefined ? "store_failed" : FAULT_CODES[kind];
    throw new MeshError(code, `Cannot open the database ${path}: ${messageOf(cause)}`, { cause });
  }
}

type Named = { readonly path: string; readonly onDamage: SqliteOptions["onDamage"] };

function wrap(
  db: Database.Database,
  name: Named,
  synchronous: SqliteOptions["synchronous"],
): Sqlite {
  const statements = new Map<string, SqlStatement>();
  const prepare = (sql: string): SqlStatement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = wrapStatement(
      named(name, () => db.prepare(sql)),
      name,
    );
    statements.set(sql, statement);
    return statement;
  };
  const transaction: Sqlite["transaction"] = (act) => {
    named(name, () => db.exec("BEGIN IMMEDIATE"));
    try {
      const result = act();
      named(name, () => db.exec("COMMIT"));
      return result;
    } catch (thrown) {
      if (db.inTransaction) db.exec("ROLLBACK");
      throw thrown;
    }
  };
  return {
    path: name.path,
    prepare,
    exec: (sql) => named(name, () => void db.exec(sql)),
    transaction,
    syncedTransaction: (act) => {
      if (synchronous === "full") return transaction(act);
      // A full sync of the write-ahead log takes along what was committed before.
      db.exec("PRAGMA synchronous = full");
      try {
        return transaction(act);
      } finally {
        db.exec("PRAGMA synchronous = normal");
      }
    },
    close: () => {
      statements.clear();
      db.close();
    },
  };
}

function wrapStatement(statement: Database.Statement, name: Named): SqlStatement {
  return {
    run: (...values) => named(name, () => statement.run(values.map(bindable)).changes),
    get: (...values) => {
      const row: unknown = named(name, () => statement.get(values.map(bindable)));
      return row === undefined ? undefined : cleanRow(row as SqlRow);
    },
    all: (...values) => named(name, () => statement.all(values.map(bindable)) as SqlRow[]),
  };
}

/** Names the file of a damage: wherever it shows itself, nobody may go on with what was read. */
function named<T>({ path, onDamage }: Named, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (storeFaultOf(cause) !== "damaged") throw cause;
    const text = `Cannot use the database ${path}: ${messageOf(cause)}; it is damaged: stop what uses it and restore it from a copy`;
    const damage = new MeshError("store_damaged", text, { cause });
    onDamage?.(damage);
    throw damage;
  }
}

function bindable(value: SqlValue): string | number | bigint | null | Uint8Array {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value;
}

/** `.get()` rows carry `_metadata` (libsql 0.5.29). */
function cleanRow(row: SqlRow): SqlRow {
  const { _metadata, ...rest } = row;
  return rest;
}

/**
 * Brings a database to the newest schema: each text runs once, in order, in a transaction of its own.
 * Kept as texts in the program, since a single binary has no migrations folder.
 *
 * @throws {MeshError} `store_failed` when the file is of a newer program.
 */
export function migrate(db: Sqlite, migrations: readonly string[]): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > migrations.length) {
    throw new MeshError(
      "store_failed",
      `Cannot open the database ${db.path}: its schema ${version} is newer than this program's ${migrations.length}; update the program`,
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** What hinders a database: `full` (the disk takes no writes) and `busy` (another process holds it) pass by themselves. */
export type StoreFault = "full" | "busy" | "damaged";

const FAULT_CODES = { full: "disk_full", busy: "store_busy", damaged: "store_damaged" } as const;

/** A read-only file system is to us what a full one is: room may come back, or its owner remounts it. */
const FULL_CODES = /^(SQLITE_(FULL|READONLY|IOERR|CANTOPEN)(_\w+)?|ENOSPC|EDQUOT|EROFS|EFBIG|EIO)$/;
const DAMAGED_CODES =
  /^SQLITE_(CORRUPT|NOTADB)(_\w+)?$|^SQLITE_(READONLY_DBMOVED|IOERR_CORRUPTFS)$/;
const BUSY_CODES = /^SQLITE_(BUSY|LOCKED)(_\w+)?$/;

/** Says by SQLite's or the system's code what hinders a store; undefined when it is something else. */
export function storeFaultOf(thrown: unknown): StoreFault | undefined {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (DAMAGED_CODES.test(code)) return "damaged";
  if (BUSY_CODES.test(code)) return "busy";
  return FULL_CODES.test(code) ? "full" : undefined;
}

/** Whether a failed save may be tried again later, unchanged: no room now, or another process holds the database. */
export function isPassing(thrown: unknown): thrown is MeshError {
  return (
    thrown instanceof MeshError && (thrown.code === "disk_full" || thrown.code === "store_busy")
  );
}

/** A failed save as the expected failure that it is; undefined when it is a fault of ours. */
export function storeErrorOf(action: string, cause: unknown): MeshError | undefined {
  if (cause instanceof MeshError) return cause;
  const kind = storeFaultOf(cause);
  if (kind === undefined) return undefined;
  const why = kind === "busy" ? "another process holds the database" : messageOf(cause);
  return new MeshError(FAULT_CODES[kind], `${action}: ${why}`, { cause });
}
