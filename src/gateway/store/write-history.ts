/** What tests and nodes are known for and the quarantine list, as rows: one statement for each outcome, which reads nothing before it writes. */

import {
  mergeOutcomes,
  OUTCOMES_LENGTH_MAX,
  outcomesIn,
  recordOf,
  textOf,
} from "#gateway/history/outcomes.ts";
import type { Change } from "#gateway/mesh/change.ts";
import type { TestHistory } from "#proto/history.ts";
import { unreachable } from "#shared/errors.ts";
import type { Sqlite } from "#shared/sqlite.ts";

const SQL = {
  note: `INSERT INTO history (key, platform, outcomes, last_wall_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (key, platform) DO UPDATE SET
      outcomes = substr(excluded.outcomes || outcomes, 1, ${OUTCOMES_LENGTH_MAX}), last_wall_ms = excluded.last_wall_ms`,
  read: `SELECT outcomes FROM history WHERE key = ? AND platform = ?`,
  set: `INSERT INTO history (key, platform, outcomes, last_wall_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (key, platform) DO UPDATE SET outcomes = excluded.outcomes, last_wall_ms = excluded.last_wall_ms`,
  count: `SELECT count(*) AS tests FROM history`,
  trim: `DELETE FROM history WHERE rowid IN (SELECT rowid FROM history ORDER BY last_wall_ms DESC, rowid DESC LIMIT -1 OFFSET ?)`,
  put: `INSERT INTO quarantine (key, owner, reason, expires_wall_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, reason = excluded.reason, expires_wall_ms = excluded.expires_wall_ms`,
  remove: `DELETE FROM quarantine WHERE key = ?`,
  pace: `INSERT INTO node_paces (node_id, ratios) VALUES (?, ?) ON CONFLICT (node_id) DO UPDATE SET ratios = excluded.ratios`,
} as const;

type HistoryChange = Extract<
  Change,
  {
    kind:
      | "outcome_noted"
      | "history_merged"
      | "history_trimmed"
      | "node_paced"
      | "quarantine_put"
      | "quarantine_removed";
  }
>;

/** Writes within the caller's transaction. */
export function writeHistory(db: Sqlite, change: HistoryChange): void {
  switch (change.kind) {
    case "outcome_noted": {
      const { key, platform, outcome } = change;
      db.prepare(SQL.note).run(key, platform, recordOf(outcome), Math.round(outcome.wallMs));
      return;
    }
    case "history_merged":
      for (const test of change.tests) mergeHistory(db, test);
      return;
    case "history_trimmed":
      // Counted first: SQLite would sort all of them to forget none (100 ms instead of 5 of 100,000 tests, 2026-11).
      if (Number(db.prepare(SQL.count).get()?.["tests"]) > change.keep)
        db.prepare(SQL.trim).run(change.keep);
      return;
    case "node_paced":
      db.prepare(SQL.pace).run(change.nodeId, JSON.stringify(change.ratios));
      return;
    case "quarantine_put": {
      const { key, owner, reason, expiresAt } = change.entry;
      db.prepare(SQL.put).run(key, owner, reason, Date.parse(expiresAt));
      return;
    }
    case "quarantine_removed":
      db.prepare(SQL.remove).run(change.key);
      return;
    default:
      return unreachable(change);
  }
}

/** Read within the transaction: what was noted in the same turn is merged, too. */
function mergeHistory(db: Sqlite, { key, platform, outcomes }: TestHistory): void {
  const known = db.prepare(SQL.read).get(key, platform)?.["outcomes"];
  const merged = mergeOutcomes(outcomesIn(typeof known === "string" ? known : ""), outcomes);
  const text = textOf(merged);
  if (text === known) return;
  db.prepare(SQL.set).run(key, platform, text, merged[0]?.wallMs ?? 0);
}
