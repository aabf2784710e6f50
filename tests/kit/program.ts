/** The real program as a child process of a test: its words, its output, its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { childEnvironment } from "#shared/config.ts";
import { waitUntil } from "./wait-until.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/cli/main.ts");

export type ProgramOptions = {
  /** What relative paths of the words are of. */
  readonly callerDir: string;
  readonly env?: Readonly<Record<string, string>>;
};

export type ProgramEnd = {
  /** 128 + n is not used here: undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

export type Program = {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<ProgramEnd>;
  /** Waits for the JSON ready line. */
  readonly ready: () => Promise<Readonly<Record<string, unknown>>>;
};

const READY_MS_MAX = 40_000;

/** What a machine that runs our tests may say of itself, taken back: a test says what it is about. An empty text is none. */
const PLAIN_ENVIRONMENT = {
  CI: "",
  GITHUB_ACTIONS: "",
  GITLAB_CI: "",
  FORCE_COLOR: "",
  NO_COLOR: "",
};

/**
 * Starts `panoptic WORDS` under bun. Its lifeline is a pipe of this process: it ends with the test, however that ends.
 */
export function startProgram(words: readonly string[], options: ProgramOptions): Program {
  const child = spawn(process.execPath, [MAIN, ...words], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    cwd: ROOT, // As npm does: only INIT_CWD tells the caller's folder.
    env: { ...programEnvironment(options), PANOPTIC_LIFELINE_FD: "0" },
  });
  return watchProgram(child);
}

/** The words that start the program by a shell, a module of the test's before it; its environment is `programEnvironment`. */
export function programCommand(words: readonly string[], preload?: string): string {
  const before = preload === undefined ? [] : ["--preload", preload];
  return [process.execPath, ...before, MAIN, ...words].map((word) => `'${word}'`).join(" ");
}

/** The environment of a program that a test starts: what it leaves behind lies in the caller's folder. */
export function programEnvironment({ callerDir, env }: ProgramOptions): NodeJS.ProcessEnv {
  return childEnvironment({
    ...PLAIN_ENVIRONMENT,
    PANOPTIC_STATE: join(callerDir, ".panoptic-state"),
    ...env,
    INIT_CWD: callerDir,
  }) as NodeJS.ProcessEnv;
}

/** Runs `panoptic WORDS` to its end. */
export function runProgram(words: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  return startProgram(words, options).ended;
}

/** A program that somebody else started, with its output piped. */
export function watchProgram(child: ChildProcess): Program {
  const said = { stdout: "", stderr: "" };
  child.stdin?.on("error", () => undefined); // It has ended: `ended` says so.
  child.stdout?.on("data", (chunk: Buffer) => (said.stdout += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (said.stderr += chunk.toString("utf8")));
  let hasEnded = false;
  const ended = new Promise<ProgramEnd>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      hasEnded = true;
      done({ exitCode: code ?? undefined, ...said });
    });
  });
  const readyLine = () => said.stdout.split("\n").find((text) => text.startsWith('{"ready"'));
  const ready = async () => {
    const deadline = { what: "the program says that it is ready", deadlineMs: READY_MS_MAX };
    await waitUntil(() => hasEnded || readyLine() !== undefined, deadline);
    const line = readyLine();
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
    throw new Error(`Not ready: it ended\n${said.stdout}\n${said.stderr}`);
  };
  return {
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    signal: (name) => void child.kill(name),
    ended,
    ready,
  };
}
