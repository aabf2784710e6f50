/** What the store knows of tests and nodes from earlier runs. */
import { and, asc, eq, gt, or } from "drizzle-orm";
import { NodeId, TestKey } from "#proto/ids.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import { Platform } from "#proto/test.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { HistoryName, HistoryPlace, HistoryRow, LoadedMesh } from "./gateway-store.ts";
import { readRows } from "./read-rows.ts";
import { history, nodePaces, quarantine } from "./schema.ts";

const MANY = `SELECT name.key AS place, history.outcomes AS outcomes FROM json_each(?) AS name
  JOIN history ON history.key = name.value ->> 0 AND history.platform = name.value ->> 1`;

/** The outcomes of each test in the order of the names, as history/outcomes.ts reads them; empty when there are none. */
export function readHistories(db: Sqlite, names: readonly HistoryName[]): string[] {
  const texts = names.map(() => "");
  const wanted = JSON.stringify(names.map(({ key, platform }) => [key, platform]));
  for (const row of db.prepare(MANY).all(wanted))
    texts[Number(row["place"])] = String(row["outcomes"]);
  return texts;
}

/** Histories in the order of their keys, then platforms, after the one that is named. */
export function readHistoryPage(db: Sqlite, { limit, after }: HistoryPlace): HistoryRow[] {
  const isLater =
    after === undefined
      ? undefined
      : or(
          gt(history.key, after.key),
          and(eq(history.key, after.key), gt(history.platform, after.platform)),
        );
  return readRows(db, history, {
    where: isLater,
    orderBy: [asc(history.key), asc(history.platform)],
    limit,
  }).map(({ key, platform, outcomes }) => ({
    key: TestKey.parse(key),
    platform: Platform.parse(platform),
    outcomes,
  }));
}

/** The quarantine list, by key. */
export function readQuarantine(db: Sqlite): QuarantineEntry[] {
  return readRows(db, quarantine, { orderBy: [asc(quarantine.key)] }).map(
    ({ key, owner, reason, expiresWallMs }) => ({
      key,
      owner,
      reason,
      expiresAt: new Date(expiresWallMs).toISOString(),
    }),
  );
}

/** What the speeds of nodes are made from. */
export function readPaces(db: Sqlite): LoadedMesh["paces"] {
  return readRows(db, nodePaces, {}).map((row) => ({
    nodeId: NodeId.parse(row.nodeId),
    ratios: JSON.parse(row.ratios) as number[],
  }));
}
