/** The supervised nats-server against the real program. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect, jwtAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { expect, onTestFinished, test } from "vitest";
import { pause, systemClock } from "#shared/clock.ts";
import { readPidFile, writePidFile } from "#shared/folder-lock.ts";
import { createNatsAuthority } from "#shared/nats/credentials.ts";
import { type NatsServerOptions, startNatsServer } from "#shared/nats/server.ts";
import { natsServerConfig } from "#shared/nats/server-config.ts";
import { findNatsServer } from "#shared/nats/server-process.ts";
import { freePort } from "#shared/runtime/free-port.ts";
import { isAlive, startSpeaking, temporaryFolder, until } from "./process-kit.ts";

const authority = createNatsAuthority(systemClock);

function optionsIn(folder: string, more: Partial<NatsServerOptions> = {}): NatsServerOptions {
  return {
    searchPath: process.env["PATH"] ?? "",
    confPath: join(folder, "nats.conf"),
    pidPath: join(folder, "nats.pid"),
    trust: authority.trust,
    clock: systemClock,
    ...more,
  };
}

async function start(more: Partial<NatsServerOptions> = {}, folder = temporaryFolder()) {
  const server = await startNatsServer(optionsIn(folder, more));
  onTestFinished(() => server.stop());
  return server;
}

function asGateway() {
  const { gateway } = authority;
  if (gateway.kind !== "key") throw new Error("The gateway has no key");
  return jwtAuthenticator(gateway.jwt, new TextEncoder().encode(gateway.seed));
}

async function connectAsGateway(port: number): Promise<NatsConnection> {
  const connection = await connect({ port, authenticator: asGateway(), reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

test("startNatsServer() serves, names the server's own pid and ends it at stop()", async () => {
  const folder = temporaryFolder();
  const server = await startNatsServer(optionsIn(folder));
  const pid = server.pid() ?? 0;
  expect(readPidFile(join(folder, "nats.pid"))).toBe(pid);
  await connectAsGateway(server.port);
  await server.stop();
  expect(isAlive(pid)).toBe(false);
  expect(server.pid()).toBeUndefined();
  expect(existsSync(join(folder, "nats.pid"))).toBe(false);
});

test("startNatsServer() starts a killed server again on the same port", async () => {
  const logged: string[] = [];
  const server = await start({ log: (message) => logged.push(message) });
  for (let round = 0; round < 3; round += 1) {
    const before = server.pid() ?? 0;
    process.kill(before, "SIGKILL");
    await until("a new server", () => server.pid() !== undefined && server.pid() !== before);
    await until(
      "it serves",
      async () => (await canConnect(server.port)) && isAlive(server.pid() ?? 0),
    );
  }
  expect(logged).toHaveLength(3);
});

async function canConnect(port: number): Promise<boolean> {
  try {
    const connection = await connect({ port, authenticator: asGateway(), reconnect: false });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** The signal is taken when the process is next scheduled, which may be later than the next line of a test. */
function hasStopped(pid: number): boolean {
  if (process.platform !== "linux") return true;
  return /^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("a frozen nats-server is not started again: thawed, it is the same one that goes on", async () => {
  const logged: string[] = [];
  const server = await start({ log: (message) => logged.push(message) });
  const gateway = await connectAsGateway(server.port);
  const pid = server.pid() ?? 0;
  process.kill(pid, "SIGSTOP");
  await until("the server stands still", () => hasStopped(pid), 2_000);
  const flushed = gateway.flush();
  const isAnswered = Promise.race([
    flushed.then(() => true),
    pause(systemClock, 500).then(() => false),
  ]);
  expect(await isAnswered).toBe(false);
  process.kill(pid, "SIGCONT");
  await flushed;
  expect([server.pid(), logged]).toEqual([pid, []]);
});

test.skipIf(process.platform !== "linux")(
  "a nats-server is in a process group of its own: Ctrl-C does not reach it",
  async () => {
    const server = await start();
    const groupOf = (pid: number | string) =>
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")[2];
    expect(groupOf(server.pid() ?? 0)).not.toBe(groupOf("self"));
  },
);

test("a nats-server is gone within a second of its owner's kill -9", async () => {
  const { child, line } = await startSpeaking("nats-owner.ts", temporaryFolder());
  const { pid } = JSON.parse(line) as { pid: number };
  expect(isAlive(pid)).toBe(true);
  child.kill("SIGKILL");
  await until("the server is gone", () => !isAlive(pid), 1_000);
});

test("a frozen nats-server is left alone, and is gone within a second of its owner's kill -9", async () => {
  const { child, line } = await startSpeaking("nats-owner.ts", temporaryFolder());
  const { pid } = JSON.parse(line) as { pid: number };
  process.kill(pid, "SIGSTOP");
  child.kill("SIGKILL");
  await until("the server is gone", () => !isAlive(pid), 1_000);
});

test("startNatsServer() ends a server of its own that was left behind and uses its port again", async () => {
  const folder = temporaryFolder();
  const options = optionsIn(folder);
  const first = await startNatsServer(options);
  await first.stop();
  // As after a crash that also took the guard: the same configuration, nobody who owns it.
  const program = findNatsServer(undefined, options.searchPath);
  const stale = spawn(program, ["-c", options.confPath], { stdio: "ignore" });
  onTestFinished(() => void stale.kill("SIGKILL"));
  writePidFile(options.pidPath, stale.pid ?? 0);
  await until("the stale one serves", () => canConnect(first.port));
  const second = await start({ portKept: first.port }, folder);
  expect(stale.signalCode ?? stale.exitCode).not.toBeNull();
  expect(second.port).toBe(first.port);
});

test("startNatsServer() refuses an asked port that another program has, by its number", async () => {
  const { port } = await takenPort();
  await expect(startNatsServer(optionsIn(temporaryFolder(), { port }))).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(String(port)),
  });
});

test("startNatsServer() chooses another port when the kept one is taken, and says so", async () => {
  const { port } = await takenPort();
  const logged: string[] = [];
  const server = await start({ portKept: port, log: (message) => logged.push(message) });
  expect(server.port).not.toBe(port);
  expect(logged.join()).toContain(String(port));
});

async function takenPort(): Promise<{ port: number }> {
  const port = await freePort("127.0.0.1");
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  return { port };
}

test("startNatsServer() starts a server that is killed before it serves again, on the same port", async () => {
  const folder = temporaryFolder();
  const died = join(folder, "died");
  const once = join(folder, "once-killed");
  const real = findNatsServer(undefined, process.env["PATH"] ?? "");
  const script = `#!/bin/sh\n[ -e '${died}' ] || { : > '${died}'; kill -9 $$; }\nexec '${real}' "$@"\n`;
  writeFileSync(once, script, { mode: 0o755 });
  const port = await freePort("127.0.0.1");
  const server = await start({ natsServerPath: once, port }, folder);
  expect(existsSync(died)).toBe(true);
  expect(server.port).toBe(port);
  await connectAsGateway(port);
});

test("startNatsServer() without nats-server says how to install it", async () => {
  const options = optionsIn(temporaryFolder(), { natsServerPath: "/nowhere/nats-server" });
  await expect(startNatsServer(options)).rejects.toMatchObject({
    code: "tool_missing",
    message: expect.stringContaining("apt-get install -y nats-server"),
  });
});

test("natsServerConfig() quotes what a person may have written", () => {
  const text = natsServerConfig({
    host: "::1",
    port: 1,
    serverName: "s",
    trust: authority.trust,
    logPath: '/a "b"/c.log',
  });
  expect(text).toContain('log_file: "/a \\"b\\"/c.log"');
});
