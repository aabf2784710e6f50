/** Which artifacts still have to reach the gateway, kept over restarts (R3). The bytes lie in the node's blobs folder. */
import { Sha256 } from "#proto/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { Commit } from "./commit.ts";

export type PendingUpload = {
  readonly sha256: Sha256;
  readonly bytes: number;
  /** Of the artifact that first had these bytes, for people. */
  readonly name: string;
};

export type UploadStore = {
  readonly add: (upload: PendingUpload) => void;
  readonly remove: (sha256: Sha256) => void;
  /** Oldest first. */
  readonly all: () => readonly PendingUpload[];
};

export function createUploadStore(db: Sqlite, commit: Commit): UploadStore {
  return {
    add: ({ sha256, bytes, name }) => {
      commit(() =>
        db
          .prepare("INSERT OR IGNORE INTO upload (sha256, bytes, name) VALUES (?, ?, ?)")
          .run(sha256, bytes, name),
      );
    },
    remove: (sha256) => {
      commit(() => db.prepare("DELETE FROM upload WHERE sha256 = ?").run(sha256));
    },
    all: () =>
      db
        .prepare("SELECT sha256, bytes, name FROM upload ORDER BY rowid")
        .all()
        .map((row) => ({
          sha256: Sha256.parse(row["sha256"]),
          bytes: Number(row["bytes"]),
          name: String(row["name"]),
        })),
  };
}
