/** Folders that go with their owner: what is ended with it, and what is not. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAlive } from "#kit/mesh.ts";
import { commandOf, descendants } from "#kit/process-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { useTempDir } from "#shared/config.ts";
import { spawnGuard } from "#shared/guard.ts";
import { makeGuardedFolder, sweepGuardedFolder } from "#shared/guarded-folder.ts";

function place(): string {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-guarded-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "folder-123456");
}

/** A program with that TMPDIR, in a session of its own or in this one's. */
function sleeper(temporary: string, script = "sleep 60 & wait", detached = true): ChildProcess {
  const env = { ...process.env, TMPDIR: temporary } as NodeJS.ProcessEnv;
  const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore", detached, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const pidOf = (child: ChildProcess) => child.pid ?? 0;

test("makeGuardedFolder() makes it for its owner only; remove() leaves nothing", async () => {
  const path = place();
  const folder = await makeGuardedFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  folder.remove();
  expect(existsSync(path)).toBe(false);
});

test("makeGuardedFolder() says why when it cannot, and takes no folder that is there", async () => {
  const path = place();
  mkdirSync(path);
  await expect(makeGuardedFolder(path)).rejects.toThrow(/exists/);
  expect(existsSync(path)).toBe(true);
  await expect(makeGuardedFolder(join(path, "no", "parent"))).rejects.toMatchObject({
    code: "store_failed",
  });
  await expect(makeGuardedFolder(`${path}\nx`)).rejects.toThrow("two lines");
});

test.skipIf(process.platform !== "linux")(
  "sweepGuardedFolder() ends what has it as TMPDIR, frozen or not, and nobody else",
  async () => {
    const path = place();
    mkdirSync(path);
    const within = sleeper(join(path, "deeper"));
    const frozen = sleeper(path);
    const other = sleeper(`${path.slice(0, -1)}7`);
    // It names the folder, as a person's `tail` does, but was not started in it.
    const watcher = sleeper(tmpdir(), `: ${path}; sleep 60 & wait`);
    process.kill(pidOf(frozen), "SIGSTOP");
    sweepGuardedFolder(path);
    await waitUntil(() => ![within, frozen].map(pidOf).some(isAlive), { what: "both are gone" });
    expect([other, watcher].map(pidOf).map(isAlive)).toEqual([true, true]);
    expect(existsSync(path)).toBe(false);
  },
);

test.skipIf(process.platform !== "linux")(
  "sweepGuardedFolder() spares the group that a person's own program leads",
  async () => {
    const path = place();
    mkdirSync(path);
    const shell = sleeper(tmpdir(), `TMPDIR='${path}' sleep 61 & wait; sleep 60`);
    await waitUntil(() => namedIn(pidOf(shell)) !== undefined, { what: "its child sleeps" });
    const child = namedIn(pidOf(shell)) ?? 0;
    sweepGuardedFolder(path);
    await waitUntil(() => !isAlive(child), { what: "the child is gone" });
    expect(isAlive(pidOf(shell))).toBe(true);
  },
);

test.skipIf(process.platform !== "linux")(
  "sweepGuardedFolder() spares the guards of others that were started where it is the TMPDIR",
  async () => {
    const path = place();
    mkdirSync(path);
    const takeBack = useTempDir(path);
    onTestFinished(takeBack);
    const marked = sleeper(path);
    const guard = spawnGuard("echo here; read -r _", ["panoptic-guard"]);
    onTestFinished(() => void guard.kill("SIGKILL"));
    await once(guard.stdout ?? guard, "data");
    sweepGuardedFolder(path);
    await waitUntil(() => !isAlive(pidOf(marked)), { what: "what it is for is gone" });
    expect(isAlive(pidOf(guard))).toBe(true);
  },
);

/** By its first word: before it is `sleep` it is a shell with those words, and without that TMPDIR. */
function namedIn(pid: number): number | undefined {
  return descendants(pid).find((one) => commandOf(one).startsWith("sleep 61"));
}
