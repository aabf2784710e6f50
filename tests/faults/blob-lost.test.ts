/** Row "blob lost after its event" of the fault table (R3). Real processes. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS, testNow } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import type { ProcessMesh } from "#kit/mesh.ts";
import { startProxiedMesh } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

const SUITE = [
  { name: "broken", paths: ["/fail/broken"], labels: ["x"] },
  { name: "hold", paths: ["/gate/hold"], labels: ["y"] },
];
const PARTS = {
  nodes: 2,
  labels: { "node-1": ["x"], "node-2": ["y"] },
  way: "http",
  direct: ["node-2"],
} as const;

/** Waits for the state of the failed test's artifact, once its attempt has ended. */
function untilArtifactIs(mesh: ProcessMesh, state: string): Promise<void> {
  const isSo = async () => {
    const broken = await testNow(mesh, "broken");
    return broken?.verdict === "failed" && broken.attempts[0]?.artifacts[0]?.state === state;
  };
  return waitUntil(isSo, { what: `the artifact is ${state}`, deadlineMs: 60_000 });
}

/** The gateway is killed before the upload is complete: the node still has the bytes and sends them again. */
async function sendAgain(): Promise<void> {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh(PARTS);
  const { mesh, proxy } = parts;
  proxy.hold("up");
  const run = mesh.start({ "a.json": gateSuite(app.url, SUITE) });
  await untilArtifactIs(mesh, "pending");
  await waitUntil(() => app.hits("hold") === 1, { what: "the other test runs" });
  await mesh.kill9Gateway();
  await mesh.startGateway();
  // An end that was not confirmed before the kill is told again.
  await untilArtifactIs(mesh, "pending");
  proxy.release("up");
  await untilArtifactIs(mesh, "stored");
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(1);
  const [artifact] = report?.tests[0]?.attempts[0]?.artifacts ?? [];
  expect(artifact).toMatchObject({ state: "stored", path: expect.stringMatching(/^artifacts\//) });
  expect(existsSync(join(mesh.dir, "report-1", artifact?.path ?? ""))).toBe(true);
  await waitUntil(() => readdirSync(join(mesh.nodeDir("node-1"), "blobs")).length === 0, {
    what: "the node forgets the bytes",
  });
}

/** The node is gone with the bytes: missing, with the reason, and the verdict stays. */
async function beMissing(): Promise<void> {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh(PARTS);
  const { mesh, proxy } = parts;
  proxy.cut();
  const run = mesh.start({ "a.json": gateSuite(app.url, SUITE) });
  await untilArtifactIs(mesh, "pending");
  await mesh.kill9("node-1");
  await untilArtifactIs(mesh, "missing");
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(1);
  expect(report?.tests[0]).toMatchObject({ verdict: "failed" });
  expect(report?.tests[0]?.attempts[0]).toMatchObject({
    status: "failed",
    counted: true,
    artifacts: ["response.txt", "request.txt"].map((name) => ({
      name,
      state: "missing",
      reason: "Node node-1 did not deliver it",
    })),
  });
}

test("blob lost after its event: the node still has the bytes and sends them again; when it is gone with them, the artifact is missing with the reason, and the verdict stays", {
  timeout: FAULT_MS,
}, async () => {
  await sendAgain();
  await beMissing();
});
