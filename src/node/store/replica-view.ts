/**
 * What a node did and has not delivered, read from its replica alone: works with everything else off, and beside a
 * living node. Writes nothing.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { NodeEvent, StepStatus } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import { MeshError } from "#shared/errors.ts";
import { roundMs } from "#shared/round-ms.ts";
import { openSqlite, type Sqlite, type SqlRow } from "#shared/sqlite.ts";
import type { LeaseRow } from "./node-store.ts";
import { leaseRowOf, savedEventOf } from "./replica-rows.ts";
import { createUploadStore, type PendingUpload } from "./upload-store.ts";

export type ReplicaStep = {
  readonly name: string;
  readonly kind: string;
  /** `planned`: no outcome is saved, it did not run or is running. */
  readonly status: StepStatus | "planned";
  readonly durationMs?: number;
  readonly error?: Failure;
};

export type ReplicaAttempt = {
  readonly leaseId: string;
  readonly testKey: string;
  readonly attemptNumber: number;
  readonly status: "running" | "passed" | "failed" | "lost" | "cancelled";
  /** The node's wall clock; absent when it is delivered. */
  readonly startedWallMs?: number;
  readonly durationMs?: number;
  readonly error?: Failure;
  readonly steps: readonly ReplicaStep[];
  readonly artifacts: readonly ArtifactNote[];
};

export type ReplicaView = {
  readonly nodeId: string | undefined;
  readonly storeId: string;
  readonly lastEvent: number;
  readonly confirmed: number;
  readonly undeliveredEventCount: number;
  /** Accepted and not started. */
  readonly waiting: readonly { readonly leaseId: string; readonly testKey: string }[];
  /** Running, or ended and not confirmed; oldest first. */
  readonly undelivered: readonly ReplicaAttempt[];
  /** The last delivered ones, without their steps; newest first. */
  readonly delivered: readonly ReplicaAttempt[];
  readonly pendingUploads: readonly PendingUpload[];
};

const DELIVERED_SHOWN_MAX = 100;

/**
 * Reads the replica of a node's data folder.
 *
 * @throws {MeshError} `usage` when there is none.
 */
export function readReplica(dataDir: string): ReplicaView {
  const path = join(dataDir, "replica.db");
  if (!existsSync(path))
    throw new MeshError("usage", `Cannot read the replica of ${dataDir}: there is no replica.db`);
  const db = openSqlite(path, { synchronous: "normal" });
  try {
    // One snapshot, without the writer's lock: a living node goes on meanwhile.
    db.exec("BEGIN");
    return readView(db, nodeIdOf(dataDir));
  } finally {
    db.exec("ROLLBACK");
    db.close();
  }
}

function readView(db: Sqlite, nodeId: string | undefined): ReplicaView {
  const meta = new Map(
    db
      .prepare("SELECT key, value FROM meta")
      .all()
      .map((row) => [row["key"], String(row["value"])]),
  );
  const confirmed = Number(meta.get("confirmed") ?? 0);
  const lastEvent = Math.max(
    confirmed,
    Number(db.prepare("SELECT max(number) AS last FROM event").get()?.["last"] ?? 0),
  );
  const rows = (where: string) => db.prepare(`SELECT * FROM lease WHERE ${where}`).all();
  return {
    nodeId,
    storeId: meta.get("storeId") ?? "",
    lastEvent,
    confirmed,
    undeliveredEventCount: lastEvent - confirmed,
    waiting: rows("state = 'accepted' ORDER BY rowid").map((row) => ({
      leaseId: String(row["lease_id"]),
      testKey: String(row["test_key"]),
    })),
    undelivered: rows("state IN ('running', 'ended') ORDER BY rowid").map((row) =>
      attemptOf(row, eventsOf(db, row)),
    ),
    delivered: rows(`state = 'delivered' ORDER BY rowid DESC LIMIT ${DELIVERED_SHOWN_MAX}`).map(
      (row) => attemptOf(row, []),
    ),
    pendingUploads: createUploadStore(db, (act) => act()).all(),
  };
}

function eventsOf(db: Sqlite, row: SqlRow): readonly NodeEvent[] {
  const events = db
    .prepare("SELECT number, body FROM event WHERE lease_id = ? ORDER BY number")
    .all(String(row["lease_id"]));
  return events.map((saved) => savedEventOf(saved).event);
}

function attemptOf(row: SqlRow, events: readonly NodeEvent[]): ReplicaAttempt {
  const { leaseId, testKey, attemptNumber, plannedSteps } = leaseRowOf(row);
  const { status, duration_ms: durationMs, error } = row;
  const started = events.find((event) => event.kind === "attempt_started");
  return {
    leaseId,
    testKey,
    attemptNumber,
    status: typeof status === "string" ? (status as ReplicaAttempt["status"]) : "running",
    ...(started !== undefined && { startedWallMs: started.wallMs }),
    ...(typeof durationMs === "number" && { durationMs: roundMs(durationMs) }),
    ...(typeof error === "string" && { error: JSON.parse(error) as Failure }),
    steps: row["state"] === "delivered" ? [] : stepsOf(plannedSteps, events),
    artifacts: events.flatMap((event) => (event.kind === "artifact_found" ? [event.artifact] : [])),
  };
}

function stepsOf(planned: LeaseRow["plannedSteps"], events: readonly NodeEvent[]): ReplicaStep[] {
  const ended = new Map(
    events.flatMap((event) => (event.kind === "step_ended" ? [[event.stepIndex, event]] : [])),
  );
  return planned.map((step, index) => {
    const event = ended.get(index);
    if (event === undefined) return { ...step, status: "planned" };
    const { status, durationMs, error } = event;
    return { ...step, status, durationMs: roundMs(durationMs), ...(error && { error }) };
  });
}

function nodeIdOf(dataDir: string): string | undefined {
  try {
    const file: unknown = JSON.parse(readFileSync(join(dataDir, "node.json"), "utf8"));
    return typeof file === "object" && file !== null && "nodeId" in file
      ? String(file.nodeId)
      : undefined;
  } catch {
    // A replica that was copied without its folder is still worth reading.
    return undefined;
  }
}
