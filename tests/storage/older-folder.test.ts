/** Data folders that are older copies, or in use twice: verdicts stay true, nothing runs or counts twice, nothing hangs. Real processes. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { metricNow } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

const WAIT = { deadlineMs: 60_000 };
const FILES = ["", "-wal", "-shm"];

/** Copies a database as it lies there; its owner rests. */
function copyDatabase(from: string, to: string): void {
  for (const end of FILES) {
    rmSync(`${to}${end}`, { force: true });
    cpSync(`${from}${end}`, `${to}${end}`);
  }
}

const isPassed = async (mesh: ProcessMesh, name: string) =>
  (await testNow(mesh, name))?.verdict === "passed";

test("an older copy of a node's folder: what it believes running is told once and changes no verdict", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const suite = gateSuite(app.url, [
    { name: "one", paths: ["/fast", "/gate/one"] },
    { name: "two", paths: ["/gate/two"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the first test runs", ...WAIT });
  const database = join(mesh.nodeDir("node-1"), "replica.db");
  copyDatabase(database, join(mesh.dir, "older.db"));
  app.open("one");
  await waitUntil(() => app.hits("two") === 1, { what: "the second test runs", ...WAIT });
  await waitUntil(() => isPassed(mesh, "one"), { what: "the first is counted", ...WAIT });

  await mesh.kill9("node-1");
  copyDatabase(join(mesh.dir, "older.db"), database);
  await mesh.startNode("node-1");
  app.open("two");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  const [one, two] = report?.tests ?? [];
  expect(one?.attempts).toMatchObject([{ number: 1, status: "passed", counted: true }]);
  expect(two?.attempts).toMatchObject([{ status: "lost" }, { status: "passed", counted: true }]);
  expect(app.hits("one")).toBe(1);
  expect(mesh.said()).toContain("its database is an older copy");
});

test("an older copy of the gateway's database: nodes say again what it forgot, what is gone runs again, and the run ends", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const suite = gateSuite(app.url, [
    { name: "one", paths: ["/gate/one"] },
    { name: "two", paths: ["/gate/two"] },
    { name: "three", paths: ["/gate/three"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the first test runs", ...WAIT });
  const database = join(mesh.gatewayDir, "gateway.db");
  copyDatabase(database, join(mesh.dir, "older.db"));
  app.open("one");
  await waitUntil(() => app.hits("two") === 1, { what: "the second test runs", ...WAIT });
  await waitUntil(() => isPassed(mesh, "one"), { what: "the first is counted", ...WAIT });

  await mesh.kill9Gateway();
  copyDatabase(join(mesh.dir, "older.db"), database);
  await mesh.startGateway();
  for (const name of ["two", "three"]) app.open(name);
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  expect(report?.totals).toMatchObject({ planned: 3, passed: 3, lost: 0 });
  for (const told of report?.tests ?? [])
    expect(told.attempts.filter(({ counted }) => counted)).toHaveLength(1);
  expect(mesh.said()).toContain("its database is an older copy");
});

test("a copied node folder: refused by name while the other lives; with its undelivered outbox delivered by both, all counts once", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const labels = { "node-1": ["x"], "node-2": ["y"] };
  await using mesh = await startMesh({ nodes: 2, labels });
  const suite = gateSuite(app.url, [
    { name: "one", paths: ["/gate/one"], labels: ["x"] },
    { name: "hold", paths: ["/gate/hold"], labels: ["y"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") + app.hits("hold") === 2, { what: "both run", ...WAIT });

  const [own, copy] = [mesh.nodeDir("node-1"), mesh.nodeDir("copy")];
  cpSync(own, copy, { recursive: true });
  const token = (await mesh.ask("token")).stdout.trim();
  const words = ["node", "--data", copy, "--name", "copy", "--label", "x"];
  const refused = await runProgram(words, {
    callerDir: mesh.dir,
    env: { PANOPTIC_JOIN: token },
  });
  expect(refused.exitCode, refused.stderr).toBe(2);
  expect(refused.stderr).toMatch(/duplicate_node.*another live process uses node node-1/);

  await mesh.kill9Gateway();
  app.open("one");
  await waitUntil(async () => [...(await undeliveredBy(mesh, "node-1")).values()][0] === "passed", {
    what: "its outcome is in the outbox",
    ...WAIT,
  });
  await mesh.kill9("node-1");
  rmSync(copy, { recursive: true });
  cpSync(own, copy, { recursive: true });
  await mesh.startGateway();
  await mesh.startNode("copy");
  await waitUntil(() => isPassed(mesh, "one"), { what: "the copy has delivered it", ...WAIT });
  await mesh.kill9("copy");
  await mesh.startNode("node-1");
  await waitUntil(async () => (await undeliveredBy(mesh, "node-1")).size === 0, {
    what: "the first has delivered it, too",
    ...WAIT,
  });
  expect(await metricNow(mesh, "panoptic_rejected_events_total")).toBe(0);
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  expect(report?.tests.find(({ name }) => name === "one")?.attempts).toMatchObject([
    { number: 1, status: "passed", counted: true, late: false },
  ]);
  expect(app.hits("one")).toBe(1);
});
