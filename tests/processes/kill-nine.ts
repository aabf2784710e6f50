/**
 * kill -9 of `panoptic run` at a moment, in the ways people do it, and what is left of it. The suite drives pages with a
 * film and asks an API, so that browsers, ffmpeg, nodes and nats-server are there to be left behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readReport } from "#kit/mesh.ts";
import { programCommand, programEnvironment } from "#kit/program.ts";
import { ROOT } from "#kit/source-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { systemClock } from "#shared/clock.ts";
import { type LiveProcess, markProcesses } from "./remains.ts";

/** What is killed: the program itself, the `node` that started it, npm, or all three at once, as a process group. */
export const VICTIMS = ["bun", "wrapper", "npm", "group"] as const;
/** What stands still (SIGSTOP) when that happens. */
export const FROZEN = ["nothing", "nats-server", "node", "browser"] as const;

export type Kill = {
  readonly victim: (typeof VICTIMS)[number];
  readonly frozen: (typeof FROZEN)[number];
  readonly moment: Moment;
};

/** When it is killed; the run that never is ends by itself. */
export type Moment =
  | { readonly kind: "never" }
  | { readonly kind: "time"; readonly afterMs: number }
  /** When there are so many processes of it, or when it has ended. */
  | { readonly kind: "processes"; readonly count: number }
  /** While the report is being written. */
  | { readonly kind: "report" };

export type Aftermath = {
  /** How long processes or files of it were there after the kill. */
  readonly goneMs: number;
  /** How many processes there were when it was killed. */
  readonly processCount: number;
  /** Whether something was there to be frozen. */
  readonly hasFrozen: boolean;
  /** What was there 3 s later, a line each. */
  readonly left: readonly string[];
  /** Which report is there, or what is wrong with it. */
  readonly report: string;
  readonly lastedMs: number;
};

/** The bound of interface.md. */
/** The promise, which `npm run kill-nine` measures; a gate on a busy machine waits longer. */
const GONE_MS_MAX = 3_000;
const OLD_REPORT = { schemaVersion: 1, run: { id: "run-old" } };
/** Caches of Node and npm; nothing of ours. */
const CACHES = /^(node-compile-cache|v8-compile-cache.*|npm-.*)$/;
const FROZEN_COMMANDS = {
  nothing: undefined,
  "nats-server": /nats-server -c /,
  node: /main\.ts node /,
  browser: /--user-data-dir=/,
} as const;

export type KillStage = AsyncDisposable & { readonly kill: (kill: Kill) => Promise<Aftermath> };

/** Serves the pages that the killed runs visit. */
export async function openKillStage(goneMsMax = GONE_MS_MAX): Promise<KillStage> {
  const site = createServer((_request, response) => {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<title>Shop</title><h1>Open</h1>");
  });
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  return {
    kill: (kill) => killRun(url, kill, goneMsMax),
    [Symbol.asyncDispose]: async () => {
      site.closeAllConnections();
      await new Promise((done) => site.close(done));
    },
  };
}

function suiteOf(url: string): string {
  const page = [{ goto: "/" }, { expect: { title: "Shop" } }, { screenshot: "shop" }];
  const web = ["one", "two", "three"].map((name) => ({ name, video: "on", steps: page }));
  const ask = [{ request: { get: "/" } }, { expect: { status: 200 } }];
  const http = ["four", "five"].map((name) => ({ name, platform: "http", steps: ask }));
  return JSON.stringify({ name: "killed", defaults: { baseUrl: url }, tests: [...web, ...http] });
}

