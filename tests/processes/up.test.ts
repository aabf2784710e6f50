/** `panoptic up`: a node that dies is started again; killed and started again it is the same mesh. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { endLeftNats, isAlive, readReport } from "#kit/mesh.ts";
import { descendants } from "#kit/process-tree.ts";
import { type Program, runProgram, startProgram } from "#kit/program.ts";
import { removeWhenUnused } from "#kit/remove-when-unused.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";

type ReadyGateway = { readonly url: string; readonly nats: string };

function upPlace() {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-up-test-"));
  const temporary = join(dir, "tmp");
  const data = join(dir, "mesh");
  mkdirSync(temporary);
  onTestFinished(async () => {
    await endLeftNats(data);
    await removeWhenUnused(dir);
  });
  const options = { callerDir: dir, env: { TMPDIR: temporary } };
  const pidOf = (name: string) => readPidFile(join(data, name)) ?? 0;
  const startUp = async () => {
    const words = ["up", "--data", "mesh", "--nodes", "2", "--slots", "1", "--json"];
    const program = startProgram(words, options);
    onTestFinished(() => program.signal("SIGKILL"));
    const ready = (await program.ready()) as ReadyGateway;
    await waitUntil(() => program.stdout().split('"ready":"node"').length === 3, {
      what: "both nodes are ready",
      deadlineMs: 40_000,
    });
    return { program, ready };
  };
  const nodeIds = () =>
    ["node-1", "node-2"].map((name) =>
      readFileSync(join(data, "nodes", name, "node.json"), "utf8"),
    );
  return { dir, temporary, data, options, pidOf, startUp, nodeIds };
}

async function end(program: Program): Promise<number | undefined> {
  program.signal("SIGTERM");
  return (await program.ended).exitCode;
}

test("a node that dies is started again, as the same node; SIGTERM ends all of it", async () => {
  const { temporary, pidOf, startUp, nodeIds } = upPlace();
  const { program } = await startUp();
  const before = nodeIds();
  const pid = pidOf("nodes/node-1/node.pid");
  const pids = [program.pid, ...descendants(program.pid)];
  process.kill(pid, "SIGKILL");
  await waitUntil(() => program.stdout().split('"ready":"node"').length === 4, {
    what: "it is ready again",
    deadlineMs: 40_000,
  });
  expect(pidOf("nodes/node-1/node.pid")).not.toBe(pid);
  expect(nodeIds()).toEqual(before);
  expect(await end(program), program.stderr()).toBe(0);
  await waitUntil(() => !pids.some(isAlive), { what: "all have ended", deadlineMs: 3_000 });
  expect(readdirSync(temporary)).toEqual([]);
});

test("kill -9 with a run in flight: its nodes leave within 3 s; started again it is the same mesh, and the run ends right", async () => {
  await using app = await startGatedApp();
  const { dir, temporary, data, options, pidOf, startUp, nodeIds } = upPlace();
  const first = await startUp();
  const ids = nodeIds();
  const suite = gateSuite(app.url, [
    { name: "slow", paths: ["/gate/slow"] },
    { name: "next", paths: ["/fast"] },
    { name: "last", paths: ["/fast"] },
  ]);
  writeFileSync(join(dir, "suite.json"), suite);
  const run = startProgram(["run", "suite.json", "--data", "mesh", "--out", "report"], options);
  await waitUntil(() => app.hits("slow") === 1, { what: "a test runs", deadlineMs: 40_000 });
  const natsPid = pidOf("nats.pid");
  const nodes = ["node-1", "node-2"].map((name) => pidOf(`nodes/${name}/node.pid`));
  // A node that stands still cannot leave by itself.
  process.kill(nodes[1] ?? 0, "SIGSTOP");
  first.program.signal("SIGKILL");
  await first.program.ended;
  await waitUntil(() => !nodes.some(isAlive), { what: "its nodes have left", deadlineMs: 3_000 });
  await waitUntil(() => readdirSync(temporary).length === 0, { what: "no file stays" });
  expect(isAlive(natsPid)).toBe(true);
  const second = await startUp();
  expect([second.ready.url, second.ready.nats]).toEqual([first.ready.url, first.ready.nats]);
  expect([pidOf("nats.pid"), nodeIds()]).toEqual([natsPid, ids]);
  app.open("slow");
  const { exitCode, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(readReport(join(dir, "report"))?.totals).toMatchObject({ planned: 3, passed: 3 });
  expect(await end(second.program), second.program.stderr()).toBe(0);
  expect([isAlive(natsPid), readPidFile(join(data, "nats.pid"))]).toEqual([false, undefined]);
});

test("a second `up` on its folder is refused and touches nothing", async () => {
  const { pidOf, startUp, options } = upPlace();
  const { program } = await startUp();
  const pids = () => ["nats.pid", "gateway.pid", "nodes/node-1/node.pid"].map(pidOf);
  const before = pids();
  const { exitCode, stderr } = await runProgram(["up", "--data", "mesh", "--nodes", "2"], options);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`the process ${program.pid} uses it`);
  expect([pids(), before.every(isAlive)]).toEqual([before, true]);
});
