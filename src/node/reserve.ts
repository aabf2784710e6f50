/** A file that only takes room, so that there is some to give up when the disk is full and an outcome must be saved. */
import { randomFillSync } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";

export type Reserve = {
  /** Gives the room up; false when there was none left to give. */
  readonly release: () => boolean;
  /** Takes the room again, if there is any by now. */
  readonly refill: () => void;
};

/** What a reserve takes. */
export const RESERVE_BYTES = 8 * 1024 * 1024;

/** Makes the file, or goes without it when there is no room for it now. */
export function createReserve(path: string): Reserve {
  const refill = () => {
    if (!existsSync(path)) fill(path);
  };
  refill();
  return {
    refill,
    release: () => {
      return existsSync(path) && removeQuietly(path);
    },
  };
}

function fill(path: string): void {
  try {
    // Random, since a file system may keep zeros in no room at all.
    writeFileSync(path, randomFillSync(new Uint8Array(RESERVE_BYTES)), { mode: 0o600 });
  } catch {
    // A disk that is too full for the reserve refuses offers anyway, and so does one that is read-only.
    removeQuietly(path);
  }
}

/** False when it cannot be removed: on a disk that has turned read-only there is nothing to give up. */
function removeQuietly(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch {
    return false;
  }
}
