/** Where a run's tests come from, as it lies in the file. */
import { eq } from "drizzle-orm";
import type { RunId } from "#proto/ids.ts";
import { RunOrigin } from "#proto/report.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import { readRows } from "./read-rows.ts";
import { runOrigins } from "./schema.ts";

/** Undefined for a run that is all that its suites say. */
export function readOrigin(db: Sqlite, runId: RunId): RunOrigin | undefined {
  const row = readRows(db, runOrigins, { where: eq(runOrigins.runId, runId) })[0];
  return row === undefined ? undefined : RunOrigin.parse(JSON.parse(row.origin));
}

/** The slices of the newest run of that slicing that was made since; undefined when there is none. */
export function readSlices(
  db: Sqlite,
  slicing: string,
  sinceWallMs: number,
): readonly (readonly string[])[] | undefined {
  const row = db
    .prepare(
      `SELECT origin FROM run_origins JOIN runs ON runs.run_id = run_origins.run_id
       WHERE slicing = ? AND created_wall_ms >= ? ORDER BY runs.run_id DESC LIMIT 1`,
    )
    .get(slicing, Math.round(sinceWallMs));
  const origin = row?.["origin"];
  return typeof origin === "string" ? RunOrigin.parse(JSON.parse(origin)).shard?.slices : undefined;
}
