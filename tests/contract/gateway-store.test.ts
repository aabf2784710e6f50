import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { getTableColumns, getTableName } from "drizzle-orm";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Change } from "#gateway/mesh/change.ts";
import { openGatewayStore } from "#gateway/store/libsql-store.ts";
import { GATEWAY_MIGRATIONS } from "#gateway/store/migrations.ts";
import * as schema from "#gateway/store/schema.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { RunId, StoreId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { migrate, openSqlite } from "#shared/sqlite.ts";
import { temporaryFolder } from "../shared/process-kit.ts";
import { baselinesContract } from "./baselines.contract.ts";
import { blobNamesContract } from "./blob-names.contract.ts";
import { gatewayStoreContract, runCreated, views } from "./gateway-store.contract.ts";
import { historyContract } from "./history.contract.ts";
import { quotasContract } from "./quotas.contract.ts";
import { runOriginsContract } from "./run-origins.contract.ts";

function openFile() {
  const path = join(temporaryFolder(), "gateway.db");
  const opened = [openGatewayStore(path)] as const;
  const all = [...opened];
  onTestFinished(() => {
    for (const store of all) store.close();
  });
  return {
    path,
    store: opened[0],
    reopen: () => {
      all.pop()?.close();
      const again = openGatewayStore(path);
      all.push(again);
      return again;
    },
  };
}

const openMemory = () => {
  const store = createMemoryGatewayStore();
  return { store, reopen: () => store };
};
gatewayStoreContract("libSQL", openFile);
gatewayStoreContract("memory", openMemory);
blobNamesContract("libSQL", openFile);
blobNamesContract("memory", openMemory);
historyContract("libSQL", openFile);
quotasContract("libSQL", openFile);
baselinesContract("libSQL", openFile);
historyContract("memory", openMemory);
quotasContract("memory", openMemory);
baselinesContract("memory", openMemory);
runOriginsContract("libSQL", openFile);
runOriginsContract("memory", openMemory);

describe("libSQL", () => {
  const runId = RunId.parse("run-0001");
  const lease: Change = {
    kind: "lease_issued",
    leaseId: leaseIdOf({ runId, testIndex: 0, number: 1 }),
    nodeId: "node-1" as never,
    attemptNumber: 1,
  };
  const storeId = StoreId.parse("store-1");
  const rejected: Change = { kind: "event_rejected", storeId, number: 1, reason: "Unreadable" };

  test.each<[string, Change]>([
    ["a lease that is there", lease],
    ["an event that is there", rejected],
    ["a run that is there", runCreated()],
  ])(
    "a turn with %s is refused whole: what came before it in the turn is not there either",
    (_, twice) => {
      const { store, reopen } = openFile();
      store.commit([runCreated(), lease, rejected]);
      const before = store.load();
      const notice: Change = {
        kind: "notice_said",
        runId,
        notice: { number: 1, notice: { kind: "waiting", reason: "Why" } },
      };
      const closed: Change = {
        kind: "test_closed",
        runId,
        testIndex: 0,
        code: "no_node",
        reason: "",
      };
      expect(() => store.commit([notice, closed, twice])).toThrow("Cannot commit a turn");
      for (const current of views(store, reopen)) {
        expect(current.load()).toEqual(before);
        expect(current.notices(runId, 0)).toEqual([]);
      }
      reopen().commit([notice, closed]); // and it takes the turn without the fault
    },
  );

  test("the end of a run is written once, whatever is asked later (R1)", () => {
    const { store } = openFile();
    const end = { kind: "run_ended", runId, reason: undefined, summary: "{}" } as const;
    store.commit([runCreated(), { ...end, status: "passed", exitCode: 0, wallMs: 1 }]);
    store.commit([{ ...end, status: "failed", exitCode: 1, wallMs: 2 }]);
    expect(store.loadRun(runId)?.ended).toMatchObject({ status: "passed", exitCode: 0, wallMs: 1 });
  });

  test("drizzle's tables are the migrated tables, column by column", () => {
    const db = openSqlite(join(temporaryFolder(), "schema.db"), { synchronous: "normal" });
    migrate(db, GATEWAY_MIGRATIONS);
    const migrated = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map((row) => String(row["name"]));
    const tables = Object.values(schema);
    expect(new Set(tables.map((table) => getTableName(table)))).toEqual(new Set(migrated));
    for (const table of tables) {
      const name = getTableName(table);
      const columns = db.prepare(`PRAGMA table_info(${name})`).all();
      const found = columns.map((row) => [row["name"], row["type"], row["notnull"] === 1]);
      const said = Object.values(getTableColumns(table)).map((column) => [
        column.name,
        column.getSQLType().toUpperCase(),
        column.notNull,
      ]);
      expect({ name, columns: found }).toEqual({ name, columns: said });
    }
    db.close();
  });

  test("a file of a newer program is refused by name and left as it is", () => {
    const { path, store } = openFile();
    store.commit([runCreated()]);
    const db = openSqlite(path, { synchronous: "full" });
    db.exec(`PRAGMA user_version = ${GATEWAY_MIGRATIONS.length + 1}`);
    db.close();
    const refusal = expect.objectContaining({ code: "store_failed" });
    expect(() => openGatewayStore(path)).toThrow(refusal);
    expect(store.loadRun(runId)).toBeDefined();
  });

  test("kill -9 of a writing process loses no acknowledged commit, and leaves no half of a turn", async () => {
    const path = join(temporaryFolder(), "gateway.db");
    let acknowledged = 0;
    for (const wanted of [20, 150, 400]) {
      acknowledged = await writeUntilKilled(path, acknowledged, wanted);
      const store = openGatewayStore(path);
      const loaded = store.loadRun(runId);
      const confirmed = store.load().stores[0]?.confirmed ?? 0;
      // What was acknowledged is there; at most the turn under way is there beyond it, whole.
      expect(confirmed).toBeGreaterThanOrEqual(acknowledged);
      expect(loaded?.events).toHaveLength(confirmed);
      expect(store.notices(runId, 0)).toHaveLength(confirmed);
      acknowledged = confirmed;
      store.close();
    }
  });
});

/** Starts a process that writes turns and says each number when its commit has returned; kills it after so many. */
async function writeUntilKilled(path: string, from: number, wanted: number): Promise<number> {
  const script = join(import.meta.dirname, "gateway-store-writer.ts");
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let acknowledged = from;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged >= from + wanted) child.kill("SIGKILL");
  }
  return acknowledged;
}
