/** Quotas of projects as rows. */
import { asc } from "drizzle-orm";
import type { Change } from "#gateway/mesh/change.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { LoadedMesh } from "./gateway-store.ts";
import { readRows } from "./read-rows.ts";
import { quotas } from "./schema.ts";

const SQL = {
  set: "INSERT INTO quotas (project, slots) VALUES (?, ?) ON CONFLICT (project) DO UPDATE SET slots = excluded.slots",
  drop: "DELETE FROM quotas WHERE project = ?",
} as const;

/** By project. */
export function readQuotas(db: Sqlite): LoadedMesh["quotas"] {
  return readRows(db, quotas, { orderBy: [asc(quotas.project)] });
}

export function writeQuota(
  db: Sqlite,
  { project, slots }: Extract<Change, { kind: "quota_set" }>,
): void {
  if (slots === undefined) db.prepare(SQL.drop).run(project);
  else db.prepare(SQL.set).run(project, slots);
}
