/** The report's folder: whether it may be replaced, and how it is replaced as a whole or not at all. */
import type { ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { MeshError, messageOf } from "#shared/errors.ts";
import { dismissGuard, GUARD_HEAD, GUARD_WAIT, letGuardBe, spawnGuard } from "#shared/guard.ts";
import { removeFolder } from "#shared/remove-folder.ts";

const OurReport = z.object({ schemaVersion: z.number(), run: z.object({ id: z.string() }) });

/**
 * Refuses a folder that holds something else than a report of ours, before anything is run.
 *
 * @throws {MeshError} `usage`
 */
export function checkOutFolder(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory())
    throw new MeshError("usage", `Cannot write the report to ${path}: it is a file`);
  if (isEmpty(path) || holdsReport(path)) return;
  throw new MeshError(
    "usage",
    `Cannot replace the folder ${path}: it holds no report.json of Panoptic; choose another by --out or empty it`,
  );
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (cause) {
    throw new MeshError("usage", `Cannot read the folder ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Whether the folder is a report that we wrote. */
export function holdsReport(path: string): boolean {
  try {
    return OurReport.safeParse(JSON.parse(readFileSync(join(path, "report.json"), "utf8"))).success;
  } catch {
    // None, or not readable as one.
    return false;
  }
}

/**
 * $1 the report's place, $2 the new folder, $3 the old one. Two renames are not one: whoever is killed between them
 * leaves no report, and whoever is killed before them half of one beside the old.
 */
const GUARD = `
${GUARD_HEAD}
${GUARD_WAIT}
[ -e "$1" ] || [ ! -e "$3" ] || mv -- "$3" "$1"
rm -rf -- "$2" "$3"
`;

/**
 * Fills a new folder beside `path` and puts it in its place. When this process is killed meanwhile, a guard sees to it
 * that the old report or the new one is there, and nothing beside it.
 *
 * @throws {MeshError} `report_failed` when it cannot be written; what was there before stays.
 */
export async function replaceFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const old = `${fresh}.old`;
  const guard = guardOf([path, fresh, old]);
  try {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh);
    await fill(fresh);
    checkOutFolder(path); // Somebody may have used it meanwhile.
    if (existsSync(path)) renameSync(path, old);
    renameSync(fresh, path);
  } catch (cause) {
    throw new MeshError(
      "report_failed",
      `Cannot write the report to ${path}: ${messageOf(cause)}`,
      { cause },
    );
  } finally {
    removeFolder(fresh);
    if (!existsSync(path) && existsSync(old)) renameSync(old, path);
    removeFolder(old);
    if (guard !== undefined) dismissGuard(guard);
  }
}

function guardOf(paths: readonly string[]): ChildProcess | undefined {
  if (process.platform === "win32") return undefined;
  const guard = spawnGuard(GUARD, ["panoptic-report-guard", ...paths]);
  guard.once("error", () => undefined); // Without a guard the report is written all the same.
  letGuardBe(guard);
  return guard;
}
