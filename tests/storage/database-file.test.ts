/** A database file that is torn, gone, replaced, newer or held by another process: refused by name, never made anew in silence. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "#shared/database-file.ts";
import type { MeshError } from "#shared/errors.ts";
import { isPassing, openSqlite, storeErrorOf } from "#shared/sqlite.ts";

const MIGRATIONS = ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"];
const ROWS = 2_000;

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-database-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "one.db");
}

function open(path: string, onDamage?: (damage: MeshError) => void) {
  return openDatabase({ path, synchronous: "full", migrations: MIGRATIONS, onDamage });
}

/** A database with rows, closed; its log is folded into it. Copied, since libSQL closes a file late (facts of 2026-11). */
function makeClosed(): string {
  const made = newPath();
  const db = open(made);
  insert(db, ROWS);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  const path = newPath();
  for (const end of ["", ".mark"]) copyFileSync(`${made}${end}`, `${path}${end}`);
  return path;
}

function insert(db: ReturnType<typeof open>, count: number): void {
  db.transaction(() => {
    for (let row = 0; row < count; row += 1)
      db.prepare("INSERT INTO t (b) VALUES (?)").run("x".repeat(200));
  });
}

/** As a killed process leaves it: file, log and index. */
function copyAsKilled(from: string): string {
  const to = newPath();
  for (const end of ["", "-wal", "-shm", ".mark"]) copyFileSync(`${from}${end}`, `${to}${end}`);
  return to;
}

function overwrite(path: string, at: number, bytes: number): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(bytes), 0, bytes, at);
  closeSync(file);
}

const damage = (text: string) =>
  expect.objectContaining({ code: "store_damaged", message: expect.stringContaining(text) });

const TEARS: readonly (readonly [name: string, tear: (path: string) => void, said: string])[] = [
  ["cut to half", (path) => truncateSync(path, statSync(path).size / 2), "restore it from a copy"],
  ["zeroed in its middle", (path) => overwrite(path, 16_384, 8_192), "it is damaged"],
  ["with a zeroed header", (path) => overwrite(path, 0, 100), "not a database"],
  [
    "replaced by garbage",
    (path) => writeFileSync(path, Buffer.alloc(65_536, 0x5a)),
    "not a database",
  ],
  ["emptied", (path) => truncateSync(path, 0), "it is empty, and was not before"],
  ["deleted between two runs", (path) => rmSync(path), "it is missing, and was there before"],
];

for (const [name, tear, said] of TEARS) {
  test(`a database ${name} is refused by name, and left as it is`, () => {
    const path = makeClosed();
    tear(path);
    const bytes = existsSync(path) ? statSync(path).size : undefined;
    expect(() => open(path)).toThrow(damage(said));
    expect(() => open(path)).toThrow(damage(path));
    expect(existsSync(path) ? statSync(path).size : undefined).toBe(bytes);
  });
}

test("a database of a newer program is refused by its file and both versions", () => {
  const path = makeClosed();
  const db = openSqlite(path, { synchronous: "full" });
  db.exec("PRAGMA user_version = 7");
  db.close();
  const refusal = { code: "store_failed", message: expect.stringMatching(`${path}.* 7 is newer`) };
  expect(() => open(path)).toThrow(expect.objectContaining(refusal));
});

test("a killed process's log that is missing or cut is refused: what was saved last would be lost in silence", () => {
  const path = makeClosed();
  const db = open(path);
  insert(db, 50);
  const whole = copyAsKilled(path);
  const cut = copyAsKilled(path);
  const gone = copyAsKilled(path);
  truncateSync(`${cut}-wal`, statSync(`${cut}-wal`).size / 2);
  rmSync(`${gone}-wal`);
  expect(() => open(gone)).toThrow(damage("its log"));
  expect(() => open(cut)).toThrow(damage("bytes"));
  const count = open(whole).prepare("SELECT count(*) AS count FROM t").get()?.["count"];
  expect(count).toBe(ROWS + 50);
  db.close();
});

