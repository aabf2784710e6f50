/** The gateway's schema, step by step, as texts in the program: a single binary has no migrations folder. Never edit one that has shipped. */
export const GATEWAY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY NOT NULL, created_wall_ms INTEGER NOT NULL, options TEXT NOT NULL, sealed_secrets TEXT,
    idempotency_key TEXT UNIQUE, body_sha256 TEXT NOT NULL, cancel_code TEXT, cancel_reason TEXT,
    status TEXT, exit_code INTEGER, end_reason TEXT, ended_wall_ms INTEGER, summary TEXT
  );
  CREATE INDEX runs_by_creation ON runs (created_wall_ms, run_id);
  CREATE TABLE tests (
    run_id TEXT NOT NULL, test_index INTEGER NOT NULL, definition TEXT NOT NULL, closed_code TEXT, closed_reason TEXT,
    PRIMARY KEY (run_id, test_index)
  ) WITHOUT ROWID;
  CREATE TABLE leases (
    run_id TEXT NOT NULL, test_index INTEGER NOT NULL, number INTEGER NOT NULL, node_id TEXT NOT NULL,
    attempt_number INTEGER NOT NULL, settlement TEXT,
    PRIMARY KEY (run_id, test_index, number)
  ) WITHOUT ROWID;
  CREATE TABLE events (
    store_id TEXT NOT NULL, number INTEGER NOT NULL, run_id TEXT, event TEXT, offset_ms INTEGER, rejected TEXT,
    PRIMARY KEY (store_id, number)
  ) WITHOUT ROWID;
  CREATE INDEX events_by_run ON events (run_id, store_id, number);
  CREATE TABLE stores (store_id TEXT PRIMARY KEY NOT NULL, node_id TEXT NOT NULL, confirmed INTEGER NOT NULL);
  CREATE TABLE nodes (node_id TEXT PRIMARY KEY NOT NULL, record TEXT NOT NULL);
  CREATE TABLE notices (
    run_id TEXT NOT NULL, number INTEGER NOT NULL, notice TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
  ) WITHOUT ROWID;
  CREATE TABLE blobs (sha256 TEXT PRIMARY KEY NOT NULL, bytes INTEGER NOT NULL);
  `,
  `
  CREATE TABLE blob_refs (sha256 TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (sha256, run_id)) WITHOUT ROWID;
  INSERT OR IGNORE INTO blob_refs
    SELECT json_extract(event, '$.artifact.sha256'), run_id FROM events
    WHERE run_id IS NOT NULL AND json_extract(event, '$.artifact.sha256') IS NOT NULL;
  INSERT OR IGNORE INTO blob_refs
    SELECT json_extract(file.value, '$.sha256'), run_id FROM tests, json_each(tests.definition, '$.files') AS file;
  CREATE TABLE missing_blobs (sha256 TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE node_keys (node_id TEXT PRIMARY KEY NOT NULL, public_key TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE history (
    key TEXT NOT NULL, platform TEXT NOT NULL, outcomes TEXT NOT NULL, last_wall_ms INTEGER NOT NULL,
    PRIMARY KEY (key, platform)
  );
  CREATE TABLE node_paces (node_id TEXT PRIMARY KEY NOT NULL, ratios TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE quarantine (
    key TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL, expires_wall_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  ALTER TABLE runs ADD COLUMN quarantine TEXT;
  `,
  `
  CREATE TABLE run_origins (run_id TEXT PRIMARY KEY NOT NULL, origin TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE quotas (project TEXT PRIMARY KEY NOT NULL, slots INTEGER NOT NULL) WITHOUT ROWID;
  `,
  `
  ALTER TABLE run_origins ADD COLUMN slicing TEXT;
  CREATE INDEX run_origins_by_slicing ON run_origins (slicing, run_id);
  `,
  `
  CREATE TABLE baselines (
    key TEXT NOT NULL, browser TEXT NOT NULL, os TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, run_id TEXT, made_wall_ms INTEGER NOT NULL, PRIMARY KEY (key, browser, os, name)
  ) WITHOUT ROWID;
  CREATE INDEX baselines_by_blob ON baselines (sha256);
  `,
];
