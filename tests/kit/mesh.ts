/**
 * A mesh of real processes for end-to-end tests: gateway, its nats-server, nodes, the CLI. Everything on free ports and
 * in one temporary folder; all of it gone when disposed.
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JoinToken } from "#proto/api.ts";
import { Report } from "#proto/report.ts";
import { systemClock } from "#shared/clock.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";
import type { Limits } from "#shared/limits.ts";
import { endNatsServer, findOurs } from "#shared/nats/server-process.ts";
import { type Program, type ProgramEnd, runProgram, startProgram } from "./program.ts";
import { removeWhenUnused } from "./remove-when-unused.ts";

export type MeshOptions = {
  readonly nodes: number;
  /** Slots of each node; default 1. */
  readonly slots?: number;
  /** Labels by the node's name. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Pools by the node's name. */
  readonly pools?: Readonly<Record<string, string>>;
  /** Bounds that are not the usual ones, for all processes. */
  readonly limits?: Partial<Limits>;
  /** Default: in the mesh's temporary folder. */
  readonly gatewayDir?: string;
  /** Further words of the gateway's command. */
  readonly gatewayWords?: readonly string[];
  /** Puts something between a node and its mesh: changes the join token that the node is given. */
  readonly tokenFor?: (name: string, token: JoinToken) => JoinToken;
  /** Environment of the CLI: what suites read. */
  readonly env?: Readonly<Record<string, string>>;
};

export type RunEnd = ProgramEnd & {
  /** Undefined when none was written. */
  readonly report: Report | undefined;
};

export type StartedRun = { readonly program: Program; readonly ended: Promise<RunEnd> };

export type ProcessMesh = AsyncDisposable & {
  readonly dir: string;
  readonly gatewayDir: string;
  readonly nodeDir: (name: string) => string;
  /** Any command of the CLI, with `--data` of the gateway. */
  readonly ask: (...words: string[]) => Promise<ProgramEnd>;
  /** Writes the suites (file name → text) and starts a run of them. */
  readonly start: (
    suites: Readonly<Record<string, string>>,
    words?: readonly string[],
  ) => StartedRun;
  readonly run: (
    suites: Readonly<Record<string, string>>,
    words?: readonly string[],
  ) => Promise<RunEnd>;
  /** `node-1` to `node-N`; a killed one may be started again. */
  readonly startNode: (name: string) => Promise<void>;
  readonly kill9: (name: string) => Promise<void>;
  readonly stopNode: (name: string, signal: "SIGSTOP" | "SIGCONT") => void;
  readonly startGateway: () => Promise<void>;
  readonly kill9Gateway: () => Promise<void>;
  /** Everything that gateway and nodes have written to stdout and stderr. */
  readonly said: () => string;
  /** Freezes and thaws the mesh's nats-server. */
  readonly signalNats: (signal: "SIGSTOP" | "SIGCONT" | "SIGKILL") => void;
};

