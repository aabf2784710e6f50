#!/usr/bin/env node
/**
 * The command as people start it from a checkout: plain Node 20. Installs what is missing, hands over to the bundled
 * bun and passes signals and the exit code on. Knows no command of the program.
 *
 * Bun gets a pipe on fd 3, the lifeline: when this process dies, even by kill -9, bun reads its end and stops all
 * that it started. npm is watched too (its `kill -9` reaches nobody else).
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { bunPath, ensurePackages, InstallError, ROOT, say } from "../scripts/install.mjs";

const PARENT_WATCH_MS = 250;
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"];

try {
  await ensurePackages();
  handOver();
} catch (fault) {
  if (!(fault instanceof InstallError)) throw fault;
  say(fault.message);
  process.exitCode = 2;
}

function handOver() {
  const program = join(ROOT, "src", "cli", "main.ts");
  const bun = spawn(bunPath(), [program, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, INIT_CWD: callerDir(), PANOPTIC_LIFELINE_FD: "3" },
  });
  const lifeline = bun.stdio[3];
  lifeline.on("error", () => lifeline.destroy());
  for (const signal of FORWARDED) process.on(signal, () => bun.kill(signal));
  bun.on("error", (fault) => {
    say(`Cannot start bun: ${fault.message}`);
    process.exit(70);
  });
  bun.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
  if (isStartedByNpm()) watchParent(() => lifeline.destroy());
}

/** npm changes the working folder to the package's and keeps the caller's here. */
function callerDir() {
  return isStartedByNpm() ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd();
}

function isStartedByNpm() {
  return process.env.npm_lifecycle_event === "panoptic";
}

function watchParent(onDeath) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && onDeath(), PARENT_WATCH_MS).unref();
}
