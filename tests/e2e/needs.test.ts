/** Tests that need what no node has, or has no more. */
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

test("a need that no node has: exit 2, and says what is missing", async () => {
  await using mesh = await startMesh({ nodes: 1 });
  const suite = gateSuite("http://127.0.0.1:1", [{ name: "far", paths: ["/"], labels: ["lab-9"] }]);
  const { exitCode, stderr, report } = await mesh.run({ "a.json": suite });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("lab-9");
  expect(report).toBeUndefined();
});

test("the only matching node disappears: exit 3 after --wait-for-nodes, never green", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, labels: { "node-1": ["lab-1"] } });
  const suite = gateSuite(app.url, [
    { name: "far", paths: ["/gate/far"], labels: ["lab-1"] },
    { name: "near", paths: ["/fast"] },
  ]);
  const run = mesh.start({ "a.json": suite }, ["--wait-for-nodes", "2s"]);
  await waitUntil(() => app.hits("far") === 1, { what: "the test is in its middle" });
  await mesh.kill9("node-1");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(3);
  expect(report?.run.status).toBe("incomplete");
  const verdicts = Object.fromEntries(
    (report?.tests ?? []).map(({ name, verdict }) => [name, verdict]),
  );
  expect(verdicts).toEqual({ far: "lost", near: "passed" });
  expect(report?.tests.find(({ name }) => name === "far")?.reason).toBeTruthy();
});

test("--wait-for-nodes: a test waits for a node that joins later", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, labels: { "node-2": ["lab-2"] } });
  const suite = gateSuite(app.url, [{ name: "far", paths: ["/fast"], labels: ["lab-2"] }]);
  const run = mesh.start({ "a.json": suite }, ["--wait-for-nodes", "40s"]);
  await waitUntil(async () => (await mesh.ask("runs", "--json")).stdout.includes("running"), {
    what: "the run is created",
  });
  await mesh.startNode("node-2");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts[0]?.node).toBe("node-2");
});
