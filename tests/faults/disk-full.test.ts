/** Rows of the fault table about full disks, on real file systems of 24 MB that only root can mount: skipped, visibly, for others. Real processes. */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS, passTime, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { askApi, nodeNow, reportNow } from "#kit/proxied-mesh.ts";
import { mountSmallDisk } from "#kit/small-disk.ts";
import { waitUntil } from "#kit/wait-until.ts";

const MB = 1024 * 1024;

test("node disk full: it refuses offers while room is short; when a write fails, the reserve saves the outcome, the attempt is lost: disk_full, and the node cordons itself", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountSmallDisk(24);
  if (disk === undefined) return skip("only root can mount a small disk");
  await using app = await startGatedApp();
  const limits = { freeDiskBytesMin: 3 * MB };
  const labels = { "node-1": ["y"], "node-2": ["x"] };
  await using mesh = await startMesh({ nodes: 1, limits, labels });
  const data = join(disk.path, "node");
  mkdirSync(data);
  mkdirSync(dirname(mesh.nodeDir("node-2")), { recursive: true });
  symlinkSync(data, mesh.nodeDir("node-2"));
  await mesh.startNode("node-2");
  disk.fill(MB);
  const slow = { name: "slow", paths: ["/fast", "/gate/slow-${attempt.number}"], labels: ["x"] };
  const hold = { name: "hold", paths: ["/gate/hold"], labels: ["y"] };
  const run = mesh.start({ "a.json": gateSuite(app.url, [slow, hold]) });
  const why = "Free disk is";
  await waitUntil(() => run.program.stdout().includes(`node-2 takes none: ${why}`), {
    what: "the run says why it waits",
  });
  expect(await nodeNow(mesh, "node-2")).toMatchObject({ closed: expect.stringContaining(why) });
  expect((await mesh.ask("nodes")).stdout).toMatch(/node-2 +alive, closed .*Free disk is/);
  expect(app.hits("slow-1")).toBe(0);
  disk.clear();
  await waitUntil(() => app.hits("slow-1") === 1, { what: "with room, it accepts" });
  disk.fill();
  app.open("slow-1");
  await waitUntil(
    async () => (await testNow(mesh, "slow"))?.attempts[0]?.error?.code === "disk_full",
    { what: "it is lost: disk_full" },
  );
  expect((await testNow(mesh, "slow"))?.attempts).toMatchObject([
    { number: 1, node: "node-2", status: "lost", counted: false },
  ]);
  await waitUntil(async () => (await nodeNow(mesh, "node-2")).isDraining, {
    what: "the cordon is seen",
  });
  expect(existsSync(join(data, "reserve"))).toBe(false);
  expect(await nodeNow(mesh, "node-2")).toMatchObject({ state: "alive", epoch: 1 });
  disk.clear();
  app.open("slow-2");
  expect((await askApi(mesh, "/v1/nodes/node-2/resume", { method: "POST" })).status).toBe(200);
  await waitUntil(() => existsSync(join(data, "reserve")), {
    what: "resumed, it has a reserve again",
  });
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests.find(({ name }) => name === "slow")?.attempts).toMatchObject([
    { number: 1, status: "lost", counted: false, error: { code: "disk_full" } },
    { number: 2, status: "passed", counted: true },
  ]);
});

test("gateway disk full: it confirms nothing, /readyz is 503, a submit is 507 and never run; it goes on by itself when there is room", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountSmallDisk(24);
  if (disk === undefined) return skip("only root can mount a small disk");
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, gatewayDir: join(disk.path, "gateway") });
  const suite = gateSuite(app.url, [
    { name: "slow", paths: ["/fast", "/gate/slow"] },
    { name: "next", paths: ["/next"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test runs" });
  disk.fill();
  app.open("slow");
  const isReady = async () => (await askApi(mesh, "/readyz")).status;
  await waitUntil(async () => (await isReady()) === 503, { what: "/readyz says no" });
  const text = gateSuite(app.url, [{ name: "refused", paths: ["/refused"] }]);
  const body = JSON.stringify({ suites: [{ file: "b.json", text }] });
  expect((await askApi(mesh, "/v1/runs", { method: "POST", body })).status).toBe(507);
  expect((await askApi(mesh, "/healthz")).status).toBe(200);
  expect((await testNow(mesh, "slow"))?.verdict).toBe("lost");
  const isKept = async () => (await undeliveredBy(mesh, "node-1")).get("gated › slow") === "passed";
  await waitUntil(isKept, { what: "the node keeps what nobody confirms" });
  await passTime(4_000); // it asks again meanwhile
  expect(await isKept()).toBe(true);
  expect(app.hits("next")).toBe(0);
  disk.clear();
  await waitUntil(async () => (await isReady()) === 200, { what: "/readyz says yes" });
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([{ status: "passed", counted: true }]);
  expect(app.hits("slow")).toBe(1);
  expect(app.hits("refused")).toBe(0);
  // The store has all of it: what a gateway says that knows nothing else.
  await mesh.kill9Gateway();
  await mesh.startGateway();
  const kept = await reportNow(mesh);
  expect(kept?.tests.map(({ attempts }) => attempts)).toEqual(
    report?.tests.map(({ attempts }) => attempts),
  );
});
