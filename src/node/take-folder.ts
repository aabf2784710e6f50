/**
 * The folders that a node process takes for itself: its data folder, locked, and one for its temporary files, where
 * browsers keep profiles, downloads and sockets.
 *
 * The latter is guarded (shared/guarded-folder.ts): a node's kill -9 ends its browsers, frozen ones too. When the guard
 * was killed as well, the next process of this data folder finds the name in `temp.json` and ends what is left there:
 * only what has that very folder as its TMPDIR, and only when this data folder wrote the name (a copy of it has another
 * path).
 */
import { readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { useTempDir } from "#shared/config.ts";
import { type NodeFolder, openNodeFolder, writePrivateFile } from "#shared/data-folder.ts";
import { messageOf } from "#shared/errors.ts";
import { makeGuardedFolder, sweepGuardedFolder } from "#shared/guarded-folder.ts";
import { newSecret, systemIds } from "#shared/ids.ts";
import type { Log } from "#shared/log.ts";
import type { Releasers } from "./releasers.ts";

const TempRecord = z.object({
  /** The data folder that wrote it, without links. */
  dataDir: z.string(),
  tempDir: z.string().regex(/panoptic-node-[A-Za-z0-9]{8}$/),
});

export type FolderWish = {
  readonly dataDir: string;
  /** This process is the node's alone: its temporary files are the node's. */
  readonly isAlone?: boolean;
};

type Frame = { readonly log: Log; readonly releasers: Releasers };

/** Takes them, and gives them back by `releasers`. @throws {MeshError} As `openNodeFolder`. */
export async function takeFolder(wish: FolderWish, frame: Frame): Promise<NodeFolder> {
  const { log, releasers } = frame;
  const folder = openNodeFolder(wish.dataDir, systemIds);
  releasers.add("folder", folder.release);
  if (wish.isAlone !== true || process.platform === "win32") return folder;
  try {
    releasers.add("temporary files", await takeTempDir(folder.path));
  } catch (thrown) {
    // Tests that need no such files run all the same.
    log.warn("No folder for temporary files of the node's own", { reason: messageOf(thrown) });
  }
  return folder;
}

async function takeTempDir(dataDir: string): Promise<() => void> {
  const recordPath = join(dataDir, "temp.json");
  const own = realpathSync(dataDir);
  const left = readRecord(recordPath);
  if (left?.dataDir === own) sweepGuardedFolder(left.tempDir);
  // Short, since sockets lie below it, and their paths are bounded.
  const random = newSecret()
    .replaceAll(/[^A-Za-z0-9]/g, "x")
    .slice(0, 8);
  const tempDir = join(tmpdir(), `panoptic-node-${random}`);
  writePrivateFile(recordPath, `${JSON.stringify({ dataDir: own, tempDir })}\n`);
  const guarded = await makeGuardedFolder(tempDir);
  const takeBack = useTempDir(tempDir);
  return () => {
    takeBack();
    guarded.remove();
    rmSync(recordPath, { force: true });
  };
}

function readRecord(path: string): z.infer<typeof TempRecord> | undefined {
  try {
    return TempRecord.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    // None: the last process ended in order, or this is the first.
    return undefined;
  }
}
