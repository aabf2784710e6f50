/**
 * Removes what killed browsers left in the folder for temporary files (a killed node cannot). Only what is surely dead
 * goes: our own folders carry the process id of their maker; a profile that Playwright made is dead when no process names it.
 */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OWN_PREFIX = "panoptic-browser-";
const PROFILE_PREFIX = "playwright_chromiumdev_profile-";
/** Younger profiles may belong to a browser that is being started. */
const PROFILE_AGE_MS_MIN = 60_000;

/** Makes the folder of one browser process for what Playwright keeps beside its profile. */
export async function createBrowserDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${OWN_PREFIX}${process.pid}-`));
}

/** Removes a browser's folder; what cannot be removed is left for the next sweep. */
export async function removeDir(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch(leaveIt);
}

/** Removes what is in a folder, if there is one; never throws. */
export async function emptyDir(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  await Promise.all(names.map((name) => removeDir(join(path, name))));
}

/** Removes the leftovers of dead processes; never throws. */
export async function sweepBrowserDirs(nowMs: number): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const own = names.filter((name) => name.startsWith(OWN_PREFIX));
  await Promise.all(own.filter(isOfDeadProcess).map((name) => removeDir(join(tmpdir(), name))));
  const profiles = names.filter((name) => name.startsWith(PROFILE_PREFIX));
  if (profiles.length > 0) await sweepProfiles(profiles, nowMs);
}

function isOfDeadProcess(name: string): boolean {
  const pid = Number(name.slice(OWN_PREFIX.length).split("-")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    // EPERM: it lives and is somebody else's.
    return (thrown as { code?: string }).code === "ESRCH";
  }
}

async function sweepProfiles(names: readonly string[], nowMs: number): Promise<void> {
  const commands = await commandLines();
  // Without /proc nobody can be asked which profiles live.
  if (commands === undefined) return;
  const unused = names.filter((name) => !commands.some((command) => command.includes(name)));
  await Promise.all(unused.map((name) => removeOldProfile(join(tmpdir(), name), nowMs)));
}

async function removeOldProfile(path: string, nowMs: number): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || info.uid !== process.getuid?.()) return;
  if (nowMs - info.mtimeMs > PROFILE_AGE_MS_MIN) await removeDir(path);
}

async function commandLines(): Promise<string[] | undefined> {
  const entries = await readdir("/proc").catch(() => undefined);
  const pids = entries?.filter((entry) => /^\d+$/.test(entry));
  if (pids === undefined || pids.length === 0) return undefined;
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
}

/** A folder that is busy or not ours stays; the next sweep tries again. */
function leaveIt(): undefined {
  return undefined;
}
