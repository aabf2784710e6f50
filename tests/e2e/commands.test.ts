/** The commands that ask a mesh, and `up`, on real processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { isAlive, readReport, startMesh } from "#kit/mesh.ts";
import { runProgram, startProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";

type NodeRow = {
  readonly name: string;
  readonly state: string;
  readonly isDraining: boolean;
  readonly busy: number;
};
type RunRow = {
  readonly id: string;
  readonly state: string;
  readonly status?: string;
  readonly finished: number;
};

test("runs, show, report, nodes: what a mesh did, for people and as JSON", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const suite = gateSuite(app.url, [
    { name: "good", paths: ["/fast"] },
    { name: "bad", paths: ["/fail/x"] },
  ]);
  expect((await mesh.run({ "a.json": suite })).exitCode).toBe(1);
  const [run] = JSON.parse((await mesh.ask("runs", "--json")).stdout) as RunRow[];
  expect(run).toMatchObject({ state: "ended", status: "failed", finished: 2 });
  expect((await mesh.ask("runs")).stdout).toContain(run?.id);
  const shown = await mesh.ask("show", run?.id ?? "");
  expect(shown.stdout).toMatch(
    /passed {3}gated › good[\s\S]*failed {3}gated › bad[\s\S]*2 planned/,
  );
  const written = await mesh.ask("report", run?.id ?? "", "--out", "again");
  expect(written.exitCode, written.stderr).toBe(0);
  expect(readReport(join(mesh.dir, "again"))?.totals).toMatchObject({
    planned: 2,
    passed: 1,
    failed: 1,
  });
  expect((await mesh.ask("nodes")).stdout).toMatch(/node-1 +alive +0\/1 /);
  expect((await mesh.ask("show", "run-nix")).exitCode).toBe(2);
});

test("drain keeps new tests away until resume", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2 });
  expect((await mesh.ask("drain", "node-1")).stdout).toBe("node-1 is drained\n");
  const suite = gateSuite(
    app.url,
    ["a", "b", "c", "d"].map((name) => ({ name, paths: ["/fast"] })),
  );
  const { report, exitCode } = await mesh.run({ "a.json": suite });
  expect(exitCode).toBe(0);
  expect(
    new Set(report?.tests.flatMap(({ attempts }) => attempts.map(({ node }) => node))),
  ).toEqual(new Set(["node-2"]));
  await mesh.ask("resume", "node-1");
  const nodes = JSON.parse((await mesh.ask("nodes", "--json")).stdout) as NodeRow[];
  expect(nodes.map(({ isDraining }) => isDraining)).toEqual([false, false]);
  expect((await mesh.ask("drain", "node-9")).exitCode).toBe(2);
});

test("cancel ends a run that another follows: exit 3", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [
      { name: "slow", paths: ["/gate/slow"] },
      { name: "later", paths: ["/fast"] },
    ]),
  });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test is in its middle" });
  const [row] = JSON.parse((await mesh.ask("runs", "--json")).stdout) as RunRow[];
  // Nothing is said to be lost of a run that goes on.
  expect((await mesh.ask("show", row?.id ?? "")).stdout).toMatch(
    /^running {2}gated › slow {2}node-1\nwaiting {2}gated › later\nrunning, 0 of 2 finished: 2 planned in .*\n$/,
  );
  expect((await mesh.ask("cancel", row?.id ?? "")).exitCode).toBe(0);
  const { exitCode, report } = await run.ended;
  expect(exitCode).toBe(3);
  expect(report?.tests[0]).toMatchObject({ verdict: "lost", attempts: [{ status: "cancelled" }] });
});

test("up: serves, starts a node again that dies, ends all of it on SIGTERM", async () => {
  const dir = temporaryPlace("panoptic-e2e-");
  const up = startProgram(["up", "--data", "mesh", "--nodes", "2"], { callerDir: dir });
  const readyNodes = () =>
    [...up.stdout().matchAll(/^ready node (\S+) slots \d+ pid (\d+)$/gm)].map(([, name, pid]) => ({
      name,
      pid: Number(pid),
    }));
  await waitUntil(() => readyNodes().length === 2, {
    what: "both nodes are ready",
    deadlineMs: 40_000,
  });
  expect(up.stdout()).toMatch(/^ready gateway http:\S+ nats nats:\S+ pid \d+$/m);
  const victim = Number(readFileSync(join(dir, "mesh", "nodes", "node-1", "node.pid"), "utf8"));
  expect(readyNodes().find(({ name }) => name === "node-1")?.pid).toBe(victim);
  process.kill(victim, "SIGKILL");
  await waitUntil(() => readyNodes().length === 3, {
    what: "the node is started again",
    deadlineMs: 20_000,
  });
  const ask = await runProgram(["nodes", "--data", "mesh", "--json"], { callerDir: dir });
  expect(
    (JSON.parse(ask.stdout) as NodeRow[]).filter(({ state }) => state === "alive"),
  ).toHaveLength(2);
  const pids = [
    ...readyNodes().map(({ pid }) => pid),
    Number(readFileSync(join(dir, "mesh", "nats.pid"), "utf8")),
  ];
  up.signal("SIGTERM");
  expect((await up.ended).exitCode).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});

test("gateway: a second one on the same folder is refused by name", async () => {
  await using mesh = await startMesh({ nodes: 0 });
  const { exitCode, stderr } = await mesh.ask("gateway");
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/the process \d+ uses it/);
});

test("gateway: an address that is not of this machine is refused by name, before any warning", async () => {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-e2e-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  // 192.0.2.0/24 is for documentation and no machine's (RFC 5737).
  const words = [
    "gateway",
    "--data",
    "mesh",
    "--host",
    "192.0.2.1",
    "--port",
    "1",
    "--nats-port",
    "2",
  ];
  const gateway = await startProgram(words, { callerDir: dir }).ended;
  expect(gateway.exitCode).toBe(2);
  expect(gateway.stderr).toMatch(
    /^panoptic: Cannot serve on 192\.0\.2\.1: it is no address of this machine/,
  );
  expect(existsSync(join(dir, "mesh"))).toBe(false);
});

test("gateway: an address beyond loopback is warned of", async () => {
  const dir = temporaryPlace("panoptic-e2e-");
  const gateway = startProgram(["gateway", "--data", "mesh", "--host", "0.0.0.0", "--json"], {
    callerDir: dir,
  });
  await gateway.ready();
  expect(gateway.stderr()).toMatch(/WARNING: listening on 0\.0\.0\.0 WITHOUT TLS/);
  expect(gateway.stderr()).toMatch(/join tokens lead to this machine only.*--public-url/);
  gateway.signal("SIGTERM");
  expect((await gateway.ended).exitCode).toBe(0);
});