for (const end of ["", "-wal"]) {
  test(`a database whose file${end} is deleted or replaced while it is used commits nothing more`, () => {
    for (const isReplaced of [false, true]) {
      const path = makeClosed();
      const told: MeshError[] = [];
      const db = open(path, (found) => told.push(found));
      insert(db, 1);
      renameSync(`${path}${end}`, `${path}.away`);
      if (isReplaced) copyFileSync(`${path}.away`, `${path}${end}`);
      const what = isReplaced ? "replaced" : "deleted";
      expect(() => insert(db, 1)).toThrow(damage(`${end} was ${what} while it was in use`));
      expect(told).toEqual([damage(what)]);
    }
  });
}

test("what a power cut may take back is not looked at, and what is told of is: only that is confirmed to anybody", () => {
  const path = makeClosed();
  const db = openDatabase({ path, synchronous: "normal", migrations: MIGRATIONS });
  const write = () => db.prepare("INSERT INTO t (b) VALUES ('x')").run();
  db.syncedTransaction(write);
  renameSync(path, `${path}.away`);
  db.transaction(write);
  expect(() => db.syncedTransaction(write)).toThrow(damage("was deleted while it was in use"));
  const mode = db.prepare("PRAGMA synchronous").get()?.["synchronous"];
  expect(mode).toBe(1); // normal again
});

test("damage that shows itself where it is read is told, and is no answer", () => {
  const path = makeClosed();
  overwrite(path, 8_192, statSync(path).size - 8_192);
  const told: MeshError[] = [];
  const db = openSqlite(path, { synchronous: "full", onDamage: (found) => told.push(found) });
  expect(() => db.prepare("SELECT max(length(b)) FROM t").get()).toThrow(damage(path));
  expect(told).toEqual([damage("malformed")]);
  db.close();
});

test("a database that another process holds is waited for once and shortly, then not at all, and goes on when it is free", () => {
  for (const lock of ["IMMEDIATE", "EXCLUSIVE"]) {
    const path = makeClosed();
    const db = open(path);
    const waitMs = () => Number(db.prepare("PRAGMA busy_timeout").get()?.["timeout"]);
    const busy = expect.objectContaining({ code: "SQLITE_BUSY" });
    insert(db, 1);
    expect(waitMs()).toBeLessThanOrEqual(250); // libSQL blocks the event loop: well below a stall (V2)
    const other = openSqlite(path, { synchronous: "full" });
    other.exec(`BEGIN ${lock}`);
    for (let tries = 0; tries < 3; tries += 1) {
      expect(() => insert(db, 1)).toThrow(busy);
      expect(waitMs()).toBe(0);
    }
    expect(db.prepare("SELECT count(*) AS count FROM t").get()?.["count"]).toBe(ROWS + 1);
    other.exec("ROLLBACK");
    insert(db, 1);
    expect(waitMs()).toBeGreaterThan(0);
    expect(db.prepare("SELECT count(*) AS count FROM t").get()?.["count"]).toBe(ROWS + 2);
  }
});

test("what passes and what does not is decided by codes", () => {
  const coded = (code: string) => Object.assign(new Error("x"), { code });
  const codeOf = (code: string) => storeErrorOf("Cannot save", coded(code))?.code;
  for (const code of ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_READONLY", "ENOSPC", "EROFS"])
    expect(codeOf(code), code).toBe("disk_full");
  expect(codeOf("SQLITE_BUSY_SNAPSHOT")).toBe("store_busy");
  for (const code of ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY_DBMOVED"])
    expect(codeOf(code), code).toBe("store_damaged");
  expect(codeOf("SQLITE_CONSTRAINT_UNIQUE")).toBeUndefined();
  expect(isPassing(storeErrorOf("Cannot save", coded("SQLITE_BUSY")))).toBe(true);
  expect(isPassing(storeErrorOf("Cannot save", coded("SQLITE_CORRUPT")))).toBe(false);
});
