/** A real file system of a few MB for tests of full disks. Only root can mount one. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SmallDisk = Disposable & {
  readonly path: string;
  /** Fills it up to so many free bytes; default: none is left. */
  readonly fill: (freeBytes?: number) => void;
  /** Makes all the room again that `fill` took. */
  readonly clear: () => void;
};

const FILL_BYTES = 4_096;

/** Mounts one of `megabytes`; undefined when this machine does not let us. Unmounted, with what is on it, when disposed. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "panoptic-disk-"));
  try {
    const size = `size=${megabytes}m`;
    execFileSync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", path], { stdio: "ignore" });
  } catch {
    // Not root, or a container that may not mount.
    rmSync(path, { recursive: true });
    return undefined;
  }
  const filling = join(path, "fill");
  return {
    path,
    fill: (freeBytes = 0) => fillDisk(filling, freeBytes),
    clear: () => rmSync(filling, { recursive: true, force: true }),
    [Symbol.dispose]: () => {
      // Lazily: libSQL closes a file only with the last of its statements.
      execFileSync("umount", ["-l", path]);
      rmSync(path, { recursive: true });
    },
  };
}

function fillDisk(folder: string, freeBytes: number): void {
  mkdirSync(folder, { recursive: true });
  const first = statfsSync(folder).bfree;
  for (let file = 0; file <= first; file += 1) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize <= freeBytes) return;
    try {
      writeFileSync(join(folder, `${first}-${file}`), Buffer.alloc(FILL_BYTES));
    } catch {
      // No space left: what was wanted.
      return;
    }
  }
}
