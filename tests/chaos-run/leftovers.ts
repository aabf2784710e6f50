/** What a mesh leaves behind on the machine: processes that were started with its folder, files in its folder for temporary ones. */
import { readdirSync, readFileSync } from "node:fs";
import { isAlive } from "#kit/mesh.ts";

/** Every process whose command or environment names the folder; they inherit it from whom they were started by. */
export function processesOf(dir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => ["cmdline", "environ"].some((file) => says(`/proc/${name}/${file}`, dir)))
    .map(Number)
    .filter(isAlive);
}

/** Ends them at once; those that have ended meanwhile are fine. */
export function endProcessesOf(dir: string): void {
  for (const pid of processesOf(dir)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** The process in words: its pid and the beginning of its command. */
export function processInWords(pid: number): string {
  return `process ${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 200)}`;
}

const says = (path: string, dir: string): boolean => textOf(path).includes(dir);

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // It has ended meanwhile, or is another user's.
  }
}
