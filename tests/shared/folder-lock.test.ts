/** One process per data folder, and who the folder is of. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openGatewayStore } from "#gateway/store/libsql-store.ts";
import { openGatewayFolder, openNodeFolder, readGatewayAddress } from "#shared/data-folder.ts";
import { lockFolder, readPidFile } from "#shared/folder-lock.ts";
import { systemIds } from "#shared/ids.ts";
import { startSpeaking, temporaryFolder, until } from "./process-kit.ts";

test("lockFolder() refuses a second holder by the folder and the pid, and is free after its release", () => {
  const folder = temporaryFolder();
  const lock = lockFolder(folder, "gateway");
  expect(readPidFile(join(folder, "gateway.pid"))).toBe(process.pid);
  expect(() => lockFolder(folder, "gateway")).toThrow(
    `${folder}: the process ${process.pid} uses it`,
  );
  lock.release();
  lock.release();
  expect(existsSync(join(folder, "gateway.pid"))).toBe(false);
  lockFolder(folder, "gateway").release();
});

test("lockFolder() of another process refuses until it is killed -9", async () => {
  const folder = temporaryFolder();
  const { child } = await startSpeaking("lock-owner.ts", folder);
  expect(() => lockFolder(folder, "gateway")).toThrow(`the process ${child.pid} uses it`);
  child.kill("SIGKILL");
  await until("the lock is free", () => canLock(folder));
});

function canLock(folder: string): boolean {
  try {
    lockFolder(folder, "gateway").release();
    return true;
  } catch {
    return false;
  }
}

function openGateway(folder: string) {
  const opened = openGatewayFolder(folder, systemIds);
  onTestFinished(opened.release);
  return opened;
}

test("openGatewayFolder() keeps its identity, keys and ports, readable by its owner only", () => {
  const folder = join(temporaryFolder(), "deep", "data");
  const first = openGatewayFolder(folder, systemIds);
  first.savePorts({ http: 4100, nats: 4200 });
  first.release();
  const second = openGateway(folder);
  const kept = ["meshId", "apiKey", "joinKey", "blobSecret", "sealKey"] as const;
  for (const name of kept) expect(second[name]).toEqual(first[name]);
  expect(second.ports()).toEqual({ http: 4100, nats: 4200 });
  expect(new Set([second.apiKey, second.joinKey, second.blobSecret, second.sealKey]).size).toBe(4);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of ["api.key", "blob.key", "seal.key", "join.key"]) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
});

test("a folder that holds other files keeps its mode; what is written there is for its owner only", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "letter.txt"), "somebody's");
  chmodSync(folder, 0o1777);
  const opened = openGateway(folder);
  const store = openGatewayStore(opened.databasePath);
  onTestFinished(store.close);
  expect(statSync(folder).mode & 0o7777).toBe(0o1777);
  const names = ["api.key", "gateway.db", "gateway.db-wal", "gateway.lock", "join.key"];
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  expect(statSync(opened.blobsPath).mode & 0o777).toBe(0o700);
});

test("openGatewayFolder() refuses a damaged identity and gives the lock back", () => {
  const folder = temporaryFolder();
  openGatewayFolder(folder, systemIds).release();
  writeFileSync(join(folder, "mesh.json"), "{");
  expect(() => openGatewayFolder(folder, systemIds)).toThrow("it is damaged");
  lockFolder(folder, "gateway").release();
});

test("openGatewayFolder() goes on with damaged ports", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "ports.json"), "oops");
  expect(openGateway(folder).ports()).toEqual({});
});

test("readGatewayAddress() finds a gateway's url and key while it runs, and says when there is none", () => {
  const folder = temporaryFolder();
  expect(() => readGatewayAddress(folder)).toThrow("no gateway has served");
  const opened = openGateway(folder);
  opened.savePorts({ http: 4100 });
  expect(readGatewayAddress(folder)).toEqual({
    url: "http://127.0.0.1:4100",
    apiKey: opened.apiKey,
  });
  opened.savePorts({ http: 4100, url: "http://10.0.0.7:4100" });
  expect(readGatewayAddress(folder).url).toBe("http://10.0.0.7:4100");
});

test("openNodeFolder() keeps its node id", () => {
  const folder = temporaryFolder();
  const first = openNodeFolder(folder, systemIds);
  expect(() => openNodeFolder(folder, systemIds)).toThrow(folder);
  first.release();
  const second = openNodeFolder(folder, systemIds);
  expect(second.nodeId).toBe(first.nodeId);
  expect(readFileSync(join(folder, "node.pid"), "utf8")).toBe(`${process.pid}\n`);
  second.release();
});
