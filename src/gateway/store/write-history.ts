/** What tests and nodes are known for, as rows: one statement for each outcome, which reads nothing before it writes. */

import { OUTCOMES_LENGTH_MAX, recordOf } from "#gateway/history/outcomes.ts";
import type { Change } from "#gateway/mesh/change.ts";
import { unreachable } from "#shared/errors.ts";
import type { Sqlite } from "#shared/sqlite.ts";

const SQL = {
  note: `INSERT INTO history (key, platform, outcomes, last_wall_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (key, platform) DO UPDATE SET
      outcomes = substr(excluded.outcomes || outcomes, 1, ${OUTCOMES_LENGTH_MAX}), last_wall_ms = excluded.last_wall_ms`,
  pace: `INSERT INTO node_paces (node_id, ratios) VALUES (?, ?) ON CONFLICT (node_id) DO UPDATE SET ratios = excluded.ratios`,
} as const;

type HistoryChange = Extract<Change, { kind: "outcome_noted" | "node_paced" }>;

/** Writes within the caller's transaction. */
export function writeHistory(db: Sqlite, change: HistoryChange): void {
  switch (change.kind) {
    case "outcome_noted": {
      const { key, platform, outcome } = change;
      db.prepare(SQL.note).run(key, platform, recordOf(outcome), Math.round(outcome.wallMs));
      return;
    }
    case "node_paced":
      db.prepare(SQL.pace).run(change.nodeId, JSON.stringify(change.ratios));
      return;
    default:
      return unreachable(change);
  }
}
