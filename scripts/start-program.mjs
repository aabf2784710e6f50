/**
 * Starts the program under the bundled bun and stays between it and the world: signals go in, the exit code comes out.
 *
 * Bun gets a pipe on fd 3, the lifeline: when this process dies, even by kill -9, bun reads its end and stops all that
 * it started. npm is watched too, since its `kill -9` reaches nobody else.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { bunPath, ROOT } from "./install.mjs";

const PARENT_WATCH_MS = 250;
/** Of this process alone: what it starts has other parents. */
const startedBy = Number(process.env.PANOPTIC_PARENT);
delete process.env.PANOPTIC_PARENT;
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"];

/**
 * Runs one command of the program to its end.
 *
 * @param words The command line.
 * @param options `callerDir`: what relative paths are of; `env`: more environment; `isUnderNpm`: npm is our parent.
 * @returns Its exit code; 128 + n when signal n ended it.
 */
export function startProgram(words, { callerDir, env = {}, isUnderNpm }) {
  const bun = spawn(bunPath(), [join(ROOT, "src", "cli", "main.ts"), ...words], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, ...env, INIT_CWD: callerDir, PANOPTIC_LIFELINE_FD: "3" },
  });
  const lifeline = bun.stdio[3];
  lifeline.on("error", () => lifeline.destroy());
  for (const signal of FORWARDED) process.on(signal, () => bun.kill(signal));
  if (isUnderNpm) watchParent(() => lifeline.destroy());
  return new Promise((done, fail) => {
    bun.on("error", fail);
    bun.on("exit", (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** package.json's script tells npm's pid: npm may be gone before this process could look. */
function watchParent(onDeath) {
  const parent = startedBy || process.ppid;
  setInterval(() => process.ppid !== parent && onDeath(), PARENT_WATCH_MS).unref();
}
