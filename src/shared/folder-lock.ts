/**
 * One process per data folder (I1): a lock that dies with its process, and the pid file that tells people who holds it.
 *
 * The lock is an open write transaction on `NAME.lock`, a database without tables: the kernel drops its file lock with
 * the process, also after kill -9, so that nothing stale is ever left. Refused: a pid file as the lock, since pids are
 * used again. The lock files are never deleted: a deleted file could be locked by two.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MeshError, messageOf } from "./errors.ts";
import { openSqlite, type Sqlite, storeErrorOf, storeFaultOf } from "./sqlite.ts";

export type FolderLock = { readonly release: () => void };

/** What the folder is of: names `gateway.lock` and `gateway.pid`, or `node.lock` and `node.pid`. */
export type FolderKind = "gateway" | "node";

/** Held here, so that the garbage collector never closes the connection of a lock that is still wanted. */
const held = new Set<Sqlite>();

/**
 * Locks a data folder for this process and writes its pid file.
 *
 * @throws {MeshError} `folder_locked`, with the folder and the pid, when another process (or this one) has it.
 */
export function lockFolder(folder: string, kind: FolderKind): FolderLock {
  const db = openSqlite(join(folder, `${kind}.lock`), { synchronous: "normal" });
  const pidPath = join(folder, `${kind}.pid`);
  try {
    db.exec("PRAGMA busy_timeout = 0");
    db.exec("BEGIN IMMEDIATE");
    writePidFile(pidPath, process.pid);
  } catch (cause) {
    db.close();
    throw refusalOf(folder, { kind, pidPath, cause });
  }
  held.add(db);
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    rmSync(pidPath, { force: true });
    db.exec("ROLLBACK");
    db.close();
    held.delete(db);
  };
  return { release };
}

type Refusal = {
  readonly kind: FolderKind;
  readonly pidPath: string;
  readonly cause: unknown;
};

function refusalOf(folder: string, { kind, pidPath, cause }: Refusal): MeshError {
  const action = `Cannot use the ${kind} folder ${folder}`;
  if (storeFaultOf(cause) !== "busy")
    return (
      storeErrorOf(action, cause) ??
      new MeshError("store_failed", `${action}: ${messageOf(cause)}`, { cause })
    );
  const pid = readPidFile(pidPath);
  const holder = pid === undefined ? "another process" : `the process ${pid}`;
  return new MeshError("folder_locked", `${action}: ${holder} uses it`, { cause });
}

/** Writes a pid at once as a whole: no reader ever sees half a number. */
export function writePidFile(path: string, pid: number): void {
  writeFileSync(`${path}.tmp`, `${pid}\n`);
  renameSync(`${path}.tmp`, path);
}

/** The pid that a pid file names: information only, its process may be gone (I1). */
export function readPidFile(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    // No file: nobody wrote one.
    return undefined;
  }
}
