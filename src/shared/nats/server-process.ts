/**
 * One process of a real nats-server, under a guard: finding the program, starting it, ending it.
 *
 * A nats-server whose parent was kill -9ed lives on (measured 2026-11, 2.9.10), so a small `sh` stands between: its
 * stdin is a pipe that this process holds, and at its end, however this process ended, the guard kills the server.
 * Both are in a session of their own: the terminal's Ctrl-C reaches neither. Restarts are server.ts's.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { type Clock, pause } from "../clock.ts";
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
const OUTPUT_LENGTH_MAX = 4_000;
const POLL_MS = 10;
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

export type NatsProcess = {
  /** Resolves with the end of its output when the server is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** The server's own pid, when the guard has written it. */
  readonly pid: () => number | undefined;
  /** Closes the guard's pipe: the server is killed. */
  readonly abandon: () => void;
};

export type NatsProgram = {
  readonly programPath: string;
  readonly confPath: string;
  readonly pidPath: string;
};

/** Starts the guard and the server. */
export function spawnNatsServer(program: NatsProgram): NatsProcess {
  const child = spawn(
    "/bin/sh",
    ["-c", GUARD, "panoptic-nats-guard", program.programPath, program.confPath, program.pidPath],
    {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  child.stdin.on("error", () => undefined); // The guard is gone: `exited` says so.
  return {
    exited: exitOf(child),
    pid: () => readPidFile(program.pidPath),
    abandon: () => child.stdin.destroy(),
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-OUTPUT_LENGTH_MAX);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return new Promise((resolve) => {
    child.once("error", (thrown) => resolve(thrown.message));
    child.once("exit", (code, signal) =>
      resolve(`${output.trim()} (exit ${code ?? signal})`.trim()),
    );
  });
}

/** Whether the process with that pid is a nats-server that was started with that configuration. */
export function isOurs(pid: number, confPath: string): boolean {
  try {
    if (process.platform !== "linux") return commandOf(pid).includes(confPath);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(confPath);
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
}

/** Ends the server of a pid, by SIGTERM and after `termMs` by SIGKILL; returns when it is gone. */
export async function endNatsServer(
  pid: number,
  by: { readonly confPath: string; readonly clock: Clock; readonly termMs: number },
): Promise<void> {
  const { clock, confPath } = by;
  const startedMs = clock.monotonicMs();
  let isKilled = false;
  signal(pid, "SIGTERM");
  while (isOurs(pid, confPath)) {
    if (!isKilled && clock.monotonicMs() - startedMs > by.termMs) {
      signal(pid, "SIGKILL");
      isKilled = true;
    }
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
