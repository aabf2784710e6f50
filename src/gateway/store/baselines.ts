/** Baselines as rows. */
import { and, asc, eq, gt, or } from "drizzle-orm";
import type { Change } from "#gateway/mesh/change.ts";
import {
  BASELINES_PER_TEST_MAX,
  Baseline,
  type BaselineFile,
  type BaselinePlace,
} from "#proto/baseline.ts";
import { Sha256 } from "#proto/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { BaselineMark } from "./gateway-store.ts";
import { readRows } from "./read-rows.ts";
import { baselines } from "./schema.ts";

const SQL = {
  set: `INSERT INTO baselines (key, browser, os, name, sha256, bytes, run_id, made_wall_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key, browser, os, name) DO UPDATE SET
      sha256 = excluded.sha256, bytes = excluded.bytes, run_id = excluded.run_id, made_wall_ms = excluded.made_wall_ms`,
  drop: "DELETE FROM baselines WHERE key = ? AND browser = ? AND os = ? AND name = ?",
  // Each offer asks it: what has not arrived is as if it were not there.
  here: `SELECT name, baselines.sha256 AS sha256, blobs.bytes AS bytes
    FROM baselines JOIN blobs ON blobs.sha256 = baselines.sha256
    WHERE key = ? AND browser = ? AND os = ? ORDER BY name LIMIT ${BASELINES_PER_TEST_MAX}`,
} as const;

/** Those of a test on a browser whose bytes are on the gateway. */
export function readTestBaselines(db: Sqlite, place: BaselinePlace): BaselineFile[] {
  return db
    .prepare(SQL.here)
    .all(place.key, place.browser, place.os)
    .map((row) => ({
      name: String(row["name"]),
      sha256: Sha256.parse(row["sha256"]),
      bytes: Number(row["bytes"]),
    }));
}

/** All of them by key, browser, system and name; after the one that is named. */
export function readBaselinePage(
  db: Sqlite,
  { limit, after }: { readonly limit: number; readonly after?: BaselineMark | undefined },
): Baseline[] {
  const columns = ["key", "browser", "os", "name"] as const;
  const later =
    after &&
    or(
      ...columns.map((column, index) =>
        and(
          ...columns.slice(0, index).map((before) => eq(baselines[before], after[before])),
          gt(baselines[column], after[column]),
        ),
      ),
    );
  return readRows(db, baselines, {
    where: later,
    orderBy: columns.map((column) => asc(baselines[column])),
    limit,
  }).map(({ runId, madeWallMs, ...row }) =>
    Baseline.parse({
      ...row,
      ...(runId === null ? {} : { runId }),
      madeAt: new Date(madeWallMs).toISOString(),
    }),
  );
}

/** Whether a blob is a baseline. */
export function isBaseline(db: Sqlite, sha256: Sha256): boolean {
  return readRows(db, baselines, { where: eq(baselines.sha256, sha256), limit: 1 }).length > 0;
}

export function writeBaseline(
  db: Sqlite,
  change: Extract<Change, { kind: "baseline_set" | "baseline_removed" }>,
): void {
  const { key, browser, os, name } = change.baseline;
  if (change.kind === "baseline_removed") {
    db.prepare(SQL.drop).run(key, browser, os, name);
    return;
  }
  const { sha256, bytes, runId, madeAt } = change.baseline;
  db.prepare(SQL.set).run(key, browser, os, name, sha256, bytes, runId, Date.parse(madeAt));
}
