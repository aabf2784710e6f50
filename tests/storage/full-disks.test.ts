/** Disks that are full or fail, beyond the two rows of the fault table. Real processes on small file systems: skipped, visibly, where nobody may mount. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { readReport, startMesh, writeSuites } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { askApi } from "#kit/proxied-mesh.ts";
import { mountFailingDisk, mountSmallDisk, NO_MOUNT } from "#kit/small-disk.ts";
import { waitUntil } from "#kit/wait-until.ts";

const WAIT = { deadlineMs: 60_000 };

test("gateway killed while its disk is full, and started again while it still is: refused by name, nothing corrupt, the run ends right with room", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountSmallDisk(24);
  if (disk === undefined) return skip(NO_MOUNT);
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, gatewayDir: join(disk.path, "gateway") });
  const suite = gateSuite(app.url, [
    { name: "one", paths: ["/gate/one"] },
    { name: "two", paths: ["/two"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the test runs", ...WAIT });
  disk.fill();
  const body = JSON.stringify({ suites: [{ file: "b.json", text: suite }] });
  const submit = () => askApi(mesh, "/v1/runs", { method: "POST", body });
  await waitUntil(async () => (await submit()).status === 507, {
    what: "a submit is 507",
    ...WAIT,
  });
  app.open("one");
  await waitUntil(() => run.program.stdout().includes("The gateway waits: "), {
    what: "the person who follows is told",
    ...WAIT,
  });
  const { runs } = (await (await askApi(mesh, "/v1/runs")).json()) as { runs: unknown[] };
  expect(runs).toHaveLength(1);
  const sha256 = "a".repeat(64);
  const blob = { method: "PUT", body: "bytes" };
  expect((await askApi(mesh, `/v1/blobs/${sha256}`, blob)).status).toBeGreaterThanOrEqual(400);

  await mesh.kill9Gateway();
  const refused = await runProgram(["gateway", "--data", mesh.gatewayDir], {
    callerDir: mesh.dir,
  });
  expect(refused.exitCode, refused.stderr).toBe(2);
  expect(refused.stderr).toMatch(/^panoptic: Cannot .*(full|no space)/im);
  disk.clear();
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([{ status: "passed", counted: true }]);
  expect([app.hits("one"), app.hits("two")]).toEqual([1, 1]);
});

test("a disk that turns read-only under a gateway is as a full one; a start on it is refused by name", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountFailingDisk(48);
  if (disk === undefined) return skip(NO_MOUNT);
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, gatewayDir: join(disk.path, "gateway") });
  const run = mesh.start({ "a.json": gateSuite(app.url, [{ name: "one", paths: ["/gate/one"] }]) });
  await waitUntil(() => app.hits("one") === 1, { what: "the test runs", ...WAIT });
  disk.fail();
  app.open("one");
  await waitUntil(async () => (await askApi(mesh, "/readyz")).status === 503, {
    what: "/readyz says no",
    ...WAIT,
  });
  expect((await askApi(mesh, "/healthz")).status).toBe(200);
  run.program.signal("SIGKILL");
  await mesh.kill9Gateway();
  for (const words of [
    ["gateway", "--data", mesh.gatewayDir],
    ["gateway", "--data", join(disk.path, "new")],
  ]) {
    const { exitCode, stderr } = await runProgram(words, { callerDir: mesh.dir });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/^panoptic: Cannot .*(read-?only|EROFS)/im);
  }
});

test("panoptic run with a full folder for its report, or for temporary files: 3 with the totals and the old report kept, or 2 by name", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountSmallDisk(8);
  if (disk === undefined) return skip(NO_MOUNT);
  using own = mountSmallDisk(256);
  if (own === undefined) return skip(NO_MOUNT);
  await using app = await startGatedApp();
  const suites = join(own.path, "suites");
  writeSuites(suites, { "a.json": gateSuite(app.url, [{ name: "one", paths: ["/one"] }]) });
  const out = join(disk.path, "report");
  const words = ["run", suites, "--out", out, "--nodes", "1"];
  const options = { callerDir: own.path };
  const first = await runProgram(words, options);
  expect(first.exitCode, first.stderr).toBe(0);
  const old = readFileSync(join(out, "report.json"), "utf8");
  disk.fill();
  const full = await runProgram(words, options);
  expect(full.exitCode, full.stdout + full.stderr).toBe(3);
  expect(full.stdout).toMatch(/1 passed/);
  expect(full.stderr).toMatch(/Cannot write the report/);
  expect(readFileSync(join(out, "report.json"), "utf8")).toBe(old);
  expect(readReport(out)?.totals.passed).toBe(1);

  const temp = join(disk.path, "tmp");
  disk.clear();
  mkdirSync(temp);
  disk.fill();
  const elsewhere = join(own.path, "report");
  const noTemp = await runProgram(["run", suites, "--out", elsewhere, "--nodes", "1"], {
    ...options,
    env: { TMPDIR: temp },
  });
  expect(noTemp.exitCode, noTemp.stdout + noTemp.stderr).toBe(2);
  expect(noTemp.stderr).toMatch(/^panoptic: Cannot .*(full|no space)/im);
  expect(existsSync(elsewhere)).toBe(false);
});
