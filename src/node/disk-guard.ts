/**
 * What a node makes of the room on its disks: whether it may take leases, whether it may take them again, and whether a
 * failure is the disk's rather than the test's.
 */
import { tmpdir } from "node:os";
import type { Clock } from "#shared/clock.ts";
import type { Limits } from "#shared/limits.ts";
import { createKept, freeBytesOf } from "./machine.ts";
import { RESERVE_BYTES } from "./reserve.ts";

export type DiskGuardOptions = {
  /** The node's data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Whether the replica takes a write now. */
  readonly canSave: () => boolean;
};

export type DiskGuard = {
  /** Why there is too little room for temporary files to take leases; undefined when there is enough. */
  readonly tempFault: () => string | undefined;
  /** A node that was cordoned may open again: there is room for its reserve and what offers ask for, and it can save. */
  readonly mayReopen: () => boolean;
  /** Why nothing that fails here now can be blamed on a test; undefined when it can. */
  readonly fullDisk: () => string | undefined;
};

/** Below it Chromium crashes or loses what pages store: an estimate, not a measured bound. */
const TEMP_BYTES_USABLE = 8 * 1024 * 1024;
const DATA_BYTES_USABLE = 1024 * 1024;

export function createDiskGuard({ folder, clock, limits, canSave }: DiskGuardOptions): DiskGuard {
  const freeTempBytes = createKept(clock, () => freeBytesOf(tmpdir()));
  return {
    tempFault: () => {
      const bytes = freeTempBytes();
      return bytes >= limits.freeTempBytesMin
        ? undefined
        : `Free disk for temporary files (${tmpdir()}) is ${bytes} bytes, below ${limits.freeTempBytesMin}`;
    },
    mayReopen: () => freeBytesOf(folder) >= limits.freeDiskBytesMin + RESERVE_BYTES && canSave(),
    fullDisk: () => {
      if (freeBytesOf(tmpdir()) < TEMP_BYTES_USABLE)
        return `The disk of temporary files (${tmpdir()}) is full`;
      return freeBytesOf(folder) < DATA_BYTES_USABLE ? "The node's disk is full" : undefined;
    },
  };
}
