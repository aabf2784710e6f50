/**
 * What must not outlive this process, whatever ends it: process groups and temporary folders.
 * The orderly way releases them one by one; `endAll` is the last resort, synchronous, for a second Ctrl-C and an
 * orphaned process.
 */
import { removeFolder } from "#shared/remove-folder.ts";

const groups = new Set<number>();
const folders = new Set<string>();

/** Remembers a process group, by its leader's pid; returns how to forget it. */
export function doomGroup(pid: number): () => void {
  groups.add(pid);
  return () => void groups.delete(pid);
}

/** Remembers a temporary folder; returns how to forget it. */
export function doomFolder(path: string): () => void {
  folders.add(path);
  return () => void folders.delete(path);
}

/** Kills a process group; nothing happens when it is gone. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** Kills and removes all that is remembered, without waiting. */
export function endAll(): void {
  for (const pid of groups) killGroup(pid);
  for (const path of folders) removeFolder(path);
}
