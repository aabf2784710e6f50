/**
 * One process of a real nats-server: finding the program, starting it, ending it. Restarts are server.ts's.
 *
 * A nats-server whose parent was kill -9ed lives on (measured 2026-11, 2.9.10). That is one of its two ways of life;
 * for the other a small `sh` stands between: its stdin is a pipe that this process holds, and at its end, however this
 * process ended, the guard kills the server. Either way it has a session of its own: the terminal's Ctrl-C does not
 * reach it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { type Clock, pause } from "../clock.ts";
import { childEnvironment } from "../config.ts";
import { MeshError } from "../errors.ts";
import { readPidFile } from "../folder-lock.ts";

/**
 * $1 program, $2 configuration, $3 pid file. The reader of stdin is a process of its own, so that the guard can wait
 * for the server and tell its exit code; KILL, since the server keeps nothing and may be stopped (SIGSTOP).
 */
const GUARD = `
exec 3<&0
"$1" -c "$2" 3<&- </dev/null &
server=$!
echo "$server" >"$3.tmp" && mv "$3.tmp" "$3"
( while read -r _ <&3; do :; done; kill -KILL "$server" ) >/dev/null 2>&1 &
reader=$!
exec 3<&-
wait "$server"
code=$?
kill -KILL "$reader" 2>/dev/null
exit "$code"
`;
/**
 * $1 program, $2 configuration, $3 pid file. The pid is on the disk before there is a server, so that whoever starts
 * next finds it, whenever this process dies; a disk too full for it keeps no server from starting.
 */
const LEAVE = `echo "$$" >"$3.tmp" && mv "$3.tmp" "$3"; exec "$1" -c "$2"`;
const OUTPUT_LENGTH_MAX = 4_000;
const POLL_MS = 10;
const ADOPTED_POLL_MS = 100;
/** A server that SIGKILL does not end within this is nobody's to wait for. */
const KILL_MS_MAX = 5_000;
/** Debian puts it where a plain user's PATH does not look. */
const EXTRA_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"];

/**
 * Finds the nats-server program: the one given, or on PATH, or where Debian puts it.
 *
 * @throws {MeshError} `tool_missing` with how to install it.
 */
export function findNatsServer(given: string | undefined, searchPath: string): string {
  const folders = [
    ...searchPath.split(delimiter).filter((folder) => folder !== ""),
    ...EXTRA_FOLDERS,
  ];
  const candidates =
    given === undefined ? folders.map((folder) => join(folder, "nats-server")) : [given];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new MeshError(
    "tool_missing",
    `Cannot start NATS: nats-server is not ${given === undefined ? "on PATH" : `at ${given}`}; install it with: apt-get install -y nats-server`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What becomes of a nats-server when the process that started it is killed: `with_parent` is killed too, `left_behind`
 * lives on, so that nodes keep talking and the next start takes it over (adopt.ts).
 */
export type NatsLife = "with_parent" | "left_behind";

export type NatsProcess = {
  /** Resolves with the end of its output when the server is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** The server's own pid; undefined until a guard has written it. */
  readonly pid: () => number | undefined;
  /** Kills the server, without waiting. */
  readonly abandon: () => void;
};

export type NatsProgram = {
  readonly programPath: string;
  readonly confPath: string;
  readonly pidPath: string;
  readonly life: NatsLife;
};

/** Starts a server that has that life. */
export function spawnNatsServer(program: NatsProgram): NatsProcess {
  return program.life === "with_parent" ? spawnGuarded(program) : spawnAlone(program);
}

const ownEnvironment = () => childEnvironment({}) as NodeJS.ProcessEnv;

/** Its output goes to a file: a pipe to a dead reader would end it at its next word. */
function spawnAlone(program: NatsProgram): NatsProcess {
  const { programPath, confPath, pidPath } = program;
  const outputPath = `${confPath.replace(/\.conf$/, "")}.out`;
  const output = openOutput(outputPath);
  const child = spawn(
    "/bin/sh",
    ["-c", LEAVE, "panoptic-nats-start", programPath, confPath, pidPath],
    { detached: true, stdio: ["ignore", output, output], cwd: "/", env: ownEnvironment() },
  );
  if (output !== "ignore") closeSync(output);
  return {
    exited: exitOf(child, () => textOf(outputPath)),
    pid: () => child.pid,
    abandon: () => void child.kill("SIGKILL"),
  };
}

function openOutput(path: string): number | "ignore" {
  try {
    return openSync(path, "w", 0o600);
  } catch {
    // A full disk keeps no server from starting: its words are lost.
    return "ignore";
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-OUTPUT_LENGTH_MAX);
  } catch {
    return "";
  }
}

/** A server that another process started, and that is not this one's child: watched by its pid. */
export function holdNatsServer(pid: number, confPath: string, clock: Clock): NatsProcess {
  const watch = async () => {
    while (isOurs(pid, confPath)) await pause(clock, ADOPTED_POLL_MS);
    return "it is gone";
  };
  return {
    exited: watch(),
    pid: () => (isOurs(pid, confPath) ? pid : undefined),
    abandon: () => {
      if (isOurs(pid, confPath)) signal(pid, "SIGKILL");
    },
  };
}

function spawnGuarded(program: NatsProgram): NatsProcess {
  const child = spawn(
    "/bin/sh",
    ["-c", GUARD, "panoptic-nats-guard", program.programPath, program.confPath, program.pidPath],
    {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: ownEnvironment(),
    },
  );
  child.stdin.on("error", () => undefined); // The guard is gone: `exited` says so.
  return {
    exited: exitOf(child, outputOf(child)),
    pid: () => readPidFile(program.pidPath),
    abandon: () => child.stdin.destroy(),
  };
}

function outputOf(child: ChildProcess): () => string {
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-OUTPUT_LENGTH_MAX);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => output;
}

