/**
 * The one door to libSQL: a local file, one connection, prepared statements, nested-free transactions, migrations.
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
  /** Prepares once, kept for the life of the connection. */
  readonly prepare: (sql: string) => SqlStatement;
  readonly exec: (sql: string) => void;
  /** All or nothing: rolled back when `act` throws. Must not be nested. */
  readonly transaction: <T>(act: () => T) => T;
  readonly close: () => void;
};

export type SqliteOptions = {
  /** `full`: a commit survives a power cut. `normal`: a killed process. */
  readonly synchronous: "full" | "normal";
};

/** Opens or creates the file, for its owner only, in WAL mode. @throws {MeshError} `store_failed` when it cannot. */
export function openSqlite(path: string, options: SqliteOptions): Sqlite {
  try {
    // SQLite gives its `-wal` and `-shm` the same mode.
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    const db = new Database(path);
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(`PRAGMA synchronous = ${options.synchronous}`);
    db.exec("PRAGMA foreign_keys = ON");
    db.exec("PRAGMA busy_timeout = 5000");
    return wrap(db);
  } catch (cause) {
    throw new MeshError("store_failed", `Cannot open the database ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function wrap(db: Database.Database): Sqlite {
  const statements = new Map<string, SqlStatement>();
  const prepare = (sql: string): SqlStatement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = wrapStatement(db.prepare(sql));
    statements.set(sql, statement);
    return statement;
  };
  return {
    prepare,
    exec: (sql) => void db.exec(sql),
    transaction: (act) => {
      db.exec("BEGIN IMMEDIATE");
      try {
        const result = act();
        db.exec("COMMIT");
        return result;
      } catch (thrown) {
        if (db.inTransaction) db.exec("ROLLBACK");
        throw thrown;
      }
    },
    close: () => {
      statements.clear();
      db.close();
    },
  };
}

function wrapStatement(statement: Database.Statement): SqlStatement {
  return {
    run: (...values) => statement.run(values.map(bindable)).changes,
    get: (...values) => {
      const row: unknown = statement.get(values.map(bindable));
      return row === undefined ? undefined : cleanRow(row as SqlRow);
    },
    all: (...values) => statement.all(values.map(bindable)) as SqlRow[],
  };
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
      `Cannot open the database: its schema ${version} is newer than this program's ${migrations.length}; update the program`,
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

/** Whether a write failed for want of room or by the disk itself: it may succeed later. Decided by SQLite's codes. */
export function isDiskFault(thrown: unknown): boolean {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return code === "SQLITE_FULL" || code === "ENOSPC" || code.startsWith("SQLITE_IOERR");
}
