/**
 * Supervises the mesh's own nats-server: starts it or takes over the one that was left behind, starts it again when it
 * exits unasked, ends it. How one process is run is server-process.ts's; what it is told is server-config.ts's; which one
 * may be taken over is adopt.ts's.
 *
 * States: `starting` (spawned, not yet greeting) → `serving` → (exit unasked) `starting` …; `stopping` from any, for ever.
 * A server that is taken over begins as `serving`.
 * Invariants:
 * - S1 The port never changes after the first start: tokens and nodes depend on it.
 * - S2 At most one server of our configuration lives: before each start the one that lives is ended, if its command
 *   line names our configuration (nothing else is ever killed). The configuration is written only while none lives.
 * - S3 A frozen server is left alone: it is not ours to judge (protocol: "NATS away for everyone"). Only a start ends one
 *   that was left behind frozen: it cannot be asked who it is.
 * - S4 It outlives this process only when this process is killed: every exit that can still act ends it.
 */
import { rmSync } from "node:fs";
import { type Clock, pause } from "../clock.ts";
import { writePrivateFile } from "../data-folder.ts";
import { MeshError, unreachable } from "../errors.ts";
import { newSecret } from "../ids.ts";
import { freePort, isPortFree } from "../runtime/free-port.ts";
import { configuredPort, judgeLeftServer } from "./adopt.ts";
import type { NatsTrust } from "./credentials.ts";
import { type NatsServerTls, natsServerConfig } from "./server-config.ts";
import {
  endNatsServer,
  findNatsServer,
  findOurs,
  holdNatsServer,
  type NatsLife,
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
  /** Default: `with_parent`. One that is `left_behind` is taken over by the next start. */
  readonly life?: NatsLife;
  /** Told in its greeting, the same at each start of a data folder; needed to take one over. Default: a new one. */
  readonly serverName?: string;
  /** Connects with our credential and waits for an answer; returns what kept it from it. Asked of a server that was left behind. */
  readonly tryCredential?: (url: string) => Promise<string | undefined>;
  /** Default: loopback. */
  readonly host?: string;
  /** Asked for by a person: this one or none. */
  readonly port?: number;
  /** Used last time: used again, unless another program has it now. */
  readonly portKept?: number;
  readonly trust: NatsTrust;
  /** Absent: without TLS. */
  readonly tls?: NatsServerTls | undefined;
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
  const serverName = options.serverName ?? `panoptic-${newSecret()}`;
  const place = { options, programPath, host, reachable, serverName };
  const portKept = options.portKept ?? configuredPort(options.confPath);
  const adopted = await tryToAdopt({ ...place, port: options.port || portKept || 0 });
  if (adopted !== undefined) return adopted;
  await endStale(options);
  for (let start = 1; ; start += 1) {
    const port = await choosePort(options, host, portKept);
    const supervisor = createSupervisor({ ...place, port });
    const fault = await supervisor.start();
    if (fault === undefined) return supervisor.server;
    await supervisor.server.stop();
    // Its port was taken by another program since it was chosen, or somebody killed it before it served.
    if (fault.hasExited && start < STARTS_MAX) continue;
    throw new MeshError(
      "internal",
      `Cannot start nats-server on ${host}:${port}: ${fault.said}; its log is ${logPathOf(options)}`,
    );
  }
}

/** Takes over the server that a killed process left behind, when it is fit; says why when it is not. */
async function tryToAdopt(of: Supervised): Promise<NatsServer | undefined> {
  const { options, port } = of;
  const { tryCredential, log, confPath, clock } = options;
  if (options.life !== "left_behind" || tryCredential === undefined) return undefined;
  const left = await judgeLeftServer({
    ...options,
    serverName: of.serverName,
    host: of.reachable,
    port,
    wanted: confText(of),
    tryCredential: () => tryCredential(urlOf(of)),
  });
  switch (left.kind) {
    case "none":
      return undefined;
    case "unfit":
      log?.(
        `The nats-server that was left behind (pid ${left.pid}) is ended and started anew: ${left.reason}`,
      );
      return undefined;
    case "fit": {
      log?.(`Took over the nats-server that was left behind (pid ${left.pid}, port ${port})`);
      const supervisor = createSupervisor(of);
      supervisor.takeOver(holdNatsServer(left.pid, confPath, clock));
      return supervisor.server;
    }
    default:
      return unreachable(left);
  }
}