/** Starts the mesh and returns when every node has joined. */
export async function startMesh(options: MeshOptions): Promise<ProcessMesh> {
  const mesh = createMesh(options);
  try {
    await mesh.startGateway();
    const names = Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`);
    await Promise.all(names.map(mesh.startNode));
    return mesh;
  } catch (thrown) {
    await mesh[Symbol.asyncDispose]();
    throw thrown;
  }
}

function createMesh(options: MeshOptions): ProcessMesh {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-e2e-"));
  const gatewayDir = options.gatewayDir ?? join(dir, "gateway");
  const nodeDir = (name: string) => join(dir, "nodes", name);
  const programs = new Map<string, Program>();
  const limits =
    options.limits === undefined ? {} : { PANOPTIC_LIMITS: JSON.stringify(options.limits) };
  const said: (() => string)[] = [];
  const launch = async (
    name: string,
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) => {
    const program = startProgram([...words, "--json"], {
      callerDir: dir,
      env: { ...limits, ...env },
    });
    programs.set(name, program);
    said.push(() => program.stdout() + program.stderr());
    await program.ready();
  };
  const kill = async (name: string) => {
    const program = programs.get(name);
    programs.delete(name);
    if (program === undefined) return;
    killGroup(program.pid);
    await program.ended;
  };
  const ask = (...words: string[]) =>
    runProgram([...words, "--data", gatewayDir], {
      callerDir: dir,
      env: { ...limits, ...options.env },
    });
  const tokenOf = async (name: string) => {
    const { stdout, stderr } = await ask("token");
    if (!stdout.startsWith("pnp1_")) throw new Error(`No join token: ${stderr}`);
    if (options.tokenFor === undefined) return stdout.trim();
    return encodeJoinToken(options.tokenFor(name, decodeJoinToken(stdout)));
  };
  const startNode = async (name: string) => {
    const labels = (options.labels?.[name] ?? []).flatMap((label) => ["--label", label]);
    const pool = options.pools?.[name];
    const words = [
      "node",
      "--name",
      name,
      "--data",
      nodeDir(name),
      "--slots",
      String(options.slots ?? 1),
      ...labels,
      ...(pool === undefined ? [] : ["--pool", pool]),
    ];
    await launch(name, words, { PANOPTIC_JOIN: await tokenOf(name) });
  };
  const followers = new Set<Program>();
  const env = { ...limits, ...options.env };
  const starter = createRunStarter({ dir, gatewayDir, env, followers });
  return {
    dir,
    gatewayDir,
    nodeDir,
    ask,
    start: starter,
    run: (suites, words) => starter(suites, words).ended,
    startNode,
    kill9: kill,
    stopNode: (name, signal) => programs.get(name)?.signal(signal),
    startGateway: () =>
      launch("gateway", ["gateway", "--data", gatewayDir, ...(options.gatewayWords ?? [])]),
    kill9Gateway: () => kill("gateway"),
    said: () => said.map((text) => text()).join("\n"),
    signalNats: (signal) => {
      const pid = readPidFile(join(gatewayDir, "nats.pid"));
      if (pid === undefined) throw new Error("Cannot signal nats-server: it has no pid file");
      process.kill(pid, signal);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...programs.keys()].map(kill));
      // A `run` would wait for its gateway to come back.
      for (const { pid } of followers) killGroup(pid);
      await endLeftNats(gatewayDir);
      await removeWhenUnused(dir);
    },
  };
}

/** Ends the nats-server that a killed gateway left behind. */
export async function endLeftNats(gatewayDir: string): Promise<void> {
  const confPath = join(gatewayDir, "nats.conf");
  const pid = findOurs(confPath, join(gatewayDir, "nats.pid"));
  if (pid !== undefined) await endNatsServer(pid, { confPath, clock: systemClock, termMs: 0 });
}

type RunPlace = {
  readonly dir: string;
  readonly gatewayDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Those that have not ended. */
  readonly followers: Set<Program>;
};

function createRunStarter(place: RunPlace): ProcessMesh["start"] {
  let count = 0;
  return (suites, words = []) => {
    count += 1;
    const folder = join(place.dir, `suites-${count}`);
    const out = join(place.dir, `report-${count}`);
    writeSuites(folder, suites);
    const all = ["run", folder, "--data", place.gatewayDir, "--out", out, ...words];
    const program = startProgram(all, { callerDir: place.dir, env: place.env });
    place.followers.add(program);
    const ended = program.ended.then((end) => {
      place.followers.delete(program);
      return { ...end, report: readReport(out) };
    });
    return { program, ended };
  };
}

/** Writes files, by their paths relative to a folder. */
export function writeSuites(folder: string, suites: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(suites)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Reads and checks a report by its schema; undefined when there is none. */
export function readReport(folder: string): Report | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, "report.json"), "utf8");
  } catch {
    // No report was written: tests say whether that is right.
    return undefined;
  }
  return Report.parse(JSON.parse(text));
}

/** Whether a process runs; one that has ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // No such process.
    return false;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
