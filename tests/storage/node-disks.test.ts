/** A node's disks that are full or fail: its folder for temporary files, its data folder. Real processes on small file systems: skipped, visibly, where nobody may mount. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS, testNow } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { isAlive, type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { type Program, startProgram } from "#kit/program.ts";
import { nodeNow } from "#kit/proxied-mesh.ts";
import { mountFailingDisk, mountSmallDisk, NO_MOUNT } from "#kit/small-disk.ts";
import { waitUntil } from "#kit/wait-until.ts";

const WAIT = { deadlineMs: 90_000 };
const MB = 1024 * 1024;
const LIMITS = { freeDiskBytesMin: MB, freeTempBytesMin: 1 };

/** A node on disks of the test's, as an own process that ends with it. */
async function startOwnNode(
  mesh: ProcessMesh,
  place: { readonly data: string; readonly temp?: string; readonly label: string },
): Promise<Program> {
  const words = ["node", "--data", place.data, "--name", "own", "--slots", "1"];
  const program = startProgram([...words, "--label", place.label, "--json"], {
    callerDir: mesh.dir,
    env: {
      PANOPTIC_JOIN: (await mesh.ask("token")).stdout.trim(),
      PANOPTIC_LIMITS: JSON.stringify(LIMITS),
      ...(place.temp === undefined ? {} : { TMPDIR: place.temp }),
    },
  });
  await program.ready();
  return program;
}

const reserveOf = (data: string) => join(data, "reserve");

test("a full folder for temporary files: what a browser cannot do there is lost: disk_full, never a test's failure; a full data folder: the node opens again by itself", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using temp = mountSmallDisk(96);
  using disk = mountSmallDisk(32);
  if (temp === undefined || disk === undefined) return skip(NO_MOUNT);
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 0, limits: LIMITS });
  const data = join(disk.path, "node");
  await using _ = await ownedNode(mesh, { data, temp: temp.path, label: "x" });
  const needs = { labels: ["x"] };
  // As it would fail with a full disk, it fails at its first attempts whatever the browser makes of that disk.
  const steps = [
    { goto: `${app.url}/page` },
    { expect: { that: "${attempt.number}", equals: "7" } },
  ];
  const suite = { name: "full", tests: [{ name: "page", needs, steps }] };
  const slow = gateSuite(app.url, [
    { name: "slow", paths: ["/fast", "/gate/slow-${attempt.number}"], labels: ["x"] },
  ]);
  temp.fill(MB);
  const lost = await mesh.run({ "a.json": JSON.stringify(suite) });
  expect(lost.exitCode, lost.stdout).toBe(3);
  expect(lost.report?.totals).toMatchObject({ failed: 0, lost: 1 });
  for (const attempt of lost.report?.tests[0]?.attempts ?? [])
    expect(attempt).toMatchObject({ status: "lost", error: { code: "disk_full" } });
  temp.clear();

  const run = mesh.start({ "b.json": slow });
  await waitUntil(() => app.hits("slow-1") === 1, { what: "with room, it runs", ...WAIT });
  disk.fill();
  app.open("slow-1");
  const first = async () => (await testNow(mesh, "slow"))?.attempts[0];
  await waitUntil(async () => (await first())?.error?.code === "disk_full", {
    what: "its attempt is lost: disk_full",
    ...WAIT,
  });
  await waitUntil(async () => (await nodeNow(mesh, "own")).closed !== undefined, {
    what: "the node says that it is closed, and why",
    ...WAIT,
  });
  expect(existsSync(reserveOf(data))).toBe(false);
  disk.clear();
  app.open("slow-2");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts.at(-1)).toMatchObject({ status: "passed", counted: true });
  expect(existsSync(reserveOf(data))).toBe(true);
  expect(await nodeNow(mesh, "own")).not.toHaveProperty("closed");
});

test("a node whose disk turns read-only: it lives, says why it is closed, and others take over when it is ended", {
  timeout: FAULT_MS,
}, async ({ skip }) => {
  using disk = mountFailingDisk(64);
  if (disk === undefined) return skip(NO_MOUNT);
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 0, limits: LIMITS });
  await using own = await ownedNode(mesh, { data: join(disk.path, "node"), label: "x" });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "one", paths: ["/gate/one", "/more"] }]),
  });
  await waitUntil(() => app.hits("one") === 1, { what: "the test runs", ...WAIT });
  disk.fail();
  app.open("one");
  await waitUntil(async () => (await nodeNow(mesh, "own")).closed !== undefined, {
    what: "the node says that it is closed, and why",
    ...WAIT,
  });
  expect(isAlive(own.program.pid)).toBe(true);
  expect((await testNow(mesh, "one"))?.attempts[0]).not.toMatchObject({ status: "failed" });
  await own[Symbol.asyncDispose]();
  await mesh.startNode("node-1");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { status: "lost", counted: false },
    { status: "passed", counted: true },
  ]);
});

async function ownedNode(mesh: ProcessMesh, place: Parameters<typeof startOwnNode>[1]) {
  const program = await startOwnNode(mesh, place);
  return {
    program,
    [Symbol.asyncDispose]: async () => {
      program.signal("SIGKILL");
      await program.ended;
    },
  };
}
