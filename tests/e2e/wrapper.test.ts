/** What people type: bin/panoptic.mjs under Node, and the demo. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAlive, readReport } from "#kit/mesh.ts";
import { ROOT } from "#kit/source-tree.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";

function folder(): string {
  const dir = temporaryPlace("panoptic-e2e-");
  return dir;
}

function startNode(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = ROOT,
) {
  const child = spawn("node", words, {
    cwd,
    env: { ...process.env, ...env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const ended = new Promise<number | null>((done) => child.once("close", done));
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    signal: (name: NodeJS.Signals) => void child.kill(name),
  };
}

const BIN = join(ROOT, "bin", "panoptic.mjs");

test("bin/panoptic.mjs passes words, the caller's folder and the exit code on", async () => {
  const dir = folder();
  const version = startNode([BIN, "version"], {}, dir);
  expect(await version.ended).toBe(0);
  expect(version.output().trim()).toBe(
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version,
  );
  const wrong = startNode([BIN, "run", "nix.yaml"], {}, dir);
  expect(await wrong.ended).toBe(2);
});

test("bin/panoptic.mjs passes SIGTERM on: a gateway stops in order", async () => {
  const dir = folder();
  const gateway = startNode([BIN, "gateway", "--data", "mesh"], {}, dir);
  await waitUntil(() => gateway.output().includes("ready gateway"), {
    what: "the gateway serves",
    deadlineMs: 40_000,
  });
  gateway.signal("SIGTERM");
  expect(await gateway.ended).toBe(0);
  expect(readPidFile(join(dir, "mesh", "gateway.pid"))).toBeUndefined();
});

test("kill -9 of bin/panoptic.mjs ends the gateway and its nats-server within 3 s", async () => {
  const dir = folder();
  const gateway = startNode([BIN, "gateway", "--data", "mesh"], {}, dir);
  await waitUntil(() => gateway.output().includes("ready gateway"), {
    what: "the gateway serves",
    deadlineMs: 40_000,
  });
  const pids = ["gateway.pid", "nats.pid"].map((name) => readPidFile(join(dir, "mesh", name)) ?? 0);
  expect(pids.every(isAlive)).toBe(true);
  gateway.signal("SIGKILL");
  await waitUntil(() => !pids.some(isAlive), { what: "both are gone" });
});

test("the demo: exit 0, a flaky test, a report, nothing left in the folder of temporary files", async () => {
  const temporary = folder();
  const out = join(folder(), "report");
  const demo = startNode([join(ROOT, "scripts", "demo.mjs"), "--out", out], { TMPDIR: temporary });
  expect(await demo.ended, demo.output()).toBe(0);
  const report = readReport(out);
  expect(report?.totals).toMatchObject({ failed: 0, lost: 0, flaky: 1, skipped: 1 });
  expect(report?.nodes).toHaveLength(2);
  expect(demo.output()).toContain(out);
  expect(readdirSync(temporary).filter((name) => name.startsWith("panoptic"))).toEqual([]);
});
