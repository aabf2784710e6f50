/**
 * Supervises a real nats-server for an embedded mesh: starts it, starts it again when it exits unasked, ends it.
 * How one process is run is server-process.ts's; what it is told is server-config.ts's.
 *
 * States: `starting` (spawned, not yet greeting) → `serving` → (exit unasked) `starting` …; `stopping` from any, for ever.
 * Invariants:
 * - S1 The port never changes after the first start: tokens and nodes depend on it.
 * - S2 At most one server of our configuration lives: before each start the one that the pid file names is ended, if
 *   its command line names our configuration (nothing else is ever killed).
 * - S3 A frozen server is left alone: it is not ours to judge (protocol: "NATS away for everyone").
 */
import { rmSync } from "node:fs";
import { type Clock, pause } from "../clock.ts";
import { type NatsUsers, writePrivateFile } from "../data-folder.ts";
import { MeshError } from "../errors.ts";
import { readPidFile } from "../folder-lock.ts";
import { newSecret } from "../ids.ts";
import { freePort, isPortFree } from "../runtime/free-port.ts";
import { natsServerConfig } from "./server-config.ts";
import {
  endNatsServer,
  findNatsServer,
  isOurs,
  type NatsProcess,
  readGreeting,
  spawnNatsServer,
} from "./server-process.ts";

export type NatsServerOptions = {
  /** Absent: found on PATH. */
  readonly natsServerPath?: string;
  /** Where to look for it. */
  readonly searchPath: string;
  readonly confPath: string;
  readonly pidPath: string;
  /** Default: loopback. */
  readonly host?: string;
  /** Asked for by a person: this one or none. */
  readonly port?: number;
  /** Used last time: used again, unless another program has it now. */
  readonly portKept?: number;
  readonly users: NatsUsers;
  readonly clock: Clock;
  /** Told of restarts and of a changed port. */
  readonly log?: (message: string) => void;
  /** Aborted: as `stop()`. */
  readonly signal?: AbortSignal;
};

export type NatsServer = {
  /** For clients on this machine, without credentials. */
  readonly url: string;
  readonly port: number;
  /** Of the server that runs now; undefined while there is none. */
  readonly pid: () => number | undefined;
  /** Ends the server and waits until it is gone. */
  readonly stop: () => Promise<void>;
};

const LOOPBACK = "127.0.0.1";
const START_MS_MAX = 10_000;
const GREETING_MS_MAX = 1_000;
const POLL_MS = 10;
const TERM_MS = 1_500;
const BACKOFF_MS_MAX = 1_000;
const STARTS_MAX = 5;
/** A server that lived this long is started again at once. */
const HEALTHY_MS = 2_000;

/**
 * Starts a supervised nats-server and returns when it serves.
 *
 * @throws {MeshError} `tool_missing` when there is no nats-server; `conflict` when the asked port is taken; `internal`
 * when the server does not start, with what it said.
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const programPath = findNatsServer(options.natsServerPath, options.searchPath);
  const host = options.host ?? LOOPBACK;
  const reachable = host === "0.0.0.0" || host === "::" ? LOOPBACK : host;
  await endStale(options);
  for (let start = 1; ; start += 1) {
    const port = await choosePort(options, host);
    const supervisor = createSupervisor({ options, programPath, host, reachable, port });
    const fault = await supervisor.start();
    if (fault === undefined) return supervisor.server;
    await supervisor.server.stop();
    const canChoose = options.port === undefined && start < STARTS_MAX;
    // Taken by another program between choosing and binding.
    if (canChoose && !(await isPortFree(host, port))) continue;
    throw new MeshError(
      "internal",
      `Cannot start nats-server on ${host}:${port}: ${fault}; its log is ${logPathOf(options)}`,
    );
  }
}

async function choosePort(options: NatsServerOptions, host: string): Promise<number> {
  const { port, portKept } = options;
  if (port !== undefined && port !== 0) {
    if (await isPortFree(host, port)) return port;
    throw new MeshError(
      "conflict",
      `Cannot start NATS: the port ${port} of ${host} is used by another program`,
    );
  }
  if (portKept === undefined) return freePort(host);
  if (await isPortFree(host, portKept)) return portKept;
  const chosen = await freePort(host);
  options.log?.(
    `The NATS port ${portKept} is used by another program: using ${chosen}; nodes need a new join token`,
  );
  return chosen;
}

type Supervised = {
  readonly options: NatsServerOptions;
  readonly programPath: string;
  readonly host: string;
  readonly reachable: string;
  readonly port: number;
};

type Supervisor = {
  /** Returns the fault of the first start, undefined when it serves and is supervised from now on. */
  readonly start: () => Promise<string | undefined>;
  readonly server: NatsServer;
};

