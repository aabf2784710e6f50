/** The gateway's truth in a libSQL file: whole turns in one transaction each, typed reads by drizzle's schema. */
import { and, asc, desc, eq, gt, isNotNull, isNull, lt, type SQL } from "drizzle-orm";
import type { NodeRecord } from "#gateway/mesh/change.ts";
import type { Settlement, TestClosing } from "#gateway/mesh/run-state.ts";
import { RunNotice, RunOptions, RunSummary } from "#proto/api.ts";
import { NodeEvent } from "#proto/event.ts";
import { LeaseId, NodeId, RunId, StoreId } from "#proto/ids.ts";
import { QuarantineEntry } from "#proto/quarantine.ts";
import { RunStatus } from "#proto/report.ts";
import { TestDefinition } from "#proto/test.ts";
import { openDatabase } from "#shared/database-file.ts";
import { type MeshError, messageOf } from "#shared/errors.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { type Sqlite, storeErrorOf } from "#shared/sqlite.ts";
import { readBaselinePage, readTestBaselines } from "./baselines.ts";
import type {
  ChangeOf,
  GatewayStore,
  LoadedLease,
  LoadedMesh,
  LoadedRun,
  TextSeal,
} from "./gateway-store.ts";
import { GATEWAY_MIGRATIONS } from "./migrations.ts";
import { readQuotas } from "./quotas.ts";
import { isBlobNamed, whyMissing } from "./read-blobs.ts";
import { readHistories, readHistoryPage, readPaces, readQuarantine } from "./read-history.ts";
import { readOrigin, readSlices } from "./read-origins.ts";
import { readRows } from "./read-rows.ts";
import { blobs, events, leases, nodeKeys, nodes, notices, runs, stores, tests } from "./schema.ts";
import { writeChange } from "./write-change.ts";

/** A reader asks again from the last number it got. */
const NOTICES_PER_READ_MAX = 2_000;

/**
 * Opens or creates the file.
 *
 * @param seal Default: what tests do is kept as it is.
 * @param onDamage Told when the file shows damage while it is used: nothing that is read from it can be believed.
 * @throws {MeshError} As `openDatabase`: `store_failed` when the file is of a newer program.
 */
export function openGatewayStore(
  path: string,
  onDamage?: (damage: MeshError) => void,
  seal: TextSeal = UNSEALED,
): GatewayStore {
  const migrations = GATEWAY_MIGRATIONS;
  const db = openDatabase({ path, synchronous: "full", migrations, onDamage });
  return {
    commit: (changes) => {
      try {
        db.transaction(() => {
          for (const change of changes) writeChange(db, change, seal);
        });
      } catch (cause) {
        throw commitError(cause);
      }
    },
    load: () => loadMesh({ db, seal }),
    loadRun: (runId) => loadRuns({ db, seal }, eq(runs.runId, runId))[0],
    endedRuns: (page) => readEnded(db, page),
    runByIdempotencyKey: (key) => {
      const row = readRows(db, runs, { where: eq(runs.idempotencyKey, key) })[0];
      return row === undefined
        ? undefined
        : { runId: RunId.parse(row.runId), bodySha256: row.bodySha256 };
    },
    notices: (runId, after) =>
      readRows(db, notices, {
        where: and(eq(notices.runId, runId), gt(notices.number, after)),
        orderBy: [asc(notices.number)],
        limit: NOTICES_PER_READ_MAX,
      }).map((row) => ({ number: row.number, notice: RunNotice.parse(JSON.parse(row.notice)) })),
    slices: (slicing, sinceWallMs) => readSlices(db, slicing, sinceWallMs),
    histories: (names) => readHistories(db, names),
    historyPage: (place) => readHistoryPage(db, place),
    quarantine: () => readQuarantine(db),
    baselines: (place) => readTestBaselines(db, place),
    baselinePage: (page) => readBaselinePage(db, page),
    bindNodeKey: (nodeId, publicKey) => bindNodeKey(db, nodeId, publicKey),
    blobBytes: (sha256) => readRows(db, blobs, { where: eq(blobs.sha256, sha256) })[0]?.bytes,
    isBlobNamed: (sha256) => isBlobNamed(db, sha256),
    whyMissing: (sha256) => whyMissing(db, sha256),
    close: () => db.close(),
  };
}

function bindNodeKey(db: Sqlite, nodeId: NodeId, publicKey: string): string {
  const known = readRows(db, nodeKeys, { where: eq(nodeKeys.nodeId, nodeId) })[0];
  if (known !== undefined) return known.publicKey;
  try {
    db.prepare("INSERT INTO node_keys (node_id, public_key) VALUES (?, ?)").run(nodeId, publicKey);
  } catch (cause) {
    throw commitError(cause);
  }
  return publicKey;
}

