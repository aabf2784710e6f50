/** Databases that are damaged under a mesh: a node makes a new one by name, a gateway refuses by name. Real processes. */
import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { waitUntil } from "#kit/wait-until.ts";

const WAIT = { deadlineMs: 60_000 };
/** The node is back before anybody calls it gone: why its attempt is lost is the database alone. */
const LIMITS = { suspectAfterMs: 120_000, goneAfterMs: 180_000 };

test("a damaged replica is set aside, and the report says why its attempt is lost; a damaged gateway database ends it by name", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, limits: LIMITS });
  const suite = gateSuite(app.url, [{ name: "one", paths: ["/gate/one"] }]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the test runs", ...WAIT });
  await mesh.kill9("node-1");
  const replica = join(mesh.nodeDir("node-1"), "replica.db");
  writeFileSync(replica, Buffer.alloc(65_536, 0x5a));
  for (const end of ["-wal", "-shm"]) rmSync(`${replica}${end}`); // whose pages would heal it
  app.open("one");
  await mesh.startNode("node-1");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout + mesh.said()).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { status: "lost", error: { message: expect.stringContaining("its database was damaged") } },
    { status: "passed", counted: true },
  ]);
  expect(readdirSync(mesh.nodeDir("node-1"))).toContain("replica.db.damaged-1");

  // Deleted while it serves: nothing more is confirmed, and it ends by name.
  const database = join(mesh.gatewayDir, "gateway.db");
  rmSync(database);
  void mesh.run({ "b.json": suite });
  await waitUntil(() => mesh.said().includes("was deleted while it was in use"), {
    what: "the gateway ends by name",
    ...WAIT,
  });
  await mesh.kill9Gateway();
  const start = () => runProgram(["gateway", "--data", mesh.gatewayDir], { callerDir: mesh.dir });
  const missing = await start();
  expect(missing.exitCode, missing.stderr).toBe(2);
  expect(missing.stderr).toMatch(/Cannot use the database .*gateway\.db: it is missing.*restore/);
  writeFileSync(database, Buffer.alloc(65_536, 0x5a));
  truncateSync(`${database}-wal`, 0);
  const garbage = await start();
  expect(garbage.exitCode, garbage.stderr).toBe(2);
  expect(garbage.stderr).toMatch(/Cannot use the database .*gateway\.db/);
});
