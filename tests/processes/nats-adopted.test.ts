/** A killed gateway leaves its nats-server behind: what the next start on that data folder takes over, and what it does not. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "#gateway/gateway.ts";
import { isAlive } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { systemClock } from "#shared/clock.ts";
import { writePidFile } from "#shared/folder-lock.ts";
import { createNatsAuthority } from "#shared/nats/credentials.ts";
import { natsServerConfig } from "#shared/nats/server-config.ts";
import { findNatsServer, isFrozen, readGreeting } from "#shared/nats/server-process.ts";
import { freePort } from "#shared/runtime/free-port.ts";
import { gatewayFolder, killAndWait, leaveNats, natsPid, startOn } from "./left-nats.ts";

const HOST = "127.0.0.1";

/** Any other program of this machine, ended with the test. */
function otherProgram(program: string, words: readonly string[]): ChildProcess & { pid: number } {
  const child = spawn(program, words, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child as ChildProcess & { pid: number };
}

const natsServer = (...words: string[]) =>
  otherProgram(findNatsServer(undefined, process.env["PATH"] ?? ""), words);

const nameAt = (port: number) => readGreeting({ host: HOST, port, timeoutMs: 500 });

async function untilServing(port: number): Promise<void> {
  await waitUntil(async () => (await nameAt(port)) !== undefined, { what: `NATS at ${port}` });
}

test("the next start takes it over: the same process, the same port; its stop ends it and removes nats.pid", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  const { gateway, port, said } = await startOn(folder);
  expect([natsPid(folder), port]).toEqual([left.pid, left.port]);
  expect(said()).toContain(`Took over the nats-server that was left behind (pid ${left.pid}`);
  await gateway.stop();
  expect([isAlive(left.pid), existsSync(join(folder, "nats.pid"))]).toEqual([false, false]);
});

test("one that was taken over is supervised: killed, it is started again on its port", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  const { port, gateway } = await startOn(folder);
  await killAndWait(left.pid);
  await waitUntil(() => (natsPid(folder) ?? left.pid) !== left.pid, { what: "a new nats-server" });
  await untilServing(left.port);
  expect(port).toBe(left.port);
  const next = natsPid(folder) ?? 0;
  await gateway.stop();
  expect(isAlive(next)).toBe(false);
});

test("nats.pid was lost: the server is found by its command line and taken over", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  rmSync(join(folder, "nats.pid"));
  const { gateway, said } = await startOn(folder);
  expect(said()).toContain(`(pid ${left.pid}`);
  await gateway.stop();
  expect(isAlive(left.pid)).toBe(false);
});

test("a stale nats.pid, of a process that is gone: named, and started anew on the kept port", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  await killAndWait(left.pid);
  const { port, said } = await startOn(folder);
  expect(port).toBe(left.port);
  expect(natsPid(folder)).not.toBe(left.pid);
  expect(said()).toContain(`nats.pid is stale: the process ${left.pid}`);
});

test("a recycled pid: the process that has it by now is left alone", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  await killAndWait(left.pid);
  // It even names our configuration, as an editor or a pager does.
  const other = otherProgram("tail", ["-f", join(folder, "nats.conf")]);
  writePidFile(join(folder, "nats.pid"), other.pid);
  const { port, said, gateway } = await startOn(folder);
  expect(port).toBe(left.port);
  expect(said()).toContain(`nats.pid is stale: the process ${other.pid}`);
  await gateway.stop();
  expect(isAlive(other.pid)).toBe(true);
});

test("frozen (SIGSTOP): ended, and started anew on the kept port", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  process.kill(left.pid, "SIGSTOP");
  await waitUntil(() => isFrozen(left.pid), { what: "it stands still" });
  const { port, said } = await startOn(folder);
  expect([port, isAlive(left.pid)]).toEqual([left.port, false]);
  expect(said()).toContain("it is frozen");
});

test("a stranger on the port: it is left alone, another port is chosen and said", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  await killAndWait(left.pid);
  const stranger = natsServer("-a", HOST, "-p", String(left.port));
  await untilServing(left.port);
  const { port, said } = await startOn(folder);
  expect(port).not.toBe(left.port);
  expect(said()).toContain(`The NATS port ${left.port} is used by another program`);
  expect(isAlive(stranger.pid)).toBe(true);
});

test("another server answers on the port of ours: ours is ended, the other is never taken for it", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  await killAndWait(left.pid);
  const conf = join(folder, "nats.conf");
  const elsewhere = await freePort(HOST);
  const ours = natsServer("-c", conf, "-p", String(elsewhere));
  writePidFile(join(folder, "nats.pid"), ours.pid);
  natsServer("-a", HOST, "-p", String(left.port)); // takes whoever comes
  await Promise.all([untilServing(elsewhere), untilServing(left.port)]);
  const { port, said } = await startOn(folder);
  expect(said()).toContain(`answers on its port ${left.port}`);
  expect([isAlive(ours.pid), port === left.port]).toEqual([false, false]);
});

test("it refuses our credential: ended, and started anew on the kept port", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  const conf = join(folder, "nats.conf");
  const wanted = readFileSync(conf, "utf8");
  await killAndWait(left.pid);
  const { trust } = createNatsAuthority(systemClock);
  const serverName = /^server_name: "(.*)"$/m.exec(wanted)?.[1] ?? "";
  const { port } = left;
  const logPath = join(folder, "nats.log");
  writeFileSync(conf, natsServerConfig({ host: HOST, port, serverName, trust, logPath }));
  const foreign = natsServer("-c", conf);
  await untilServing(port);
  writeFileSync(conf, wanted);
  writePidFile(join(folder, "nats.pid"), foreign.pid);
  const started = await startOn(folder);
  expect(started.said()).toContain("it refuses the credentials");
  expect([isAlive(foreign.pid), started.port]).toEqual([false, port]);
});

test("another address is wanted by now: ended, and started anew on the kept port", async () => {
  const folder = gatewayFolder();
  const left = await leaveNats(folder);
  const { gateway, said } = await startOn(folder, { host: "127.0.0.2" });
  expect(gateway.natsUrl).toBe(`nats://127.0.0.2:${left.port}`);
  expect(isAlive(left.pid)).toBe(false);
  expect(said()).toContain("its configuration is another by now");
});

test("a second gateway on the same folder is refused before it looks at the nats-server", async () => {
  const folder = gatewayFolder();
  await startOn(folder);
  const pid = natsPid(folder) ?? 0;
  await expect(startGateway({ dataDir: folder, natsLife: "left_behind" })).rejects.toMatchObject({
    code: "folder_locked",
  });
  expect([isAlive(pid), natsPid(folder)]).toEqual([true, pid]);
});
