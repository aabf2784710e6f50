/**
 * Small `sh` processes that wait at a pipe for the end of this process, however it ends, and then clean up after it.
 * Each has a session of its own: what is sent to this process's group does not reach it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { childEnvironment } from "./config.ts";

/** How a guard begins: signals for its owner are none for it, and a word to a dead owner does not end it. */
export const GUARD_HEAD = "trap '' HUP INT TERM PIPE";

/** Waits for the owner; ends the guard when the owner says that all is done. */
export const GUARD_WAIT = `while read -r word; do [ "$word" = done ] && exit 0; done`;

/** Starts `sh -c script`; `words` are its name and $1, $2, … Its stdin is the pipe. */
export function spawnGuard(script: string, words: readonly string[]): ChildProcess {
  // The guard of a folder kills whoever has it as TMPDIR: another guard is not one of those, and has its own work to do.
  const { TMPDIR: _, ...env } = childEnvironment({});
  const guard = spawn("/bin/sh", ["-c", script, ...words], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    cwd: "/",
    env: env as NodeJS.ProcessEnv,
  });
  guard.stdin.on("error", () => undefined); // The guard is gone: nobody waits for its work.
  return guard;
}

/** From now on the guard keeps this process from nothing, and its words are not heard. */
export function letGuardBe(guard: ChildProcess): void {
  guard.unref();
  guard.stdout?.destroy();
  guard.stderr?.destroy();
}

/** Sends a guard away: nothing is left to do. */
export function dismissGuard(guard: ChildProcess): void {
  guard.stdin?.end("done\n");
}
