/** A real file system of a few MB for tests of full and failing disks. Only root can mount one. */
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

export type FailingDisk = SmallDisk & {
  /** Turns it read-only under whoever writes to it, as a kernel does when a disk fails. For ever. */
  readonly fail: () => void;
};

/** What a test says that is skipped for want of one. */
export const NO_MOUNT = "only root can mount a small disk";

const FILL_BYTES = 4_096;

/** Mounts one of `megabytes`; undefined when this machine does not let us. Unmounted, with what is on it, when disposed. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  return mount((path) => run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path]));
}

/** The same as ext4 in a file, which can fail. */
export function mountFailingDisk(megabytes: number): FailingDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-image-"));
  const image = join(folder, "image");
  const disk = mount((path) => {
    run("truncate", ["-s", `${megabytes}M`, image]);
    run("mkfs.ext4", ["-q", "-F", image]);
    run("mount", ["-o", "loop", image, path]);
  });
  if (disk === undefined) rmSync(folder, { recursive: true });
  return (
    disk && {
      ...disk,
      fail: () => run("mount", ["-o", "remount,abort", disk.path]),
      [Symbol.dispose]: () => {
        disk[Symbol.dispose]();
        rmSync(folder, { recursive: true });
      },
    }
  );
}

function run(program: string, words: readonly string[]): void {
  execFileSync(program, words, { stdio: "ignore" });
}

function mount(mountOn: (path: string) => void): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "panoptic-disk-"));
  try {
    mountOn(path);
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
      run("umount", ["-l", path]);
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
