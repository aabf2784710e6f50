/** One process per data folder, by a lock that dies with it, however the folder is reached; and folders that cannot be used. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { endLeftNats } from "#kit/mesh.ts";
import { programCommand, programEnvironment, runProgram, startProgram } from "#kit/program.ts";
import { removeWhenUnused } from "#kit/remove-when-unused.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const LIMITS = { PANOPTIC_LIMITS: JSON.stringify({ stopGraceMs: 1_000 }) };

function place(): string {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-locks-"));
  onTestFinished(async () => {
    await endLeftNats(join(dir, "mesh"));
    await removeWhenUnused(dir);
  });
  return dir;
}

function start(dir: string, ...words: string[]) {
  const program = startProgram([...words, "--json"], { callerDir: dir, env: LIMITS });
  onTestFinished(async () => {
    program.signal("SIGKILL");
    await program.ended;
  });
  return program;
}

test("a second gateway is refused by the pid of the first, by a link and a relative path too; a killed one's lock is free", async () => {
  const dir = place();
  symlinkSync(join(dir, "mesh"), join(dir, "link"));
  const first = start(dir, "gateway", "--data", join(dir, "mesh"));
  await first.ready();
  const taken = `the process ${first.pid} uses it`;
  for (const path of [join(dir, "mesh"), join(dir, "link"), "link/../mesh", "./mesh"]) {
    const second = await runProgram(["gateway", "--data", path], { callerDir: dir });
    expect([second.exitCode, second.stderr.includes(taken)], second.stderr).toEqual([2, true]);
  }
  first.signal("SIGKILL");
  await first.ended;
  const next = start(dir, "gateway", "--data", "link");
  await next.ready();
  expect(next.stderr()).toContain("Took over the nats-server");
  next.signal("SIGTERM");
  expect((await next.ended).exitCode).toBe(0);
});

test("a second node on a folder is refused by the pid of the first; a killed one's lock is free", async () => {
  const dir = place();
  const gateway = start(dir, "gateway", "--data", "mesh");
  await gateway.ready();
  const { stdout } = await runProgram(["token", "--data", "mesh"], { callerDir: dir });
  symlinkSync("node", join(dir, "link"));
  const words = (path: string) => ["node", "--join", stdout.trim(), "--data", path, "--name", "n"];
  const first = start(dir, ...words("node"));
  await first.ready();
  const second = await runProgram(words("link"), { callerDir: dir });
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toContain(`the process ${first.pid} uses it`);
  first.signal("SIGKILL");
  await first.ended;
  await start(dir, ...words("link")).ready();
});

/** Runs the program as a user that owns nothing. */
async function asNobody(dir: string, words: readonly string[]) {
  // The folder of temporary files that the gate gives is its own user's.
  const own = { HOME: dir, PANOPTIC_STATE: dir, TMPDIR: "/tmp" };
  const env = programEnvironment({ callerDir: dir, env: own });
  const child = spawn("/bin/sh", ["-c", `exec ${programCommand(words)}`], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: "/",
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const exitCode = await new Promise((done) => child.once("close", done));
  return { exitCode, stderr };
}

const COMMANDS = [
  ["gateway", ["gateway", "--data"]],
  ["up", ["up", "--nodes", "1", "--data"]],
] as const;

test.skipIf(!isRoot).each(COMMANDS)(
  "a folder of another user: `%s` says so, with the folder, and makes nothing",
  async (_, words) => {
    const dir = place();
    chmodSync(dir, 0o755);
    const folder = join(dir, "theirs");
    mkdirSync(folder, { mode: 0o755 });
    const { exitCode, stderr } = await asNobody(dir, [...words, folder]);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain(folder);
    expect(stderr).toMatch(/permission denied|not permitted/i);
    expect(stderr).not.toContain("fault of Panoptic");
  },
);

test.skipIf(!isRoot).for(COMMANDS)(
  "a folder on a read-only disk: `%s` says so, with the folder",
  async ([, words], { skip }) => {
    const dir = place();
    const disk = join(dir, "disk");
    mkdirSync(disk);
    if (!mountReadOnly(disk)) return skip("no disk may be mounted here");
    onTestFinished(() => void execFileSync("umount", [disk]));
    const { exitCode, stderr } = await runProgram([...words, join(disk, "mesh")], {
      callerDir: dir,
    });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain(disk);
    expect(stderr).toMatch(/read-only/i);
  },
);

/** A container may not mount. */
function mountReadOnly(path: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
