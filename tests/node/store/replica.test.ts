import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { afterEach, expect, test } from "vitest";
import { createCommit } from "#node/store/commit.ts";
import { cutEvent } from "#node/store/cut-event.ts";
import { openReplica } from "#node/store/replica.ts";
import { readReplica } from "#node/store/replica-view.ts";
import { event, lease, MIGRATIONS, meta, upload } from "#node/store/schema.ts";
import type { NodeEvent } from "#proto/event.ts";
import { RunId } from "#proto/ids.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";
import { migrate, openSqlite } from "#shared/sqlite.ts";

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-replica-"));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const runId = RunId.parse("run-1");
const leaseOf = (testIndex: number) => leaseIdOf({ runId, testIndex, number: 1 });

test("the drizzle schema describes the tables that the migrations make", () => {
  const db = openSqlite(join(newFolder(), "replica.db"), { synchronous: "normal" });
  migrate(db, MIGRATIONS);
  for (const table of [meta, lease, event, upload]) {
    const { name, columns } = getTableConfig(table);
    const described = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      notnull: column.notNull ? 1 : 0,
      pk: column.primary ? 1 : 0,
    }));
    const made = db
      .prepare(`SELECT name, type, "notnull", pk FROM pragma_table_info('${name}')`)
      .all();
    expect(made.map(({ name, type, notnull, pk }) => ({ name, type, notnull, pk }))).toEqual(
      described,
    );
  }
  db.close();
});

test("commit() tells of a full disk once, tries again when room was made, and says so by name when not", () => {
  const db = openSqlite(join(newFolder(), "full.db"), { synchronous: "normal" });
  db.exec("CREATE TABLE t (value TEXT)");
  db.exec("PRAGMA max_page_count = 4");
  const insert = () => db.prepare("INSERT INTO t VALUES (?)").run("x".repeat(20_000));
  expect(() => createCommit(db.transaction)(insert)).toThrow(
    expect.objectContaining({ code: "disk_full" }),
  );
  let told = 0;
  const commit = createCommit(db.transaction, () => {
    told += 1;
    db.exec("PRAGMA max_page_count = 100");
    return true;
  });
  commit(insert);
  expect(told).toBe(1);
  expect(db.prepare("SELECT count(*) AS count FROM t").get()).toEqual({ count: 1 });
  db.close();
});

