/** Databases that another process holds: of the gateway and of a node, in the middle of a run. Real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { askApi } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

const WAIT = { deadlineMs: 60_000 };

async function holdDatabase(path: string, kind: "IMMEDIATE" | "EXCLUSIVE") {
  const script = join(import.meta.dirname, "hold-database.ts");
  const child = spawn(process.execPath, [script, path, kind], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return async () => {
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
  };
}

test("a database that another process holds: waited for without a crash or a lost event, /readyz says why, and it goes on by itself", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const suite = gateSuite(app.url, [
    { name: "one", paths: ["/gate/one"] },
    { name: "two", paths: ["/gate/two"] },
  ]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the first test runs", ...WAIT });

  const freeReplica = await holdDatabase(join(mesh.nodeDir("node-1"), "replica.db"), "EXCLUSIVE");
  app.open("one");
  await waitUntil(() => mesh.said().includes("An event waits until the store takes it"), {
    what: "the node waits with what it has to save",
    ...WAIT,
  });
  await freeReplica();
  await waitUntil(() => app.hits("two") === 1, { what: "the second test runs", ...WAIT });

  const freeStore = await holdDatabase(join(mesh.gatewayDir, "gateway.db"), "IMMEDIATE");
  app.open("two");
  await waitUntil(async () => (await askApi(mesh, "/readyz")).status === 503, {
    what: "/readyz says no",
    ...WAIT,
  });
  expect(await (await askApi(mesh, "/readyz")).text()).toContain("another process holds");
  const body = JSON.stringify({ suites: [{ file: "b.json", text: suite }] });
  expect((await askApi(mesh, "/v1/runs", { method: "POST", body })).status).toBe(503);
  await freeStore();

  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([
      { number: 1, status: "passed", counted: true, late: false },
    ]);
  expect([app.hits("one"), app.hits("two")]).toEqual([1, 1]);
});
