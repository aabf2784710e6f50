/** Doctor: the folders that are written to. Writes to each, and asks how much room there is. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "#shared/errors.ts";
import type { Finding } from "../finding.ts";

export type FolderCheck = {
  readonly name: string;
  readonly path: string;
  /** What a node keeps free, bytes. */
  readonly freeBytesMin: number;
};

const MEGABYTE = 1_048_576;

/** One finding; of a folder that is not there yet, the one that it would be made in is tried. */
export function checkFolder({ name, path, freeBytesMin }: FolderCheck): Finding {
  const existing = nearestFolder(path);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    const probe = mkdtempSync(join(existing, ".panoptic-doctor-"));
    mkdirSync(join(probe, "made"));
    rmSync(probe, { recursive: true });
  } catch (thrown) {
    const fix = "make it writable for this user, or name another (--data DIR, TMPDIR)";
    const said = `cannot write to ${existing}: ${messageOf(thrown)}`;
    return { name, state: "broken", said, fix };
  }
  const { bavail, bsize } = statfsSync(existing);
  const said = `${path} is writable, ${Math.floor((bavail * bsize) / MEGABYTE)} MB free`;
  if (bavail * bsize >= freeBytesMin) return { name, state: "works", said };
  const fix = `free at least ${Math.ceil(freeBytesMin / MEGABYTE)} MB: a node refuses tests below`;
  return { name, state: "broken", said, fix };
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
