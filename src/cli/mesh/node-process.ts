/** One node as a child process: how it is started, when it is ready, how it ends. Restarts are supervise-node.ts's. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock, Timer } from "#shared/clock.ts";
import { childEnvironment } from "#shared/config.ts";
import { type ReadyNode, readReadyLine } from "../ready-line.ts";
import { doomGroup, killGroup } from "./doomed.ts";
import type { ProfileName } from "./profile.ts";
import { selfCommand } from "./self-command.ts";

export type NodeProcessOptions = {
  readonly name: string;
  readonly slots: number;
  readonly dataDir: string;
  readonly profile?: ProfileName | undefined;
  /** In the environment, not in the command line: other users read those. */
  readonly joinToken: string;
  /** For its temporary files; default: as this process. */
  readonly tempDir?: string;
  readonly clock: Clock;
  /** Told every line of its log. */
  readonly onLog: (line: string) => void;
};

export type NodeEnd = { readonly code: number | undefined; readonly signal: string | undefined };

export type NodeProcess = {
  readonly pid: number | undefined;
  /** Resolves when it has joined; undefined when it ended before. */
  readonly ready: Promise<ReadyNode | undefined>;
  readonly ended: Promise<NodeEnd>;
  /** Ends it in order: SIGTERM, and SIGKILL when it takes too long. */
  readonly stop: (boundMs: number) => Promise<void>;
};

/**
 * Starts a node in a process group of its own, so that the terminal's Ctrl-C does not reach it first. Its stdin is a
 * pipe: at its end, however this process ended, the node ends too.
 */
export function startNodeProcess(options: NodeProcessOptions): NodeProcess {
  const [program, ...own] = selfCommand();
  const { name, slots, dataDir } = options;
  const args = [
    ...own,
    "node",
    "--data",
    dataDir,
    "--name",
    name,
    "--slots",
    String(slots),
    "--json",
    ...(options.profile === undefined ? [] : ["--profile", options.profile]),
  ];
  const child = spawn(program, args, {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    cwd: "/",
    env: childEnvironment({
      PANOPTIC_LIFELINE_FD: "0",
      PANOPTIC_JOIN: options.joinToken,
      ...(options.tempDir === undefined ? {} : { TMPDIR: options.tempDir }),
    }) as NodeJS.ProcessEnv,
  });
  child.stdin.once("error", () => undefined); // The node is gone: `ended` says so.
  const forget = child.pid === undefined ? () => undefined : doomGroup(child.pid);
  const ended = endOf(child, options.onLog).finally(forget);
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  return {
    pid: child.pid,
    ready: readyOf(child, ended, options.onLog),
    ended,
    stop: (boundMs) => stopChild(child, ended, () => options.clock.after(boundMs, kill)),
  };
}

function endOf(child: ChildProcess, onLog: (line: string) => void): Promise<NodeEnd> {
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", onLog);
  return new Promise((resolve) => {
    child.once("error", (thrown) => {
      onLog(thrown.message);
      resolve({ code: undefined, signal: undefined });
    });
    child.once("exit", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined }),
    );
  });
}

function readyOf(
  child: ChildProcess,
  ended: Promise<NodeEnd>,
  onLog: (line: string) => void,
): Promise<ReadyNode | undefined> {
  return new Promise((resolve) => {
    void ended.then(() => resolve(undefined));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = readReadyLine(line);
      if (ready?.ready === "node") resolve(ready);
      else onLog(line);
    });
  });
}

async function stopChild(
  child: ChildProcess,
  ended: Promise<NodeEnd>,
  bound: () => Timer,
): Promise<void> {
  child.kill("SIGTERM");
  const late = bound();
  await ended;
  late.cancel();
}
