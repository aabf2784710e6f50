/** Small questions to the file system that the blob store asks. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** How many bytes a file has; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await statIfThere(path))?.size;
}

/** The system's code of an error, as `ENOSPC`; undefined for other errors. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined;
}

export type OldFiles = {
  /** Files that were last written before it, on this machine's clock. */
  readonly beforeWallMs: number;
  readonly isKept: (name: string) => boolean;
};

/** Removes the old files of a folder; returns how many. A folder that is not there has none. */
export async function removeOldFiles(folder: string, old: OldFiles): Promise<number> {
  let count = 0;
  for (const name of await namesIn(folder)) {
    const found = await statIfThere(join(folder, name));
    if (found === undefined || found.mtimeMs >= old.beforeWallMs || old.isKept(name)) continue;
    await rm(join(folder, name), { force: true });
    count += 1;
  }
  return count;
}

/** The names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

/** What the system says of a file; undefined when there is none. */
export async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
