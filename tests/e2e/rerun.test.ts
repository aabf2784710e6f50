/** `panoptic rerun`: what failed runs again by what the gateway has kept, and by the secrets that are brought again. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGatedApp } from "#kit/gated-app.ts";
import { readReport, startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";

const get = (path: string) => [{ request: { get: path } }, { expect: { status: 200 } }];

/** Tests of which one fails until its gate is opened, and one waits for that one. */
function suiteOf(url: string): string {
  return JSON.stringify({
    name: "again",
    secrets: ["RERUN_KEY"],
    defaults: { platform: "http", baseUrl: url },
    tests: [
      { name: "good", steps: get("/fast") },
      { name: "bad", steps: get("/gate/bad") },
      { name: "next", after: "good", steps: get("/gate/bad") },
    ],
  });
}

test("rerun --failed runs the failed tests again as a run of their own; a secret that is not there is refused by name; nothing to rerun is exit 2", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, env: { RERUN_KEY: "k3y-of-the-run" } });
  app.refuse("bad");
  writeFileSync(join(mesh.dir, "suite.json"), suiteOf(app.url));
  expect((await mesh.ask("run", "suite.json", "--out", "first")).exitCode).toBe(1);
  const first = readReport(join(mesh.dir, "first"));
  const id = first?.run.id ?? "";
  const asked = ["rerun", id, "--failed", "--data", mesh.gatewayDir, "--out", "second"];
  const bare = await runProgram(asked, { callerDir: mesh.dir, env: { RERUN_KEY: "" } });
  expect([bare.exitCode, bare.stderr]).toEqual([2, expect.stringContaining("RERUN_KEY")]);
  app.open("bad");
  const again = await mesh.ask(
    "rerun",
    id,
    "--failed",
    "--out",
    "second",
    "--json",
    "--retries",
    "2",
  );
  expect(again.exitCode, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ run: { rerunOf: id }, totals: { planned: 2 } });
  const second = readReport(join(mesh.dir, "second"));
  expect(second?.run.rerunOf).toBe(id);
  expect(second?.tests.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["bad", "passed"],
    ["next", "passed"],
  ]);
  expect(app.hits("fast")).toBe(1); // What passed is not run again.

  // On each node, and each of those twice.
  const each = { name: "on each", each: "node", steps: get("/fast") };
  const fanned = JSON.stringify({
    name: "fan",
    defaults: { platform: "http", baseUrl: app.url },
    tests: [each],
  });
  const fan = await mesh.run({ "fan.json": fanned }, ["--repeat-each", "2"]);
  expect(fan.exitCode, fan.stderr).toBe(0);
  expect(fan.report?.tests.map(({ key, attempts }) => [key, attempts[0]?.node])).toEqual(
    ["node-1", "node-2"].flatMap((node) =>
      [1, 2].map((repeat) => [`fan › on each [node=${node}, repeat=${repeat}]`, node]),
    ),
  );

  const rerun = second?.run.id ?? "";
  const nothing = await mesh.ask("rerun", rerun, "--failed", "--out", "third");
  expect([nothing.exitCode, nothing.stderr]).toEqual([
    2,
    expect.stringContaining("Nothing to run"),
  ]);
  const empty = await mesh.ask("rerun", rerun, "--failed", "--allow-empty", "--out", "third");
  expect(empty.exitCode, empty.stderr).toBe(0);
  const all = await mesh.ask("rerun", id, "--out", "all");
  expect(all.exitCode, all.stderr).toBe(0);
  expect(readReport(join(mesh.dir, "all"))?.totals).toMatchObject({ planned: 3, passed: 3 });
  expect((await mesh.ask("rerun", "run-nix", "--out", "third")).exitCode).toBe(2);
});
