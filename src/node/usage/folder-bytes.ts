/** How much a folder holds; what vanishes while it is looked at counts nothing. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** More than these are not counted through. */
const ENTRIES_MAX = 20_000;

/** Bytes of all files below a folder; 0 when there is none. */
export async function folderBytes(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  let total = 0;
  for (const name of names.slice(0, ENTRIES_MAX)) {
    const info = await stat(join(path, name)).catch(() => undefined);
    if (info?.isFile() === true) total += info.size;
  }
  return total;
}
