/** One change of a turn as rows: prepared statements, since this is the hot path (facts: drizzle 3.5k rows/s, these 60k). */

import type { Change } from "#gateway/mesh/change.ts";
import { slicingName } from "#gateway/planning/slices.ts";
import { unreachable } from "#shared/errors.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { Sqlite } from "#shared/sqlite.ts";
import { writeBaseline } from "./baselines.ts";
import type { TextSeal } from "./gateway-store.ts";
import { writeQuota } from "./quotas.ts";
import { writeHistory } from "./write-history.ts";

const SQL = {
  run: `INSERT INTO runs (run_id, created_wall_ms, options, sealed_secrets, idempotency_key, body_sha256, quarantine) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  test: `INSERT INTO tests (run_id, test_index, definition) VALUES (?, ?, ?)`,
  origin: `INSERT INTO run_origins (run_id, origin, slicing) VALUES (?, ?, ?)`,
  cancel: `UPDATE runs SET cancel_code = ?, cancel_reason = ? WHERE run_id = ?`,
  end: `UPDATE runs SET status = ?, exit_code = ?, end_reason = ?, ended_wall_ms = ?, summary = ?, sealed_secrets = NULL WHERE run_id = ? AND status IS NULL`,
  close: `UPDATE tests SET closed_code = ?, closed_reason = ? WHERE run_id = ? AND test_index = ?`,
  lease: `INSERT INTO leases (run_id, test_index, number, node_id, attempt_number) VALUES (?, ?, ?, ?, ?)`,
  settle: `UPDATE leases SET settlement = ? WHERE run_id = ? AND test_index = ? AND number = ?`,
  event: `INSERT INTO events (store_id, number, run_id, event, offset_ms) VALUES (?, ?, ?, ?, ?)`,
  reject: `INSERT INTO events (store_id, number, rejected) VALUES (?, ?, ?)`,
  advance: `INSERT INTO stores (store_id, node_id, confirmed) VALUES (?, ?, ?) ON CONFLICT (store_id) DO UPDATE SET confirmed = excluded.confirmed`,
  node: `INSERT INTO nodes (node_id, record) VALUES (?, ?) ON CONFLICT (node_id) DO UPDATE SET record = excluded.record`,
  notice: `INSERT INTO notices (run_id, number, notice) VALUES (?, ?, ?)`,
  blob: `INSERT INTO blobs (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING`,
  unmiss: `DELETE FROM missing_blobs WHERE sha256 = ?`,
  miss: `INSERT INTO missing_blobs (sha256, reason) VALUES (?, ?) ON CONFLICT (sha256) DO UPDATE SET reason = excluded.reason`,
  drop: `DELETE FROM blobs WHERE sha256 = ?`,
  refer: `INSERT OR IGNORE INTO blob_refs (sha256, run_id) VALUES (?, ?)`,
} as const;

/** Writes within the caller's transaction. @throws When a row is there already: a fault of ours, never overwritten. */
export function writeChange(db: Sqlite, change: Change, seal: TextSeal): void {
  switch (change.kind) {
    case "run_created":
      return writeRun(db, change, seal);
    case "run_cancelling":
      return run(db, SQL.cancel, [change.code, change.reason, change.runId]);
    case "run_ended":
      return run(db, SQL.end, [
        change.status,
        change.exitCode,
        change.reason,
        Math.round(change.wallMs),
        change.summary,
        change.runId,
      ]);
    case "test_closed":
      return run(db, SQL.close, [change.code, change.reason, change.runId, change.testIndex]);
    case "lease_issued": {
      const { runId, testIndex, number } = leasePartsOf(change.leaseId);
      return run(db, SQL.lease, [runId, testIndex, number, change.nodeId, change.attemptNumber]);
    }
    case "lease_settled": {
      const { runId, testIndex, number } = leasePartsOf(change.leaseId);
      return run(db, SQL.settle, [JSON.stringify(change.settlement), runId, testIndex, number]);
    }
    case "event_taken":
      return writeEvent(db, change);
    case "event_rejected":
      return run(db, SQL.reject, [change.storeId, change.number, change.reason]);
    case "store_advanced":
      return run(db, SQL.advance, [change.storeId, change.nodeId, change.confirmed]);
    case "node_saved":
      return run(db, SQL.node, [change.node.nodeId, JSON.stringify(change.node)]);
    case "quota_set":
      return writeQuota(db, change);
    case "notice_said":
      return run(db, SQL.notice, [
        change.runId,
        change.notice.number,
        JSON.stringify(change.notice.notice),
      ]);
    case "blob_stored":
      run(db, SQL.unmiss, [change.sha256]);
      return run(db, SQL.blob, [change.sha256, change.bytes]);
    case "blob_missed":
      return run(db, SQL.miss, [change.sha256, change.reason]);
    case "blob_dropped":
      return run(db, SQL.drop, [change.sha256]);
    case "outcome_noted":
    case "history_merged":
    case "history_trimmed":
    case "quarantine_put":
    case "quarantine_removed":
    case "node_paced":
      return writeHistory(db, change);
    case "baseline_set":
    case "baseline_removed":
      return writeBaseline(db, change);
    default:
      return unreachable(change);
  }
}

function writeEvent(db: Sqlite, change: Extract<Change, { kind: "event_taken" }>): void {
  const { storeId, number, event, offsetMs } = change;
  const { runId } = leasePartsOf(event.leaseId);
  run(db, SQL.event, [storeId, number, runId, JSON.stringify(event), Math.round(offsetMs)]);
  if (event.kind !== "artifact_found") return;
  const { sha256, missing } = event.artifact;
  if (sha256 !== undefined && missing === undefined) run(db, SQL.refer, [sha256, runId]);
}

function writeRun(
  db: Sqlite,
  change: Extract<Change, { kind: "run_created" }>,
  { closeText }: TextSeal,
): void {
  const options = JSON.stringify(change.options);
  run(db, SQL.run, [
    change.runId,
    Math.round(change.createdWallMs),
    options,
    change.sealedSecrets,
    change.idempotencyKey,
    change.bodySha256,
    change.quarantine && JSON.stringify(change.quarantine),
  ]);
  if (change.origin !== undefined) {
    const { shard } = change.origin;
    const slicing = shard && slicingName({ ...shard, keys: shard.slices.flat() });
    run(db, SQL.origin, [change.runId, JSON.stringify(change.origin), slicing]);
  }
  const statement = db.prepare(SQL.test);
  for (const [index, definition] of change.definitions.entries())
    statement.run(change.runId, index, closeText(JSON.stringify(definition)));
  const files = new Set(change.definitions.flatMap((definition) => definition.files));
  for (const sha256 of new Set([...files].map((file) => file.sha256)))
    run(db, SQL.refer, [sha256, change.runId]);
}

function run(db: Sqlite, sql: string, values: readonly (string | number | undefined)[]): void {
  db.prepare(sql).run(...values);
}
