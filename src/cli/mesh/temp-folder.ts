/**
 * The temporary folder of a mesh's processes on this machine: `panoptic-KIND-PID-XXXXXX`, guarded. What was left when
 * the guard was killed too is swept at the next start.
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MeshError, messageOf } from "#shared/errors.ts";
import { lockFolder } from "#shared/folder-lock.ts";
import {
  type GuardedFolder,
  type GuardOptions,
  makeGuardedFolder,
  sweepGuardedFolder,
} from "#shared/guarded-folder.ts";
import { newSecret } from "#shared/ids.ts";
import { doomFolder } from "./doomed.ts";

/** Whose folder it is. */
export type TempKind = "run" | "up" | "doctor" | "self-test";

const NAME = /^panoptic-(?:run|up|doctor|self-test)-(\d+)-/;
/** Short, since sockets lie below it, and their paths are bounded. */
const RANDOM_LENGTH = 6;

/** Makes the folder. @throws {MeshError} `store_failed` when it cannot be made. */
export async function makeTempFolder(
  kind: TempKind,
  options: GuardOptions = {},
): Promise<GuardedFolder> {
  sweepTempFolders();
  const random = newSecret()
    .replaceAll(/[^A-Za-z0-9]/g, "x")
    .slice(0, RANDOM_LENGTH);
  const path = join(tmpdir(), `panoptic-${kind}-${process.pid}-${random}`);
  const folder = await make(path, options);
  const forget = doomFolder(path);
  // Of a run it is the gateway's data folder, which locks it.
  const lock = kind === "run" ? undefined : lockFolder(path, "gateway");
  return {
    path,
    remove: () => {
      lock?.release();
      folder.remove();
      forget();
    },
  };
}

async function make(path: string, options: GuardOptions): Promise<GuardedFolder> {
  try {
    return await makeGuardedFolder(path, options);
  } catch (cause) {
    throw new MeshError(
      "store_failed",
      `Cannot make a folder in ${tmpdir()}: ${messageOf(cause)}; name another by TMPDIR`,
      { cause },
    );
  }
}

/** Ends and removes what runs left whose process is gone. */
function sweepTempFolders(): void {
  for (const name of namesIn(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1]);
    const path = join(tmpdir(), name);
    if (Number.isSafeInteger(pid) && !isAlive(pid) && isFree(path)) sweepGuardedFolder(path);
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // Whether a folder can be made there is said by who makes it.
    return [];
  }
}

/** A pid says nothing when a container shares the folder of temporary files: the lock in it does. */
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