function createSupervisor(of: Supervised): Supervisor {
  const { options, port } = of;
  const serverName = `panoptic-${newSecret()}`;
  const stopping = new AbortController();
  let current: NatsProcess | undefined;
  let watching: Promise<void> = Promise.resolve();

  const launch = async (): Promise<string | undefined> => {
    await endStale(options);
    if (stopping.signal.aborted) return "stopped"; // re-checked after await
    current = spawnNatsServer({ ...options, programPath: of.programPath });
    return untilServing({ ...of, process: current, serverName });
  };
  const watch = async () => {
    let backoffMs = 0;
    while (!stopping.signal.aborted && current !== undefined) {
      const startedMs = options.clock.monotonicMs();
      const said = await current.exited;
      if (stopping.signal.aborted) return;
      options.log?.(`nats-server ended: ${said}; starting it again on port ${port}`);
      if (options.clock.monotonicMs() - startedMs > HEALTHY_MS) backoffMs = 0;
      if (backoffMs > 0) await pauseOrStop(options.clock, backoffMs, stopping.signal);
      backoffMs = Math.min(BACKOFF_MS_MAX, backoffMs * 2 + 50);
      const fault = await launch();
      if (fault !== undefined) current?.abandon();
    }
  };
  const stop = async () => {
    stopping.abort();
    const pid = ownPid(options);
    if (pid !== undefined) await endNatsServer(pid, { ...options, termMs: TERM_MS });
    current?.abandon();
    await current?.exited;
    await watching;
    rmSync(options.pidPath, { force: true });
  };
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  const start = async () => {
    // Once: a full disk must not keep the server from being started again.
    writePrivateFile(options.confPath, confText(of, serverName));
    const fault = options.signal?.aborted ? "stopped" : await launch();
    if (fault === undefined) watching = watch();
    return fault;
  };
  const url = `nats://${of.reachable.includes(":") ? `[${of.reachable}]` : of.reachable}:${port}`;
  return { start, server: { url, port, pid: () => ownPid(options), stop } };
}

function confText(of: Supervised, serverName: string): string {
  const { host, port, options } = of;
  const { users } = options;
  return natsServerConfig({ host, port, serverName, users, logPath: logPathOf(options) });
}

/** `nats.log` beside `nats.conf`: a file, since a pipe that nobody reads would stop the server. */
function logPathOf(options: NatsServerOptions): string {
  return `${options.confPath.replace(/\.conf$/, "")}.log`;
}

type Starting = Supervised & { readonly process: NatsProcess; readonly serverName: string };

/** Returns when our server greets on its port; else the fault that kept it from it. */
async function untilServing(of: Starting): Promise<string | undefined> {
  const { clock } = of.options;
  const untilMs = clock.monotonicMs() + START_MS_MAX;
  let said: string | undefined;
  const exited = of.process.exited.then((text) => {
    said = text;
  });
  while (said === undefined && clock.monotonicMs() < untilMs) {
    const name = await readGreeting({
      host: of.reachable,
      port: of.port,
      timeoutMs: GREETING_MS_MAX,
    });
    if (name === of.serverName) return undefined;
    await Promise.race([exited, pause(clock, POLL_MS)]);
  }
  return said ?? `no greeting within ${START_MS_MAX} ms`;
}

/** S2 */
async function endStale(options: NatsServerOptions): Promise<void> {
  const pid = ownPid(options);
  if (pid !== undefined) await endNatsServer(pid, { ...options, termMs: TERM_MS });
}

function ownPid(options: NatsServerOptions): number | undefined {
  const pid = readPidFile(options.pidPath);
  return pid !== undefined && isOurs(pid, options.confPath) ? pid : undefined;
}

async function pauseOrStop(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(clock, delayMs, signal);
  } catch {
    // Stopped meanwhile: the caller looks at the signal.
  }
}
