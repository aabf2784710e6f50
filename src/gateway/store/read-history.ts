/** What the store knows of tests and nodes from earlier runs. */
import { NodeId } from "#proto/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import type { HistoryName, LoadedMesh } from "./gateway-store.ts";
import { readRows } from "./read-rows.ts";
import { nodePaces } from "./schema.ts";

const ONE = "SELECT outcomes FROM history WHERE key = ? AND platform = ?";

/** The outcomes of each test in the order of the names, as history/outcomes.ts reads them; empty when there are none. */
export function readHistories(db: Sqlite, names: readonly HistoryName[]): string[] {
  const statement = db.prepare(ONE);
  return names.map(({ key, platform }) => {
    const outcomes = statement.get(key, platform)?.["outcomes"];
    return typeof outcomes === "string" ? outcomes : "";
  });
}

/** What the speeds of nodes are made from. */
export function readPaces(db: Sqlite): LoadedMesh["paces"] {
  return readRows(db, nodePaces, {}).map((row) => ({
    nodeId: NodeId.parse(row.nodeId),
    ratios: JSON.parse(row.ratios) as number[],
  }));
}
