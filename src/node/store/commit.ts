/** Runs a replica's transactions, and says by name why one failed. */
import { MeshError, messageOf } from "#shared/errors.ts";
import type { Sqlite } from "#shared/sqlite.ts";

/** All or nothing, on disk when it returns. @throws {MeshError} `disk_full`, `store_failed`. */
export type Commit = <T>(act: () => T) => T;

const DISK_FULL_CODES: readonly unknown[] = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "ENOSPC"];

/** A full disk is told once: when `onDiskFull` made room (a reserve given up), the write is tried once more. */
export function createCommit(db: Sqlite, onDiskFull: () => boolean = () => false): Commit {
  const attempt = <T>(act: () => T, isLast: boolean): T => {
    try {
      return db.transaction(act);
    } catch (cause) {
      if (cause instanceof MeshError) throw cause;
      if (!isDiskFull(cause))
        throw new MeshError("store_failed", `Cannot save: ${messageOf(cause)}`, { cause });
      if (isLast || !onDiskFull())
        throw new MeshError("disk_full", "Cannot save: the disk is full", { cause });
      return attempt(act, true);
    }
  };
  return (act) => attempt(act, false);
}

const isDiskFull = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && DISK_FULL_CODES.includes(thrown.code);
