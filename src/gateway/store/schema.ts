/** The gateway's tables for typed reads; migrations.ts makes them, tests/gateway/store.test.ts holds the two together. */
// biome-ignore lint/suspicious/noDeprecatedImports: only an overload of primaryKey is deprecated, not the one used here.
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const runs = sqliteTable("runs", {
  runId: text("run_id").primaryKey(),
  createdWallMs: integer("created_wall_ms").notNull(),
  options: text("options").notNull(),
  sealedSecrets: text("sealed_secrets"),
  idempotencyKey: text("idempotency_key").unique(),
  bodySha256: text("body_sha256").notNull(),
  cancelCode: text("cancel_code"),
  cancelReason: text("cancel_reason"),
  status: text("status"),
  exitCode: integer("exit_code"),
  endReason: text("end_reason"),
  endedWallMs: integer("ended_wall_ms"),
  summary: text("summary"),
  quarantine: text("quarantine"),
});

/** Where a run's tests come from: JSON of `RunOrigin`. In a table of its own: lists of runs need not read it. */
export const runOrigins = sqliteTable("run_origins", {
  runId: text("run_id").primaryKey(),
  origin: text("origin").notNull(),
  /** The name of its slicing (`slicingName`); null for a run that is no slice. */
  slicing: text("slicing"),
});

export const tests = sqliteTable(
  "tests",
  {
    runId: text("run_id").notNull(),
    testIndex: integer("test_index").notNull(),
    definition: text("definition").notNull(),
    closedCode: text("closed_code"),
    closedReason: text("closed_reason"),
  },
  (table) => [primaryKey({ columns: [table.runId, table.testIndex] })],
);

export const leases = sqliteTable(
  "leases",
  {
    runId: text("run_id").notNull(),
    testIndex: integer("test_index").notNull(),
    number: integer("number").notNull(),
    nodeId: text("node_id").notNull(),
    attemptNumber: integer("attempt_number").notNull(),
    settlement: text("settlement"),
  },
  (table) => [primaryKey({ columns: [table.runId, table.testIndex, table.number] })],
);

export const events = sqliteTable(
  "events",
  {
    storeId: text("store_id").notNull(),
    number: integer("number").notNull(),
    runId: text("run_id"),
    event: text("event"),
    offsetMs: integer("offset_ms"),
    rejected: text("rejected"),
  },
  (table) => [primaryKey({ columns: [table.storeId, table.number] })],
);

export const stores = sqliteTable("stores", {
  storeId: text("store_id").primaryKey(),
  nodeId: text("node_id").notNull(),
  confirmed: integer("confirmed").notNull(),
});

export const nodes = sqliteTable("nodes", {
  nodeId: text("node_id").primaryKey(),
  record: text("record").notNull(),
});

/** Slots at once by project. */
export const quotas = sqliteTable("quotas", {
  project: text("project").primaryKey(),
  slots: integer("slots").notNull(),
});

/** The public key that speaks for a node: bound at its first join, for good. */
export const nodeKeys = sqliteTable("node_keys", {
  nodeId: text("node_id").primaryKey(),
  publicKey: text("public_key").notNull(),
});

export const notices = sqliteTable(
  "notices",
  {
    runId: text("run_id").notNull(),
    number: integer("number").notNull(),
    notice: text("notice").notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.number] })],
);

export const blobs = sqliteTable("blobs", {
  sha256: text("sha256").primaryKey(),
  bytes: integer("bytes").notNull(),
});

/** Which runs name a blob: by an artifact that was taken, or as a file of a suite. */
export const blobRefs = sqliteTable(
  "blob_refs",
  { sha256: text("sha256").notNull(), runId: text("run_id").notNull() },
  (table) => [primaryKey({ columns: [table.sha256, table.runId] })],
);

/** Why a blob will not come, as the node said that owed it. */
export const missingBlobs = sqliteTable("missing_blobs", {
  sha256: text("sha256").primaryKey(),
  reason: text("reason").notNull(),
});

/** The last outcomes of a test on a platform, as history/outcomes.ts writes them. */
export const history = sqliteTable(
  "history",
  {
    key: text("key").notNull(),
    platform: text("platform").notNull(),
    outcomes: text("outcomes").notNull(),
    lastWallMs: integer("last_wall_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.platform] })],
);

/** What a node's speed is made from: JSON of ratios. */
export const nodePaces = sqliteTable("node_paces", {
  nodeId: text("node_id").primaryKey(),
  ratios: text("ratios").notNull(),
});

/** Tests whose failures do not fail a run. */
export const quarantine = sqliteTable("quarantine", {
  key: text("key").primaryKey(),
  owner: text("owner").notNull(),
  reason: text("reason").notNull(),
  expiresWallMs: integer("expires_wall_ms").notNull(),
});

/** What pictures are compared with. */
export const baselines = sqliteTable(
  "baselines",
  {
    key: text("key").notNull(),
    browser: text("browser").notNull(),
    os: text("os").notNull(),
    name: text("name").notNull(),
    sha256: text("sha256").notNull(),
    bytes: integer("bytes").notNull(),
    /** The run that made it; null: it was brought from elsewhere. */
    runId: text("run_id"),
    madeWallMs: integer("made_wall_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.browser, table.os, table.name] })],
);
