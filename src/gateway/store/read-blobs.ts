/** What the store knows of blobs beside their sizes: who names them, and why one will not come. */
import { eq } from "drizzle-orm";
import type { Sha256 } from "#proto/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import { isBaseline } from "./baselines.ts";
import { readRows } from "./read-rows.ts";
import { blobRefs, missingBlobs } from "./schema.ts";

/** Whether a run names the blob, or pictures are compared with it. */
export function isBlobNamed(db: Sqlite, sha256: Sha256): boolean {
  return (
    readRows(db, blobRefs, { where: eq(blobRefs.sha256, sha256), limit: 1 }).length > 0 ||
    isBaseline(db, sha256)
  );
}

/** Why it will not come; undefined when nobody said so. */
export function whyMissing(db: Sqlite, sha256: Sha256): string | undefined {
  return readRows(db, missingBlobs, { where: eq(missingBlobs.sha256, sha256) })[0]?.reason;
}