/** A full disk passes, so the same changes are tried again; any other refusal is a fault that must not be retried blindly. */
function commitError(cause: unknown): Error {
  const action = "Cannot commit";
  return (
    storeErrorOf(action, cause) ?? new Error(`${action} a turn: ${messageOf(cause)}`, { cause })
  );
}

type Source = { readonly db: Sqlite; readonly seal: TextSeal };

const UNSEALED: TextSeal = { closeText: (text) => text, openText: (text) => text };

function loadMesh(source: Source): LoadedMesh {
  const { db } = source;
  return {
    nodes: readRows(db, nodes, {}).map((row) => JSON.parse(row.record) as NodeRecord),
    stores: readRows(db, stores, {}).map((row) => ({
      storeId: StoreId.parse(row.storeId),
      nodeId: NodeId.parse(row.nodeId),
      confirmed: row.confirmed,
    })),
    paces: readPaces(db),
    quotas: readQuotas(db),
    openRuns: loadRuns(source, isNull(runs.status)),
  };
}

function loadRuns(source: Source, where: SQL): LoadedRun[] {
  return readRows(source.db, runs, { where, orderBy: [asc(runs.createdWallMs)] }).map((row) =>
    loadRun(source, row),
  );
}

function loadRun({ db, seal }: Source, row: typeof runs.$inferSelect): LoadedRun {
  const runId = RunId.parse(row.runId);
  const testRows = readRows(db, tests, {
    where: eq(tests.runId, runId),
    orderBy: [asc(tests.testIndex)],
  });
  const lastNotice = readRows(db, notices, {
    where: eq(notices.runId, runId),
    orderBy: [desc(notices.number)],
    limit: 1,
  })[0];
  return {
    created: {
      kind: "run_created",
      runId,
      createdWallMs: row.createdWallMs,
      options: RunOptions.parse(JSON.parse(row.options)),
      origin: readOrigin(db, runId),
      definitions: testRows.map((test) =>
        TestDefinition.parse(JSON.parse(seal.openText(test.definition))),
      ),
      sealedSecrets: row.sealedSecrets ?? undefined,
      idempotencyKey: row.idempotencyKey ?? undefined,
      bodySha256: row.bodySha256,
      quarantine:
        row.quarantine === null
          ? undefined
          : QuarantineEntry.array().parse(JSON.parse(row.quarantine)),
    },
    cancelling:
      row.cancelCode === null
        ? undefined
        : {
            kind: "run_cancelling",
            runId,
            code: row.cancelCode as "cancelled" | "run_timeout",
            reason: row.cancelReason ?? "",
          },
    ended: readEnd(runId, row),
    closed: testRows.flatMap((test) =>
      test.closedCode === null
        ? []
        : [
            {
              kind: "test_closed" as const,
              runId,
              testIndex: test.testIndex,
              code: test.closedCode as TestClosing["code"],
              reason: test.closedReason ?? "",
            },
          ],
    ),
    leases: readRows(db, leases, {
      where: eq(leases.runId, runId),
      orderBy: [asc(leases.testIndex), asc(leases.number)],
    }).map(readLease),
    events: readRows(db, events, {
      where: eq(events.runId, runId),
      orderBy: [asc(events.storeId), asc(events.number)],
    }).map((event) => ({
      event: NodeEvent.parse(JSON.parse(event.event ?? "null")),
      offsetMs: event.offsetMs ?? 0,
    })),
    noticeCount: lastNotice?.number ?? 0,
  };
}

function readEnd(runId: RunId, row: typeof runs.$inferSelect): ChangeOf<"run_ended"> | undefined {
  if (row.status === null) return undefined;
  return {
    kind: "run_ended",
    runId,
    status: RunStatus.parse(row.status),
    exitCode: row.exitCode ?? 70,
    reason: row.endReason ?? undefined,
    wallMs: row.endedWallMs ?? row.createdWallMs,
    summary: row.summary ?? "",
  };
}

function readLease(row: typeof leases.$inferSelect): LoadedLease {
  const parts = { runId: RunId.parse(row.runId), testIndex: row.testIndex, number: row.number };
  return {
    leaseId: LeaseId.parse(leaseIdOf(parts)),
    nodeId: NodeId.parse(row.nodeId),
    attemptNumber: row.attemptNumber,
    settlement: row.settlement === null ? undefined : (JSON.parse(row.settlement) as Settlement),
  };
}

function readEnded(
  db: Sqlite,
  page: { readonly limit: number; readonly before?: RunId },
): RunSummary[] {
  const before =
    page.before === undefined
      ? undefined
      : readRows(db, runs, { where: eq(runs.runId, page.before) })[0];
  const isEarlier = before === undefined ? undefined : lt(runs.runId, before.runId);
  return readRows(db, runs, {
    where: and(isNotNull(runs.status), isEarlier),
    orderBy: [desc(runs.runId)],
    limit: page.limit,
  }).map((row) => RunSummary.parse(JSON.parse(row.summary ?? "null")));
}
