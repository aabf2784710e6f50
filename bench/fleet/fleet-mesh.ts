/** A gateway process, its nats-server and many nodes in a few processes, all of one machine; gone when disposed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ApiClient, createApiClient } from "#cli/api-client.ts";
import { endLeftNats } from "#kit/mesh.ts";
import { type Program, startProgram } from "#kit/program.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { readPidFile } from "#shared/folder-lock.ts";

export type FleetShape = {
  readonly nodes: number;
  readonly nodesPerProcess: number;
  readonly slots: number;
};

export type FleetPids = {
  readonly gateway: number;
  readonly nats: number;
  readonly nodes: readonly number[];
};

export type FleetMesh = AsyncDisposable & {
  readonly client: ApiClient;
  readonly pids: () => FleetPids;
  /** From the first process of nodes to the last node that is alive. */
  readonly joinedMs: number;
  /** Kills processes until so many nodes or more are dead. @returns How many are. */
  readonly kill: (nodes: number) => number;
  /** Kills the gateway and starts it again. @returns Milliseconds from its ready line until all living nodes are alive there. */
  readonly restartGateway: () => Promise<number>;
};

const ALIVE_MS_MAX = 600_000;
const GROUP = join(import.meta.dirname, "node-group.ts");

type Group = { readonly child: ChildProcess; readonly count: number };

/** Starts all of it; resolves when every node is alive. */
export async function startFleet(shape: FleetShape): Promise<FleetMesh> {
  await using parts = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), "panoptic-fleet-"));
  parts.defer(() => rmSync(dir, { recursive: true, force: true }));
  const gatewayDir = join(dir, "gateway");
  parts.defer(() => endLeftNats(gatewayDir));
  let gateway = await startGateway(dir, gatewayDir);
  parts.defer(() => endProgram(gateway));
  const client = clientOf(gatewayDir);
  const startedMs = systemClock.monotonicMs();
  const token = await client.joinToken();
  const groups: Group[] = [];
  let living = shape.nodes;
  parts.defer(() => Promise.all(groups.map(endGroup)).then(() => undefined));
  for (let first = 0; first < shape.nodes; first += shape.nodesPerProcess) {
    const count = Math.min(shape.nodesPerProcess, shape.nodes - first);
    groups.push(startGroup({ token, folder: dir, firstNumber: first, count, slots: shape.slots }));
  }
  await untilAlive(client, shape.nodes);
  const joinedMs = systemClock.monotonicMs() - startedMs;
  const started = parts.move();
  return {
    client,
    joinedMs,
    pids: () => ({
      gateway: gateway.pid,
      nats: readPidFile(join(gatewayDir, "nats.pid")) ?? 0,
      nodes: groups.flatMap(({ child }) => child.pid ?? []),
    }),
    kill: (nodes) => {
      const killed = killGroups(groups, nodes);
      living -= killed;
      return killed;
    },
    restartGateway: async () => {
      await endProgram(gateway);
      gateway = await startGateway(dir, gatewayDir);
      const readyMs = systemClock.monotonicMs();
      await untilAlive(clientOf(gatewayDir), living);
      return systemClock.monotonicMs() - readyMs;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function clientOf(gatewayDir: string): ApiClient {
  return createApiClient(readGatewayAddress(gatewayDir));
}

async function startGateway(callerDir: string, gatewayDir: string): Promise<Program> {
  const program = startProgram(["gateway", "--data", gatewayDir, "--json"], { callerDir });
  await program.ready();
  return program;
}

async function endProgram(program: Program): Promise<void> {
  program.signal("SIGKILL");
  await program.ended;
}

function startGroup(wish: { readonly count: number } & Readonly<Record<string, unknown>>): Group {
  const child = spawn(process.execPath, [GROUP], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin?.on("error", () => undefined); // It was killed: whoever did that knows.
  child.stdin?.write(`${JSON.stringify(wish)}\n`);
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", () => undefined);
  return { child, count: wish.count };
}

async function endGroup({ child }: Group): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function killGroups(groups: readonly Group[], nodes: number): number {
  let killed = 0;
  for (const { child, count } of groups) {
    if (killed >= nodes) break;
    child.kill("SIGKILL");
    killed += count;
  }
  return killed;
}

async function untilAlive(client: ApiClient, count: number): Promise<void> {
  const untilMs = systemClock.monotonicMs() + ALIVE_MS_MAX;
  for (;;) {
    const alive = (await client.nodes()).filter(({ state }) => state === "alive").length;
    if (alive >= count) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error(`Only ${alive} of ${count} joined`);
    await pause(systemClock, 200);
  }
}