function exitOf(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (thrown) => resolve(thrown.message));
    child.once("exit", (code, signal) =>
      resolve(`${output().trim()} (exit ${code ?? signal})`.trim()),
    );
  });
}

/** Whether the process with that pid is a nats-server that was started with that configuration. */
export function isOurs(pid: number, confPath: string): boolean {
  try {
    if (process.platform !== "linux") return commandOf(pid).includes(`-c ${confPath}`);
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.some((word, index) => word === confPath && words[index - 1] === "-c");
  } catch {
    return false;
  }
}

/**
 * The living server of that configuration: the one that the pid file names, or, where the kernel tells all command
 * lines, any (a pid file may be lost, or the disk was too full for it).
 */
export function findOurs(confPath: string, pidPath: string): number | undefined {
  const told = readPidFile(pidPath);
  if (told !== undefined && isOurs(told, confPath)) return told;
  if (process.platform !== "linux") return undefined;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).find((pid) => isOurs(pid, confPath));
}

/** Whether a process stands still by SIGSTOP: it would answer nothing, however long one waits. */
export function isFrozen(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [Tt]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // Gone, or no /proc: an answer says more.
    return false;
  }
}

/** Whether a killed process still holds its port: its command line goes first, its sockets after that. */
function isEnding(pid: number): boolean {
  try {
    const isDead = /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return !isDead && readFileSync(`/proc/${pid}/cmdline`).length === 0;
  } catch {
    // Gone, or no /proc.
    return false;
  }
}

function commandOf(pid: number): string {
  return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
}

/**
 * Ends the server of a pid, by SIGTERM and after `termMs` by SIGKILL; returns when it is gone.
 *
 * @throws {MeshError} `conflict` when it does not go: it is another user's, or the kernel holds it.
 */
export async function endNatsServer(
  pid: number,
  by: { readonly confPath: string; readonly clock: Clock; readonly termMs: number },
): Promise<void> {
  const { clock, confPath } = by;
  const startedMs = clock.monotonicMs();
  let isKilled = false;
  signal(pid, "SIGTERM");
  while (isOurs(pid, confPath) || isEnding(pid)) {
    const lastedMs = clock.monotonicMs() - startedMs;
    if (!isKilled && (lastedMs > by.termMs || isFrozen(pid))) {
      signal(pid, "SIGKILL");
      isKilled = true;
    }
    if (lastedMs > by.termMs + KILL_MS_MAX)
      throw new MeshError(
        "conflict",
        `Cannot end the nats-server of ${confPath}: the process ${pid} does not go; end it by hand`,
      );
    await pause(clock, POLL_MS);
  }
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

/** Reads the greeting of whoever listens there: its server name, undefined when there is none within `timeoutMs`. */
export function readGreeting(at: {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: at.host, port: at.port });
    let text = "";
    const finish = (name: string | undefined) => {
      socket.destroy();
      resolve(name);
    };
    socket.setTimeout(at.timeoutMs, () => finish(undefined));
    socket.once("error", () => finish(undefined));
    socket.once("close", () => finish(undefined));
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) finish(/"server_name":"([^"]+)"/.exec(text)?.[1]);
    });
  });
}
