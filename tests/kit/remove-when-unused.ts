/** Removes a folder when nothing uses it any more: a process that still ends may make it again. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { commandOf } from "./process-tree.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Removes a folder once no process names it in its words or its environment (at once where there is no /proc).
 *
 * @throws {Error} When one still does after 30 s; it says which.
 */
export async function removeWhenUnused(dir: string): Promise<void> {
  let users: readonly string[] = [];
  try {
    await waitUntil(
      () => {
        users = usersOf(dir);
        return users.length === 0;
      },
      { what: `nothing uses ${dir}`, deadlineMs: 30_000 },
    );
  } catch (cause) {
    throw new Error(`Cannot remove ${dir}: still used by ${users.join("; ")}`, { cause });
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

function usersOf(dir: string): string[] {
  return pids().flatMap((pid) => {
    const command = commandOf(pid);
    return command.includes(dir) || environmentOf(pid).includes(dir) ? [`${pid} ${command}`] : [];
  });
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // ended meanwhile, or another user's
  }
}

function pids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid);
  } catch {
    return []; // no /proc on this system
  }
}
