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

type Said = { readonly name: string } & Readonly<Record<string, unknown>>;

/** A suite of http tests that say what they need. */
function suiteOf(url: string, tests: readonly Said[], platform = "http"): string {
  const steps = platform === "http" ? [{ request: { get: "/fast" } }] : [{ goto: "/fast" }];
  return JSON.stringify({
    name: "needs",
    defaults: { platform, baseUrl: url },
    tests: tests.map((said) => ({ ...said, steps })),
  });
}

test("labels, exclusions, pools and expressions choose among real nodes, and refuse by name", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({
    nodes: 3,
    labels: { "node-1": ["fast"], "node-2": ["slow"] },
    pools: { "node-3": "lab-2" },
  });
  const listed = await mesh.ask("nodes");
  expect(listed.stdout).toMatch(/^NODE .*POOL/);
  expect(listed.stdout).toMatch(/^node-1 .* default .*fast/m);
  expect(listed.stdout).toMatch(/^node-3 .* lab-2 /m);

  const placed: readonly (readonly [where: readonly string[], said: Said])[] = [
    [["node-1"], { name: "not slow", needs: { not: { labels: ["slow"] } } }],
    [["node-2"], { name: "slow", needs: { labels: ["slow"], os: "linux", memory: ">= 1 MB" } }],
    [["node-2"], { name: "by name", needs: { node: "node-2", cpus: ">= 1" } }],
    [["node-3"], { name: "pool", needs: { pool: "lab-2" } }],
    [["node-1", "node-2"], { name: "plain", data: [{ i: 1 }, { i: 2 }, { i: 3 }, { i: 4 }] }],
    [["node-1", "node-2"], { name: "each", each: "node" }],
    // The first of a group goes where the last of it can run.
    [["node-2"], { name: "group 1", group: "g" }],
    [["node-2"], { name: "group 2", group: "g", needs: { labels: ["slow"] } }],
  ];
  const suite = suiteOf(
    app.url,
    placed.map(([, said]) => said),
  );
  const { exitCode, report, stderr } = await mesh.run({ "a.json": suite });
  expect(exitCode, stderr).toBe(0);
  const ran = (name: string) =>
    (report?.tests ?? [])
      .filter((one) => one.name === name)
      .flatMap(({ attempts }) => attempts.map(({ node }) => node));
  for (const [where, { name }] of placed) {
    expect(ran(name).length, name).toBeGreaterThan(0);
    expect(where, name).toEqual(expect.arrayContaining(ran(name)));
  }
  expect(ran("each").toSorted()).toEqual(["node-1", "node-2"]);

  const web: readonly Said[] = [
    { name: "newer", needs: { browser: "chromium >= 9999" } },
    { name: "elsewhere", needs: { not: { os: "linux" } } },
    { name: "nowhere", needs: { pool: "lab-9" } },
  ];
  const refused = await mesh.run({ "a.json": suiteOf(app.url, web, "web") });
  expect(refused.exitCode).toBe(2);
  expect(refused.report).toBeUndefined();
  expect(refused.stderr).toMatch(
    /the nearest, node-[12], lacks browser chromium >= 9999 \(it has chromium \d+\.[\d.]+\) \(test needs › newer\)/,
  );
  expect(refused.stderr).toMatch(/the nearest, node-[12], is excluded by not os linux/);
  expect(refused.stderr).toMatch(/lacks pool lab-9 \(it is in (default|lab-2)\)/);

  const after = suiteOf(app.url, [
    { name: "before" },
    { name: "then", after: "before", tags: ["only"] },
  ]);
  const chosen = await mesh.run({ "a.json": after }, ["--tag", "only", "--pool", "lab-2"]);
  expect(chosen.exitCode, chosen.stderr).toBe(0);
  expect(chosen.stderr).toContain('needs › then does not wait for "before"');
  expect(chosen.report?.tests.map(({ name, attempts }) => [name, attempts[0]?.node])).toEqual([
    ["then", "node-3"],
  ]);
});
