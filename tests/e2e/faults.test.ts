/** Parts of a mesh die in the middle of a run: what the report says then, on real processes. */
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { startMesh } from "#kit/mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { systemClock } from "#shared/clock.ts";

const statuses = (attempts: readonly { readonly status: string }[] | undefined) =>
  attempts?.map(({ status }) => status);

test("kill -9 of a node: its test starts again elsewhere within 5 s, the lost attempt is shown, exit 0", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, slots: 1 });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/fast", "/gate/slow"] }]),
  });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test is in its middle" });
  const victim = await busyNode(mesh);
  const killedMs = systemClock.monotonicMs();
  await mesh.kill9(victim);
  await waitUntil(() => app.hits("slow") === 2, {
    what: "the test started again",
    deadlineMs: 5_000,
  });
  expect(systemClock.monotonicMs() - killedMs).toBeLessThan(5_000);
  app.open("slow");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  const [slow] = report?.tests ?? [];
  expect(slow?.verdict).toBe("passed");
  expect(statuses(slow?.attempts)).toEqual(["lost", "passed"]);
  expect(slow?.attempts[0]).toMatchObject({ node: victim, counted: false });
  expect(slow?.attempts[1]?.node).not.toBe(victim);
});

test("kill -9 of the gateway and a restart: nothing runs again, the follower goes on, exit 0", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, slots: 1 });
  const tests = ["one", "two", "three", "four"].map((name) => ({ name, paths: [`/gate/${name}`] }));
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  await waitUntil(
    () => app.hits("one") + app.hits("two") + app.hits("three") + app.hits("four") === 2,
    { what: "two tests run" },
  );
  await mesh.kill9Gateway();
  for (const { name } of tests) app.open(name);
  await waitUntil(() => run.program.stdout().includes("gateway lost"), {
    what: "the follower noticed",
  });
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const one of report?.tests ?? [])
    expect(statuses(one.attempts), one.key).toEqual(["passed"]);
  for (const { name } of tests) expect(app.hits(name), name).toBe(1);
});

test("nats-server frozen for longer than a node may be silent: nobody is declared gone, exit 0", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({
    nodes: 2,
    slots: 1,
    limits: { goneAfterMs: 4_000, graceMs: 4_000 },
  });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow", "/fast"] }]),
  });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test is in its middle" });
  mesh.signalNats("SIGSTOP");
  app.open("slow");
  const frozenMs = systemClock.monotonicMs();
  await waitUntil(() => systemClock.monotonicMs() - frozenMs > 6_000, { what: "6 s have passed" });
  mesh.signalNats("SIGCONT");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(statuses(report?.tests[0]?.attempts)).toEqual(["passed"]);
});

test("nats-server killed: it is started again, nothing is lost, exit 0", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, slots: 1 });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [
      { name: "slow", paths: ["/gate/slow"] },
      { name: "next", paths: ["/fast"] },
    ]),
  });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test is in its middle" });
  mesh.signalNats("SIGKILL");
  app.open("slow");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const one of report?.tests ?? [])
    expect(statuses(one.attempts), one.key).toEqual(["passed"]);
});

test("a node cut off with a finished attempt keeps it: the replica shows it, and it is delivered and counted once", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, slots: 1 });
  const run = mesh.start(
    { "a.json": gateSuite(app.url, [{ name: "kept", paths: ["/fast", "/gate/kept"] }]) },
    ["--wait-for-nodes", "60s"],
  );
  await waitUntil(() => app.hits("kept") === 1, { what: "the test is in its middle" });
  await mesh.kill9Gateway();
  app.open("kept");
  await waitUntil(
    async () => (await keptAttempts(mesh)).some(({ status }) => status === "passed"),
    { what: "the node keeps the outcome" },
  );
  await mesh.kill9("node-1");
  expect(await keptAttempts(mesh)).toMatchObject([{ testKey: "gated › kept", status: "passed" }]);
  await mesh.startGateway();
  await mesh.startNode("node-1");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(statuses(report?.tests[0]?.attempts)).toEqual(["passed"]);
  expect(app.hits("kept")).toBe(1);
  expect(await keptAttempts(mesh)).toEqual([]);
});

type Mesh = Awaited<ReturnType<typeof startMesh>>;

async function busyNode(mesh: Mesh): Promise<string> {
  const { stdout } = await mesh.ask("nodes", "--json");
  const nodes = JSON.parse(stdout) as { readonly name: string; readonly busy: number }[];
  const busy = nodes.find((node) => node.busy > 0);
  if (busy === undefined) throw new Error(`No node is busy: ${stdout}`);
  return busy.name;
}

/** Read by the CLI from the node's own file, without gateway and NATS. */
async function keptAttempts(
  mesh: Mesh,
): Promise<{ readonly testKey: string; readonly status: string }[]> {
  const { runProgram } = await import("#kit/program.ts");
  const words = ["replica", "--data", mesh.nodeDir("node-1"), "--json"];
  const { stdout } = await runProgram(words, { callerDir: mesh.dir });
  return (JSON.parse(stdout) as { undelivered: { testKey: string; status: string }[] }).undelivered;
}
