/**
 * A temporary folder that goes with its owner, however that ends, and takes along what was started with it as `TMPDIR`.
 *
 * A small `sh` in a session of its own, the guard, makes the folder and waits at a pipe that the owner holds. At the
 * pipe's end it kills what still names the folder in its environment, with the process groups that such a process
 * leads (a browser's children hide their environment, and its main process may be frozen), and removes the folder.
 * So nothing can be left between making the folder and guarding it, and a frozen process outlives nobody.
 * Where the kernel shows no environments (no /proc), only the folder is removed: there processes end by their lifelines.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { MeshError, messageOf } from "./errors.ts";
import { dismissGuard, GUARD_HEAD, GUARD_WAIT, letGuardBe, spawnGuard } from "./guard.ts";
import { removeFolder } from "./remove-folder.ts";

export type GuardedFolder = {
  readonly path: string;
  /** Removes the folder and sends the guard away. */
  readonly remove: () => void;
};

export type GuardOptions = {
  /** How long after the owner's end its processes may take to end in order. Default 0: they are killed at once. */
  readonly patienceMs?: number;
};

const ROUND_MS = 100;
/** Longer while it only waits: each look costs a busy machine some of the time that it is about. */
const PATIENT_ROUND_MS = 350;
/** Rounds after the patience: whatever is started meanwhile is found by the next. */
const ROUNDS_MAX = 20;

/**
 * `reap`: kills (when $kill is not empty) every process whose environment names the folder, and its group, when a marked
 * or dead process leads it: a person's shell is neither. Never the group of the owner. Sets $found.
 */
const REAP = `
names() { grep -qsF -- "TMPDIR=$folder" "/proc/$1/environ"; }
reap() {
  found=
  for file in $(grep -lsF -- "TMPDIR=$folder" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}; pid=\${pid%/environ}
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
    set -- \${stat##*) }
    found=$pid
    [ -n "$kill" ] || continue
    if [ "$3" != "$own" ] && { [ "$3" = "$pid" ] || names "$3" || [ ! -e "/proc/$3" ]; }; then kill -s KILL -- "-$3"; fi
    kill -s KILL "$pid"
  done
}
group() { { read -r stat <"/proc/$1/stat"; } 2>/dev/null && set -- \${stat##*) } && echo "$3"; }
own=$(group "$PPID")
`;

/** $1 folder, $2 rounds of patience. Says `made`, or why not. */
const GUARD = `
${GUARD_HEAD}
folder=$1
${REAP}
mkdir -m 700 -- "$folder" || exit 1
echo made
exec >/dev/null 2>&1
${GUARD_WAIT}
round=0
while [ "$round" -lt "$(($2 + ${ROUNDS_MAX}))" ]; do
  kill=; [ "$round" -lt "$2" ] || kill=yes
  reap
  if [ -e "$folder" ] && { [ -z "$found" ] || [ -n "$kill" ]; }; then rm -rf -- "$folder"; fi
  if [ "$round" -ge 2 ] && [ -z "$found" ] && [ ! -e "$folder" ]; then exit 0; fi
  round=$((round + 1))
  if [ -n "$kill" ]; then sleep ${ROUND_MS / 1_000}; else sleep ${PATIENT_ROUND_MS / 1_000}; fi
done
`;

/** $1 folder. */
const SWEEP = `folder=$1
${REAP}
kill=yes; reap; reap
rm -rf -- "$folder"`;

const SWEEP_MS_MAX = 5_000;

/**
 * Makes a folder (0700, its parent exists) that is gone with this process.
 *
 * @throws {MeshError} `store_failed` when it cannot be made.
 */
export async function makeGuardedFolder(
  path: string,
  options: GuardOptions = {},
): Promise<GuardedFolder> {
  if (process.platform === "win32") return makePlainFolder(path);
  // grep would take its lines for several names.
  if (path.includes("\n"))
    throw new MeshError("store_failed", `Cannot make the folder ${path}: its path has two lines`);
  const patience = Math.ceil((options.patienceMs ?? 0) / PATIENT_ROUND_MS);
  const guard = spawnGuard(GUARD, ["panoptic-folder-guard", path, String(patience)]);
  const fault = await untilMade(guard);
  if (fault !== undefined)
    throw new MeshError("store_failed", `Cannot make the folder ${path}: ${fault}`);
  return {
    path,
    remove: () => {
      removeFolder(path);
      // What could not be removed is left to the guard.
      if (existsSync(path)) guard.stdin?.destroy();
      else dismissGuard(guard);
    },
  };
}

/** Ends what a dead owner of that folder left behind, when its guard was killed too, and removes the folder. */
export function sweepGuardedFolder(path: string): void {
  if (process.platform !== "win32")
    spawnSync("/bin/sh", ["-c", SWEEP, "panoptic-folder-sweep", path], {
      stdio: "ignore",
      timeout: SWEEP_MS_MAX,
      cwd: "/",
    });
  removeFolder(path);
}

function makePlainFolder(path: string): GuardedFolder {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw new MeshError("store_failed", `Cannot make the folder ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return { path, remove: () => removeFolder(path) };
}

/** Resolves when the folder is there; else with what the guard said. The guard keeps no process alive. */
function untilMade(guard: ChildProcess): Promise<string | undefined> {
  let said = "";
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  guard.stdout?.on("data", () => {
    letGuardBe(guard);
    resolve(undefined);
  });
  guard.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  guard.once("error", (thrown) => resolve(thrown.message));
  guard.once("close", () => resolve(said.trim() || "its guard has ended"));
  return promise;
}