async function choosePort(
  options: NatsServerOptions,
  host: string,
  portKept: number | undefined,
): Promise<number> {
  const { port } = options;
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
  readonly serverName: string;
};

/** Why a start did not lead to a server. */
type StartFault = { readonly said: string; readonly hasExited: boolean };

const STOPPED: StartFault = { said: "stopped", hasExited: false };

type Supervisor = {
  /** Returns the fault of the first start, undefined when it serves and is supervised from now on. */
  readonly start: () => Promise<StartFault | undefined>;
  /** Supervises one that serves already. */
  readonly takeOver: (process: NatsProcess) => void;
  readonly server: NatsServer;
};

function createSupervisor(of: Supervised): Supervisor {
  const { options, port } = of;
  const life = options.life ?? "with_parent";
  const stopping = new AbortController();
  let current: NatsProcess | undefined;
  let watching: Promise<void> = Promise.resolve();

  const launch = async (): Promise<StartFault | undefined> => {
    await endStale(options);
    if (stopping.signal.aborted) return STOPPED; // re-checked after await
    current = spawnNatsServer({ ...options, life, programPath: of.programPath });
    return untilServing({ ...of, process: current });
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
  const endNow = () => {
    current?.abandon();
    rmSync(options.pidPath, { force: true });
  };
  if (life === "left_behind") process.on("exit", endNow); // S4
  const stop = async () => {
    stopping.abort();
    process.off("exit", endNow);
    const pid = findOurs(options.confPath, options.pidPath);
    if (pid !== undefined) await endNatsServer(pid, { ...options, termMs: TERM_MS });
    current?.abandon();
    await current?.exited;
    await watching;
    rmSync(options.pidPath, { force: true });
  };
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  const start = async () => {
    // Once: a full disk must not keep the server from being started again.
    writePrivateFile(options.confPath, confText(of));
    const fault = options.signal?.aborted ? STOPPED : await launch();
    if (fault === undefined) watching = watch();
    return fault;
  };
  const takeOver = (process: NatsProcess) => {
    current = process;
    watching = watch();
  };
  const pid = () => findOurs(options.confPath, options.pidPath);
  return { start, takeOver, server: { url: urlOf(of), port, pid, stop } };
}

function urlOf({ reachable, port }: Supervised): string {
  return `nats://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function confText(of: Supervised): string {
  const { host, port, options, serverName } = of;
  const { trust, tls } = options;
  return natsServerConfig({ host, port, serverName, trust, tls, logPath: logPathOf(options) });
}

/** `nats.log` beside `nats.conf`: a file, since a pipe that nobody reads would stop the server. */
function logPathOf(options: NatsServerOptions): string {
  return `${options.confPath.replace(/\.conf$/, "")}.log`;
}

type Starting = Supervised & { readonly process: NatsProcess };

/** Returns when our server greets on its port; else the fault that kept it from it. */
async function untilServing(of: Starting): Promise<StartFault | undefined> {
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
  if (said !== undefined) return { said, hasExited: true };
  return { said: `no greeting within ${START_MS_MAX} ms`, hasExited: false };
}

/** S2 */
async function endStale(options: NatsServerOptions): Promise<void> {
  const pid = findOurs(options.confPath, options.pidPath);
  if (pid !== undefined) await endNatsServer(pid, { ...options, termMs: TERM_MS });
}

async function pauseOrStop(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(clock, delayMs, signal);
  } catch {
    // Stopped meanwhile: the caller looks at the signal.
  }
}