async function killRun(url: string, kill: Kill, goneMsMax: number): Promise<Aftermath> {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-kill-"));
  try {
    const out = join(dir, "report");
    mkdirSync(join(dir, "tmp"));
    mkdirSync(out);
    writeFileSync(join(out, "report.json"), JSON.stringify(OLD_REPORT));
    writeFileSync(join(dir, "suite.json"), suiteOf(url));
    return await killIn(dir, kill, goneMsMax);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function killIn(
  dir: string,
  { victim, frozen, moment }: Kill,
  goneMsMax: number,
): Promise<Aftermath> {
  const mark = markProcesses(randomUUID());
  const startedMs = systemClock.monotonicMs();
  const sinceMs = (ms: number) => Math.round(systemClock.monotonicMs() - ms);
  const child = startVictim(victim, dir, mark.env);
  const ended = once(child, "exit");
  const isDue = () => {
    if (moment.kind === "time") return sinceMs(startedMs) >= moment.afterMs;
    if (moment.kind === "processes") return mark.look().length >= moment.count;
    return moment.kind === "report" && besideReport(dir).length > 0;
  };
  const due = () => child.exitCode !== null || isDue();
  await waitUntil(due, { what: "the moment of the kill", deadlineMs: 120_000 });
  const before = mark.look();
  const frozenPid = freeze(before, frozen);
  const lastedMs = sinceMs(startedMs);
  endProcess(victim === "group" ? -(child.pid ?? 0) : (child.pid ?? 0));
  const killedMs = systemClock.monotonicMs();
  await ended;
  const left = () => [...mark.look().map(told), ...filesIn(dir)];
  while (left().length > 0 && sinceMs(killedMs) < goneMsMax)
    await waitUntil(() => left().length === 0, { what: "it is gone", deadlineMs: 100 }).catch(
      () => undefined, // looked at again
    );
  const goneMs = sinceMs(killedMs);
  const remains = left();
  for (const { pid } of mark.look()) endProcess(pid);
  return {
    goneMs,
    processCount: before.length,
    hasFrozen: frozenPid !== undefined,
    left: remains,
    report: judgeReport(join(dir, "report")),
    lastedMs,
  };
}

function startVictim(
  victim: Kill["victim"],
  dir: string,
  mark: Record<string, string>,
): ChildProcess {
  const words = ["run", "suite.json", "--out", "report"];
  const env = programEnvironment({ callerDir: dir, env: { ...mark, TMPDIR: join(dir, "tmp") } });
  const own = { ...env, npm_lifecycle_event: undefined } as NodeJS.ProcessEnv;
  const start = (program: string, all: readonly string[], cwd: string) =>
    spawn(program, all, { cwd, env: own, stdio: "ignore", detached: true });
  if (victim === "wrapper")
    return start("node", [join(ROOT, "bin", "panoptic.mjs"), ...words], dir);
  if (victim === "npm" || victim === "group") {
    delete own["INIT_CWD"];
    return start("npm", ["--prefix", ROOT, "run", "-s", "panoptic", "--", ...words], dir);
  }
  return start("/bin/sh", ["-c", `exec ${programCommand(words)}`], dir);
}

function freeze(all: readonly LiveProcess[], what: Kill["frozen"]): number | undefined {
  const pattern = FROZEN_COMMANDS[what];
  const found = all.find(({ command }) => pattern?.test(command));
  if (found === undefined) return undefined;
  endProcess(found.pid, "SIGSTOP");
  return found.pid;
}

function endProcess(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

const told = ({ pid, command }: LiveProcess) => `process ${pid}: ${command.slice(0, 160)}`;

function filesIn(dir: string): string[] {
  const temporary = readdirSync(join(dir, "tmp")).filter((name) => !CACHES.test(name));
  return [...temporary, ...besideReport(dir)].map((name) => `file ${name}`);
}

const besideReport = (dir: string) => readdirSync(dir).filter((name) => name.startsWith(".report"));

/** The old report, or a whole new one. */
function judgeReport(out: string): string {
  if (!existsSync(join(out, "report.json"))) return "there is none";
  if (readdirSync(out).length === 1) return "old";
  const report = readReport(out);
  const artifacts = (report?.tests ?? []).flatMap(({ attempts }) =>
    attempts.flatMap(({ artifacts: all }) => all.flatMap(({ path }) => path ?? [])),
  );
  const missing = ["report.html", "junit.xml", ...artifacts].filter(
    (name) => !existsSync(join(out, name)),
  );
  return missing.length === 0 ? "new" : `half: ${missing.join(", ")}`;
}
