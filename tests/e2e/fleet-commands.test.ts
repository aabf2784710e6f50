/** What people tell of nodes and ask of tests, by the commands: a real gateway, a real node, an application that holds tests back. */
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

const MS_MAX = 120_000;

test("why, cordon, drain with a deadline, resume and quota, as a person uses them", {
  timeout: MS_MAX,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1 });
  const said = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await mesh.ask(...words);
    return exitCode === 0 ? stdout.trim() : `${exitCode} ${stderr.trim()}`;
  };
  const tests = [
    { name: "first", paths: ["/gate/first-${attempt.number}"] },
    { name: "second", paths: ["/fast/second"] },
  ];
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  await waitUntil(() => app.hits("first-1") === 1, { what: "the first test runs" });
  const id = /run-[0-9a-f-]+/.exec(await said("runs"))?.[0] ?? "";
  expect(await said("why", id, "first")).toMatch(
    /: running\n {2}Attempt 1 runs on node-1 for \d+ s/,
  );
  expect(await said("cordon", "node-1", "--reason", "new kernel")).toBe(
    "node-1 is cordoned: new kernel",
  );
  expect(await said("why", id, "second")).toContain("(node_cordoned)");
  expect(await said("nodes")).toMatch(/node-1 +alive, cordoned .*is cordoned: new kernel/);
  expect(await said("uncordon", "node-1")).toBe("node-1 takes tests again");
  expect(await said("cordon", "node-1")).toMatch(/^2 .*--reason/);
  expect(await said("quota", "default", "1")).toMatch(/default +1 +1/);
  expect(await said("why", id, "second")).toContain("The project default may use 1 slots");
  expect(await said("quota", "default", "none")).toBe("default has no quota: it may use all slots");
  expect(await said("quota", "default", "many")).toMatch(/^2 .*a whole number/);
  await mesh.startNode("node-2");
  expect(await said("drain", "node-1", "--reason", "moved", "--deadline", "0")).toContain(
    "is ended at",
  );
  await waitUntil(() => app.hits("first-2") === 1, {
    what: "the test runs elsewhere",
    deadlineMs: 30_000,
  });
  app.open("first-2");
  const { exitCode, report } = await run.ended;
  expect(exitCode).toBe(0);
  expect(report?.tests.find(({ name }) => name === "first")).toMatchObject({
    verdict: "passed",
    attempts: [
      {
        node: "node-1",
        status: "lost",
        counted: false,
        error: { message: "Node node-1 was drained (moved): its deadline is over" },
      },
      { node: "node-2", status: "passed" },
    ],
  });
  expect(await said("why", id, "first")).toContain("It has passed");
  expect(await said("why", id, "nothing like it")).toMatch(/^2 .*Cannot find a test/);
});
