/**
 * The temporary folder of an embedded mesh: `panoptic-run-PID-XXXXXX`. A guard removes it when its process dies by
 * kill -9, and what a dead guard left is swept at the next start.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MeshError, messageOf } from "#shared/errors.ts";
import { lockFolder } from "#shared/folder-lock.ts";
import { removeFolder } from "../remove-folder.ts";
import { doomFolder } from "./doomed.ts";

const PREFIX = "panoptic-run-";
const NAME = /^panoptic-run-(\d+)-/;

/** $1 folder. Waits for the end of stdin, then for the nodes to notice the same; they end at once. */
const GUARD = `while read -r _; do :; done; for _ in 1 2 3 4 5 6 7 8; do rm -rf "$1" 2>/dev/null; [ -e "$1" ] || exit 0; sleep 0.3; done`;

export type TempFolder = { readonly path: string; readonly remove: () => void };

/** Makes the folder, guarded. */
export function makeTempFolder(): TempFolder {
  const path = makeFolder();
  sweepTempFolders();
  const forget = doomFolder(path);
  const guard = spawnGuard(path);
  return {
    path,
    remove: () => {
      removeFolder(path);
      forget();
      guard.stdin?.destroy();
    },
  };
}

function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  } catch (cause) {
    throw new MeshError(
      "store_failed",
      `Cannot make a folder in ${tmpdir()}: ${messageOf(cause)}; name another by TMPDIR`,
      { cause },
    );
  }
}

function spawnGuard(path: string): ChildProcess {
  const guard = spawn("/bin/sh", ["-c", GUARD, "panoptic-folder-guard", path], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
  });
  guard.once("error", () => undefined); // Without a guard the next start sweeps.
  guard.stdin?.once("error", () => undefined); // The guard is gone: the same.
  guard.unref();
  return guard;
}

/** Removes the folders of runs whose process is gone. */
function sweepTempFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    const path = join(tmpdir(), name);
    if (Number.isSafeInteger(pid) && !isAlive(pid) && isFree(path)) removeFolder(path);
  }
}

/** A pid says nothing when a container shares the folder of temporary files: the gateway's lock does. */
function isFree(path: string): boolean {
  try {
    lockFolder(path, "gateway").release();
    return true;
  } catch {
    // In use, or another user's.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
