/**
 * A database file that must stay the one that it was: opened, checked and migrated, and watched while it is used.
 *
 * - D1 Never made anew in silence: `FILE.mark` is written once the file was made. With the mark, a file that is missing or
 *   empty is damage. Whoever wants to begin anew removes the mark, too.
 * - D2 Checked at each open: a log that is missing or shorter than its index says, and SQLite's quick check: 1 ms a MB
 *   (556 MB: 0.42 s in memory, 2026-11), so only up to `CHECK_BYTES_MAX`; a larger one shows damage where it is read.
 * - D3 After each commit that a power cut cannot take back the names still lead to the open files: what is only in a
 *   deleted file is nowhere, and must not be confirmed to anybody. Of other commits nobody is told (4 us a file).
 * - D4 A lock of another process is waited for shortly, as libSQL blocks the event loop meanwhile, and not at all again
 *   until it is over: whoever saves tries again.
 *
 * What nobody can see: a whole older copy, or one whose log and index were both removed. Gateway and nodes find that out
 * by their numbers (E4).
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { MeshError, messageOf } from "./errors.ts";
import {
  migrate,
  openSqlite,
  type Sqlite,
  type SqliteOptions,
  storeErrorOf,
  storeFaultOf,
} from "./sqlite.ts";

export type DatabaseOptions = SqliteOptions & {
  readonly path: string;
  readonly migrations: readonly string[];
};

/** How long a write may block the event loop for another process's lock: well below the bound of a stall (V2). */
const BUSY_MS = 100;
const CHECK_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Opens, checks and migrates a database, or makes it when there never was one.
 *
 * @throws {MeshError} `store_damaged`, with what is wrong, where, and what to do; else as `openSqlite` and `migrate`.
 */
export function openDatabase(options: DatabaseOptions): Sqlite {
  const { path } = options;
  const markPath = `${path}.mark`;
  checkFiles(path, markPath, options.synchronous === "full");
  // While it is opened, the throw tells it.
  let onDamage: DatabaseOptions["onDamage"];
  const db = openWhole(path, { ...options, onDamage: (damage) => onDamage?.(damage) });
  try {
    checkContent(db);
    migrate(db, options.migrations);
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    if (!existsSync(markPath)) writeMark(markPath);
    onDamage = options.onDamage;
  } catch (thrown) {
    db.close();
    throw storeErrorOf(`Cannot open the database ${path}`, thrown) ?? thrown;
  }
  return watched(db, options);
}

function openWhole(path: string, options: SqliteOptions): Sqlite {
  try {
    return openSqlite(path, options);
  } catch (thrown) {
    if (!(thrown instanceof MeshError) || thrown.code !== "store_damaged") throw thrown;
    throw damaged(path, messageOf(thrown.cause));
  }
}

const damaged = (path: string, what: string) =>
  new MeshError(
    "store_damaged",
    `Cannot use the database ${path}: ${what}; restore it from a copy, or move ${path}* away to begin anew without what it held`,
  );

/** D1, D2: what can be seen before SQLite looks, and would take for new or whole. */
function checkFiles(path: string, markPath: string, isLogSynced: boolean): void {
  const bytes = sizeOf(path);
  const logBytes = sizeOf(`${path}-wal`);
  if (existsSync(markPath)) {
    if (bytes === undefined) throw damaged(path, "it is missing, and was there before");
    if (bytes === 0 && (logBytes ?? 0) === 0)
      throw damaged(path, "it is empty, and was not before");
  }
  if (bytes === undefined && logBytes !== undefined)
    throw damaged(path, "it is missing, and its log is there");
  const wantedBytes = loggedBytes(`${path}-shm`);
  if (wantedBytes === undefined) return;
  // SQLite makes and removes the two together.
  if (logBytes === undefined)
    throw damaged(path, `its log ${path}-wal is missing, and with it what was saved last`);
  // Without a sync at each commit a power cut may take back the end of the log: then nobody was told of it (E1).
  if (isLogSynced && logBytes < wantedBytes)
    throw damaged(path, `its log ${path}-wal has ${logBytes} of ${wantedBytes} bytes`);
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** The header of a log, and of each page in it (sqlite.org/walformat.html). */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const INDEX_VERSION = 3_007_000;

/** How long the log must be by the index that a killed process left; undefined when there is none, or none that says it. */
function loggedBytes(indexPath: string): number | undefined {
  if (!existsSync(indexPath)) return undefined;
  const index = readFileSync(indexPath).subarray(0, 48);
  const word = (at: number) =>
    new DataView(index.buffer, index.byteOffset).getUint32(at, isLittleEndian);
  // Two copies, equal unless it was being written.
  if (index.length < 48 || word(0) !== INDEX_VERSION || index[12] !== 1) return undefined;
  const pageBytes = new DataView(index.buffer, index.byteOffset).getUint16(14, isLittleEndian);
  const frames = word(16);
  if (frames === 0) return 0;
  return LOG_HEADER_BYTES + frames * (FRAME_HEADER_BYTES + (pageBytes === 1 ? 65_536 : pageBytes));
}

/** The index is in the machine's own order. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function checkContent(db: Sqlite): void {
  if ((sizeOf(db.path) ?? 0) > CHECK_BYTES_MAX) return;
  const found = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok")
    throw damaged(db.path, `it is damaged (${String(found).replace(/\s+/g, " ").slice(0, 300)})`);
}

function writeMark(path: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(
      file,
      "The database beside this file was made. Without it nothing begins anew in silence.\n",
    );
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** D3, D4 around the transactions of a database. */
function watched(db: Sqlite, { synchronous, onDamage }: DatabaseOptions): Sqlite {
  const files = [db.path, `${db.path}-wal`].map((path) => ({ path, inode: inodeOf(path) }));
  let isBusy = false;
  const waitFor = (ms: number) => {
    isBusy = ms === 0;
    db.exec(`PRAGMA busy_timeout = ${ms}`);
  };
  const borne = <T>(commit: () => T): T => {
    try {
      const result = commit();
      if (isBusy) waitFor(BUSY_MS);
      return result;
    } catch (thrown) {
      if (storeFaultOf(thrown) === "busy" && !isBusy) waitFor(0);
      throw thrown;
    }
  };
  const syncedTransaction: Sqlite["transaction"] = (act) => {
    const result = borne(() => db.syncedTransaction(act));
    const damage = files.map(changeOf).find((found) => found !== undefined);
    if (damage === undefined) return result;
    onDamage?.(damage);
    throw damage;
  };
  return {
    ...db,
    transaction:
      synchronous === "full" ? syncedTransaction : (act) => borne(() => db.transaction(act)),
    syncedTransaction,
  };
}

const inodeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino;

type WatchedFile = { readonly path: string; inode: number | undefined };

function changeOf(file: WatchedFile): MeshError | undefined {
  const inode = inodeOf(file.path);
  file.inode ??= inode;
  if (inode !== undefined && inode === file.inode) return undefined;
  const what = inode === undefined ? "deleted" : "replaced";
  return damaged(file.path.replace(/-wal$/, ""), `${file.path} was ${what} while it was in use`);
}
