/** A mesh of real processes whose nodes leave large files: what uploads cost and survive is seen on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JoinToken } from "#proto/api.ts";
import { childEnvironment } from "#shared/config.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";
import type { Limits } from "#shared/limits.ts";
import { type ProcessMesh, startMesh } from "./mesh.ts";
import { waitUntil } from "./wait-until.ts";

export type FileNode = {
  readonly pid: number;
  readonly dataDir: string;
  readonly kill9: () => Promise<void>;
};

export type FileNodeOptions = {
  readonly name: string;
  readonly fileBytes: number;
  /** Nodes of one seed leave the same bytes; absent: others each time. */
  readonly seed?: number;
  /** Puts something between the node and its mesh. */
  readonly through?: (token: JoinToken) => JoinToken;
};

export type FileMesh = AsyncDisposable & {
  readonly mesh: ProcessMesh;
  readonly gatewayPid: () => number;
  /** Starts a node, or the same one again, and returns when it has joined. */
  readonly startNode: (options: FileNodeOptions) => Promise<FileNode>;
};

const OWNER = join(import.meta.dirname, "file-node-owner.ts");
const ROOT = join(import.meta.dirname, "../..");

/** One test a node, which only that node runs. */
export function fileSuite(...nodes: readonly string[]): Record<string, string> {
  const tests = nodes.map(
    (name) => `  - { name: ${name}, needs: { labels: [${name}] }, steps: [{ wait: 1ms }] }\n`,
  );
  const text = `name: files\ndefaults: { platform: http }\ntests:\n${tests.join("")}`;
  return { "suite.yaml": text };
}

/** Starts a gateway without nodes. */
export async function startFileMesh(limits: Partial<Limits> = {}): Promise<FileMesh> {
  const mesh = await startMesh({ nodes: 0, limits });
  const children = new Set<ChildProcess>();
  const kill = async (child: ChildProcess) => {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  const startNode = async (options: FileNodeOptions): Promise<FileNode> => {
    const dataDir = join(mesh.dir, "file-nodes", options.name);
    mkdirSync(dataDir, { recursive: true });
    const token = decodeJoinToken((await mesh.ask("token")).stdout);
    const child = spawn(process.execPath, [OWNER], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: childEnvironment({
        PANOPTIC_JOIN: encodeJoinToken(options.through?.(token) ?? token),
        PANOPTIC_LIMITS: JSON.stringify(limits),
        NODE_DATA: dataDir,
        NODE_NAME: options.name,
        FILE_BYTES: String(options.fileBytes),
        FILE_SEED: String(options.seed ?? ""),
      }) as NodeJS.ProcessEnv,
    });
    children.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        said += data.toString();
      });
    const hasJoined = () => {
      if (child.exitCode !== null) throw new Error(`The node ended: ${said}`);
      return said.includes("joined\n");
    };
    await waitUntil(hasJoined, { what: "the node has joined", deadlineMs: 40_000 });
    return { pid: child.pid ?? 0, dataDir, kill9: () => kill(child) };
  };
  return {
    mesh,
    startNode,
    gatewayPid: () => {
      const pid = readPidFile(join(mesh.gatewayDir, "gateway.pid"));
      if (pid === undefined) throw new Error("The gateway has no pid file");
      return pid;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...children].map(kill));
      await mesh[Symbol.asyncDispose]();
    },
  };
}

export type Memory = {
  /** How much the process grew at its peak since the measurement began, bytes. */
  readonly growth: () => number;
};

/** Begins to measure a process's resident memory (Linux). */
export function measureMemory(pid: number): Memory {
  writeFileSync(`/proc/${pid}/clear_refs`, "5"); // Forgets the peak so far.
  const before = peakOf(pid) ?? 0;
  return { growth: () => (peakOf(pid) ?? Number.NaN) - before };
}

/** What a process had resident at most, bytes; undefined when it has ended. */
export function peakOf(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}
