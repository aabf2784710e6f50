/** Runs a replica's transactions, and says by name why one failed. */
import { MeshError, messageOf } from "#shared/errors.ts";
import { isDiskFault, type Sqlite } from "#shared/sqlite.ts";

/** All or nothing, on disk when it returns. @throws {MeshError} `disk_full`, `store_failed`. */
export type Commit = <T>(act: () => T) => T;

/** A full disk is told once: when `onDiskFull` made room (a reserve given up), the write is tried once more. */
export function createCommit(db: Sqlite, onDiskFull: () => boolean = () => false): Commit {
  const attempt = <T>(act: () => T, isLast: boolean): T => {
    try {
      return db.transaction(act);
    } catch (cause) {
      if (cause instanceof MeshError) throw cause;
      if (!isDiskFault(cause))
        throw new MeshError("store_failed", `Cannot save: ${messageOf(cause)}`, { cause });
      if (isLast || !onDiskFull())
        throw new MeshError("disk_full", "Cannot save: the disk is full", { cause });
      return attempt(act, true);
    }
  };
  return (act) => attempt(act, false);
}
