/** Fault "blob lost after its event" (protocol.md, R3): the node still has the bytes, and without the node the reason is told. Real processes. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import type { ProcessMesh } from "#kit/mesh.ts";
import { reportNow, startProxiedMesh } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

/** The artifact of the failed test, once its attempt has ended. */
const artifactNow = async (mesh: ProcessMesh) => {
  const broken = (await reportNow(mesh))?.tests.find((one) => one.name === "broken");
  return broken?.verdict === "failed" ? broken.attempts[0]?.artifacts[0] : undefined;
};

const SUITE = [
  { name: "broken", paths: ["/fail/broken"], labels: ["x"] },
  { name: "hold", paths: ["/gate/hold"], labels: ["y"] },
];
const LABELS = { "node-1": ["x"], "node-2": ["y"] };

test("gateway killed before an upload is complete: the node still has the bytes and sends them again", async () => {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh({
    nodes: 2,
    labels: LABELS,
    way: "http",
    direct: ["node-2"],
  });
  const { mesh, proxy } = parts;
  proxy.hold("up");
  const run = mesh.start({ "a.json": gateSuite(app.url, SUITE) });
  await waitUntil(async () => (await artifactNow(mesh))?.state === "pending", {
    what: "its event is there, its bytes are not",
  });
  await waitUntil(() => app.hits("hold") === 1, { what: "the other test runs" });
  await mesh.kill9Gateway();
  await mesh.startGateway();
  // An end that was not confirmed before the kill is told again.
  await waitUntil(async () => (await artifactNow(mesh))?.state === "pending", {
    what: "its event is there again, its bytes are not",
  });
  proxy.release("up");
  await waitUntil(async () => (await artifactNow(mesh))?.state === "stored", {
    what: "the bytes have come",
    deadlineMs: 30_000,
  });
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(1);
  const [artifact] = report?.tests[0]?.attempts[0]?.artifacts ?? [];
  expect(artifact).toMatchObject({ state: "stored", path: expect.stringMatching(/^artifacts\//) });
  expect(existsSync(join(mesh.dir, "report-1", artifact?.path ?? ""))).toBe(true);
  await waitUntil(() => readdirSync(join(mesh.nodeDir("node-1"), "blobs")).length === 0, {
    what: "the node forgets the bytes",
  });
});

test("node gone with the bytes of an artifact: missing with the reason, and the verdict stays", async () => {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh({
    nodes: 2,
    labels: LABELS,
    way: "http",
    direct: ["node-2"],
  });
  const { mesh, proxy } = parts;
  proxy.cut();
  const run = mesh.start({ "a.json": gateSuite(app.url, SUITE) });
  await waitUntil(async () => (await artifactNow(mesh))?.state === "pending", {
    what: "its event is there, its bytes are not",
  });
  await mesh.kill9("node-1");
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(1);
  expect(report?.tests[0]).toMatchObject({ verdict: "failed" });
  expect(report?.tests[0]?.attempts[0]?.artifacts[0]).toMatchObject({
    state: "missing",
    reason: "Node node-1 did not deliver it",
  });
});
