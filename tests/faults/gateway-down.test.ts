/** Faults of the gateway (protocol.md, Fault by fault): killed between commit and send, killed while NATS lives, its disk full. Real processes. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { type GatedApp, startGatedApp } from "#kit/gated-app.ts";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { startNatsProcess } from "#kit/nats-process.ts";
import { askApi, metricNow, nodeNow, reportNow } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

test("gateway killed between commit and send: the lease is offered again after its restart, and runs once (L1, L5)", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({
    nodes: 1,
    limits: { suspectAfterMs: 30_000, goneAfterMs: 60_000 },
  });
  mesh.stopNode("node-1", "SIGSTOP");
  const run = mesh.start({ "a.json": gateSuite(app.url, [{ name: "once", paths: ["/once"] }]) });
  await waitUntil(async () => (await metricNow(mesh, "panoptic_issued_leases_total")) === 1, {
    what: "the lease is committed",
  });
  await mesh.kill9Gateway();
  mesh.stopNode("node-1", "SIGCONT");
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { number: 1, status: "passed", counted: true },
  ]);
  expect(app.hits("once")).toBe(1);
  expect(await metricNow(mesh, "panoptic_issued_leases_total")).toBe(0);
});

test("gateway killed while NATS lives: nodes run on and keep their terms, nothing runs again, all is counted", async () => {
  await using app = await startGatedApp();
  const nats = await startNatsProcess();
  await using _ = { [Symbol.asyncDispose]: nats.kill };
  await using mesh = await startMesh({ nodes: 2, gatewayWords: ["--nats", nats.url] });
  const names = ["one", "two", "three"];
  const tests = names.map((name) => ({ name, paths: [`/gate/${name}`] }));
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  const hits = () => names.reduce((sum, name) => sum + app.hits(name), 0);
  await waitUntil(() => hits() === 2, { what: "two tests run" });
  await mesh.kill9Gateway();
  for (const name of names) app.open(name);
  await waitUntil(() => run.program.stdout().includes("gateway lost"), {
    what: "the follower noticed",
  });
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(hits()).toBe(3);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([
      { status: "passed", counted: true, late: false },
    ]);
  for (const name of ["node-1", "node-2"]) expect((await nodeNow(mesh, name)).epoch).toBe(1);
});

function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    // Not root, or a container that may not mount.
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

/** Leaves no byte free. */
function fillDisk(folder: string): void {
  mkdirSync(join(folder, "fill"), { recursive: true });
  for (let file = 0; statfsSync(folder).bavail > 0; file += 1) {
    try {
      writeFileSync(join(folder, "fill", String(file)), Buffer.alloc(4_096));
    } catch {
      // No space left: what was wanted.
      return;
    }
  }
}

async function submit(mesh: ProcessMesh, app: GatedApp): Promise<Response> {
  const text = gateSuite(app.url, [{ name: "refused", paths: ["/refused"] }]);
  const body = JSON.stringify({ suites: [{ file: "b.json", text }] });
  return await askApi(mesh, "/v1/runs", { method: "POST", body });
}

test("gateway disk full: nothing is confirmed, /readyz is 503, a submit 507 and never run; it goes on by itself when there is room", async ({
  skip,
}) => {
  const folder = mountSmallDisk();
  if (folder === undefined) return skip("only root can mount a small disk");
  await using unmounting = new AsyncDisposableStack();
  unmounting.defer(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  });
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, gatewayDir: join(folder, "gateway") });
  const suite = gateSuite(app.url, [
    { name: "slow", paths: ["/fast", "/gate/slow"] },
    { name: "next", paths: ["/next"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test runs" });
  fillDisk(folder);
  app.open("slow");
  const isReady = async () => (await askApi(mesh, "/readyz")).status;
  await waitUntil(async () => (await isReady()) === 503, { what: "/readyz says no" });
  expect((await submit(mesh, app)).status).toBe(507);
  expect((await askApi(mesh, "/healthz")).status).toBe(200);
  expect((await reportNow(mesh))?.tests[0]?.verdict).toBe("lost");
  expect(app.hits("next")).toBe(0);
  rmSync(join(folder, "fill"), { recursive: true });
  await waitUntil(async () => (await isReady()) === 200, { what: "/readyz says yes" });
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([{ status: "passed", counted: true }]);
  expect(app.hits("slow")).toBe(1);
  expect(app.hits("refused")).toBe(0);
});
