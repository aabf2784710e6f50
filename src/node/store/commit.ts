/** Runs a replica's transactions, and says by name why one failed. */
import { MeshError, messageOf } from "#shared/errors.ts";
import { isPassing, type Sqlite, storeErrorOf } from "#shared/sqlite.ts";

/**
 * All or nothing; a killed process does not lose it.
 *
 * @throws {MeshError} `disk_full` and `store_busy`, which pass; `store_damaged`; `store_failed`.
 */
export type Commit = <T>(act: () => T) => T;

/**
 * Commits by one of a database's transactions. A full disk is told once: when `onDiskFull` made room (a reserve given up),
 * the write is tried once more.
 */
export function createCommit(
  transaction: Sqlite["transaction"],
  onDiskFull: () => boolean = () => false,
): Commit {
  const attempt = <T>(act: () => T, isLast: boolean): T => {
    try {
      return transaction(act);
    } catch (cause) {
      const fault =
        storeErrorOf("Cannot save", cause) ??
        new MeshError("store_failed", `Cannot save: ${messageOf(cause)}`, { cause });
      if (fault.code !== "disk_full" || isLast || !onDiskFull()) throw fault;
      return attempt(act, true);
    }
  };
  return (act) => attempt(act, false);
}

/** Whether a write is taken now: there is room, and no other process holds the file. */
export function canSave(db: Sqlite): boolean {
  try {
    createCommit(db.transaction)(() =>
      db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('tried', randomblob(8))").run(),
    );
    return true;
  } catch (thrown) {
    if (!isPassing(thrown)) throw thrown;
    return false;
  }
}
