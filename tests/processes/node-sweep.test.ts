/** kill -9 of a node while its browser runs: what ends with it, and what its next start sweeps when the guard was killed, too. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAlive, type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { commandOf, descendants } from "#kit/process-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { isFrozen } from "#shared/nats/server-process.ts";

/** A page that never comes, so that a browser is in its middle. */
async function silentSite(): Promise<{ url: string; hits: () => number }> {
  let hits = 0;
  const server = createServer(() => {
    hits += 1;
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hits: () => hits };
}

type Busy = { readonly browser: number; readonly guard: number; readonly tempDir: string };

/** A node whose browser is at work. */
async function busyNode(mesh: ProcessMesh): Promise<Busy> {
  const site = await silentSite();
  const test = { name: "busy", timeout: "60s", steps: [{ goto: site.url }] };
  const run = mesh.start({ "a.json": JSON.stringify({ name: "s", tests: [test] }) });
  onTestFinished(() => run.program.signal("SIGKILL"));
  await waitUntil(() => site.hits() > 0, { what: "the browser asks", deadlineMs: 40_000 });
  const below = descendants(nodePid(mesh));
  const find = (text: string) => below.find((pid) => commandOf(pid).includes(text)) ?? 0;
  const record = readFileSync(join(mesh.nodeDir("node-1"), "temp.json"), "utf8");
  const { tempDir } = JSON.parse(record) as { tempDir: string };
  return { browser: find("--user-data-dir="), guard: find("panoptic-folder-guard"), tempDir };
}

const nodePid = (mesh: ProcessMesh) => readPidFile(join(mesh.nodeDir("node-1"), "node.pid")) ?? 0;

/** All of a browser stands still, so that none of its processes sees the others end. */
async function freeze(browser: number): Promise<void> {
  process.kill(-browser, "SIGSTOP");
  await waitUntil(() => groupOf(browser).every(isFrozen), { what: "the browser stands still" });
}

const groupOf = (browser: number): number[] =>
  readdirSync("/proc")
    .filter((pid) => sessionOf(pid) === browser)
    .map(Number);

test.skipIf(process.platform !== "linux")(
  "its guard ends a frozen browser and removes profiles and artifacts within 3 s",
  async () => {
    await using mesh = await startMesh({ nodes: 1 });
    const { browser, tempDir } = await busyNode(mesh);
    expect(commandOf(browser)).toContain(`--user-data-dir=${tempDir}/playwright_`);
    await freeze(browser);
    await mesh.kill9("node-1");
    await waitUntil(() => groupOf(browser).length === 0 && !existsSync(tempDir), {
      what: "browser and folder are gone",
      deadlineMs: 3_000,
    });
  },
);

test.skipIf(process.platform !== "linux")(
  "its guard is killed, too: the next start ends the frozen browser and sweeps",
  async () => {
    await using mesh = await startMesh({ nodes: 1 });
    const { browser, guard, tempDir } = await busyNode(mesh);
    expect(groupOf(browser).length).toBeGreaterThan(2);
    await freeze(browser);
    process.kill(guard, "SIGKILL");
    await mesh.kill9("node-1");
    expect([isAlive(browser), existsSync(tempDir)]).toEqual([true, true]);
    const work = join(mesh.nodeDir("node-1"), "work");
    mkdirSync(join(work, "attempt-77"));
    await mesh.startNode("node-1");
    await waitUntil(() => groupOf(browser).length === 0, { what: "the whole browser is gone" });
    expect([existsSync(tempDir), existsSync(join(work, "attempt-77"))]).toEqual([false, false]);
  },
);

function sessionOf(pid: string): number | undefined {
  try {
    const [state, , , session] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" ? undefined : Number(session);
  } catch {
    return undefined; // no process, or ended meanwhile
  }
}