/** Runs the writer until it has acknowledged some events, then kills it; returns the last acknowledged number. */
async function writeAndKill(path: string, acknowledged: number): Promise<number> {
  const script = join(import.meta.dirname, "replica-owner.ts");
  const child: ChildProcess = spawn(process.execPath, [script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("The writer has no stdout");
  let count = 0;
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    count += 1;
    if (count === acknowledged) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return last;
}

test("E1: whatever was acknowledged is there after kill -9, numbered without a gap, with the state it describes", async () => {
  const path = join(newFolder(), "replica.db");
  for (const acknowledged of [1, 7, 40, 333]) {
    const last = await writeAndKill(path, acknowledged);
    const { store, close } = openReplica({ path, ids: systemIds });
    expect(store.lastNumber()).toBeGreaterThanOrEqual(last);
    const saved = store.eventsAfter(0, { countMax: 1e6, bytesMax: 1e9 });
    expect(saved.map(({ number }) => number)).toEqual(
      Array.from({ length: store.lastNumber() }, (_, index) => index + 1),
    );
    const ended = new Set(
      saved.flatMap(({ event }) => (event.kind === "attempt_ended" ? [event.leaseId] : [])),
    );
    const started = new Set(
      saved.flatMap(({ event }) => (event.kind === "attempt_started" ? [event.leaseId] : [])),
    );
    for (const { leaseId, state } of store.leases()) {
      expect([leaseId, state === "ended"]).toEqual([leaseId, ended.has(leaseId)]);
      expect([leaseId, state === "running" || state === "ended"]).toEqual([
        leaseId,
        started.has(leaseId),
      ]);
    }
    close();
  }
});

test("readReplica() shows what is undelivered, beside a living node and when it is gone", () => {
  const folder = newFolder();
  const replica = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  const { store } = replica;
  const planned = [
    { name: "open", kind: "goto" },
    { name: "look", kind: "expect" },
    { name: "leave", kind: "goto" },
  ];
  store.saveAccepted(
    [0, 1, 2].map((index) => ({
      leaseId: leaseOf(index),
      state: "accepted",
      attemptNumber: 1,
      testKey: `suite › test ${index}`,
      plannedSteps: planned,
    })),
  );
  const start = (index: number) =>
    store.start(leaseOf(index), {
      kind: "attempt_started",
      leaseId: leaseOf(index),
      attemptNumber: 1,
      slotIndex: 0,
      wallMs: 5,
    });
  const step = (index: number, stepIndex: number, status: "passed" | "failed") =>
    store.append({
      kind: "step_ended",
      leaseId: leaseOf(index),
      stepIndex,
      status,
      durationMs: 2,
      ...(status === "failed" && { error: { message: "no" } }),
    });
  start(0);
  step(0, 0, "passed");
  store.append({ kind: "attempt_ended", leaseId: leaseOf(0), status: "passed", durationMs: 9 });
  start(1);
  step(1, 0, "passed");
  // The first attempt is delivered, of the second only its start.
  store.confirm(4);
  step(1, 1, "failed");
  replica.uploads.add({ sha256: "a".repeat(64) as never, bytes: 3, name: "failure.png" });

  const view = readReplica(folder);
  expect(view).toMatchObject({
    storeId: store.storeId(),
    lastEvent: 6,
    confirmed: 4,
    undeliveredEventCount: 2,
  });
  expect(view.waiting).toEqual([{ leaseId: leaseOf(2), testKey: "suite › test 2" }]);
  expect(view.delivered).toMatchObject([{ leaseId: leaseOf(0), status: "passed", durationMs: 9 }]);
  expect(view.undelivered).toHaveLength(1);
  expect(view.undelivered[0]).toMatchObject({
    leaseId: leaseOf(1),
    status: "running",
    startedWallMs: 5,
  });
  expect(view.undelivered[0]?.steps).toEqual([
    { name: "open", kind: "goto", status: "passed", durationMs: 2 },
    { name: "look", kind: "expect", status: "failed", durationMs: 2, error: { message: "no" } },
    { name: "leave", kind: "goto", status: "planned" },
  ]);
  expect(view.pendingUploads).toMatchObject([{ name: "failure.png", bytes: 3 }]);

  const error = { message: "no", code: "expect" };
  store.append({
    kind: "attempt_ended",
    leaseId: leaseOf(1),
    status: "failed",
    durationMs: 11,
    error,
  });
  replica.close();
  expect(readReplica(folder).undelivered[0]).toMatchObject({
    status: "failed",
    durationMs: 11,
    error,
  });
});

test("readReplica() of a folder without a replica says so, and makes none", () => {
  const folder = newFolder();
  expect(() => readReplica(folder)).toThrow(/there is no replica.db/);
  expect(() => readReplica(folder)).toThrow(expect.objectContaining({ code: "usage" }));
});

test("cutEvent() leaves a small event alone, and brings any large one below its bound", () => {
  const small: NodeEvent = {
    kind: "attempt_ended",
    leaseId: leaseOf(0),
    status: "passed",
    durationMs: 1,
  };
  expect(cutEvent(small, 10_000)).toBe(small);
  const bytesMax = 10_000;
  const texts = ["x", "\u0000", "é", "🙂", '"'].map((text) => text.repeat(20_000));
  for (const text of texts) {
    const step: NodeEvent = {
      kind: "step_ended",
      leaseId: leaseOf(0),
      stepIndex: 0,
      status: "failed",
      durationMs: 1,
      warnings: [text, ...Array.from({ length: 500 }, () => text.slice(0, 100))],
      error: { message: text, file: "a.yaml", line: 3, column: 1, code: "expect" },
    };
    const cut = cutEvent(step, bytesMax);
    expect(Buffer.byteLength(JSON.stringify(cut))).toBeLessThanOrEqual(bytesMax);
    expect(cut).toMatchObject({
      stepIndex: 0,
      status: "failed",
      error: { file: "a.yaml", line: 3, code: "expect" },
    });
    expect(cut.kind === "step_ended" && cut.error?.message).toMatch(
      /… \(cut: \d+ of \d+ characters\)$/,
    );
  }
});
