/** Faults between a node and its mesh (protocol.md, Fault by fault): frozen, cut off, answers and confirmations lost. Real processes. */
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { metricNow, nodeNow, reportNow, startProxiedMesh, untilNodeIs } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

const LIMITS = { heartbeatMs: 300, suspectAfterMs: 1_500, goneAfterMs: 5_000, graceMs: 5_000 };

/** Read by the CLI from the node's own file. */
async function undelivered(mesh: ProcessMesh, name: string): Promise<readonly string[]> {
  const words = ["replica", "--data", mesh.nodeDir(name), "--json"];
  const { stdout } = await runProgram(words, { callerDir: mesh.dir });
  const view = JSON.parse(stdout) as { readonly undelivered: { readonly status: string }[] };
  return view.undelivered.map(({ status }) => status);
}

test("node frozen until it is gone: thawed it has a new epoch, its late outcome is kept and changes no verdict (C1)", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({
    nodes: 3,
    limits: LIMITS,
    labels: { "node-1": ["x"], "node-2": ["x"], "node-3": ["y"] },
  });
  const run = mesh.start({
    "a.json": gateSuite(app.url, [
      { name: "slow", paths: ["/gate/slow"], labels: ["x"] },
      { name: "hold", paths: ["/gate/hold"], labels: ["y"] },
    ]),
  });
  await waitUntil(() => app.hits("slow") + app.hits("hold") === 2, { what: "both tests run" });
  const victim = (await nodeNow(mesh, "node-1")).busy === 1 ? "node-1" : "node-2";
  mesh.stopNode(victim, "SIGSTOP");
  await waitUntil(() => app.hits("slow") === 2, {
    what: "the test runs elsewhere",
    deadlineMs: 30_000,
  });
  expect(await nodeNow(mesh, victim)).toMatchObject({ state: "gone", epoch: 1 });
  mesh.stopNode(victim, "SIGCONT");
  await untilNodeIs(mesh, victim, "alive");
  expect((await nodeNow(mesh, victim)).epoch).toBe(2);
  app.open("slow");
  const slow = async () => (await reportNow(mesh))?.tests.find((one) => one.name === "slow");
  await waitUntil(async () => (await slow())?.attempts[0]?.late === true, {
    what: "the late outcome is told",
  });
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  const told = report?.tests.find((one) => one.name === "slow");
  expect(told).toMatchObject({
    verdict: "passed",
    attempts: [
      { node: victim, status: "passed", late: true, counted: false },
      { status: "passed", late: false, counted: true },
    ],
  });
});

test("node cut off while the gateway is well: gone; its attempt ends into the outbox, is delivered on return and counts, since nothing was offered in its place (C1)", async () => {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh({ nodes: 1, limits: LIMITS, way: "nats" });
  const { mesh, proxy } = parts;
  const suite = gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow", "/fast"] }]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("slow") === 1, { what: "the test runs" });
  proxy.cut();
  await untilNodeIs(mesh, "node-1", "gone");
  app.open("slow");
  await waitUntil(async () => (await undelivered(mesh, "node-1"))[0] === "passed", {
    what: "the outcome is in the outbox",
  });
  expect((await reportNow(mesh))?.run.status).toBe("incomplete");
  proxy.restore();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { status: "passed", counted: true, late: false },
  ]);
  expect(app.hits("slow")).toBe(1);
  await untilNodeIs(mesh, "node-1", "alive");
  expect((await nodeNow(mesh, "node-1")).epoch).toBe(2);
});

test("node killed while it is cut off: after its restart the old attempt is lost: crashed, with the steps that it had saved (L6)", async () => {
  await using app = await startGatedApp();
  await using parts = await startProxiedMesh({ nodes: 1, limits: LIMITS, way: "nats" });
  const { mesh, proxy } = parts;
  const suite = gateSuite(app.url, [{ name: "slow", paths: ["/gate/one", "/gate/two"] }]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => app.hits("one") === 1, { what: "the test runs" });
  proxy.cut();
  app.open("one");
  await waitUntil(() => app.hits("two") === 1, { what: "steps have ended that nobody heard of" });
  await mesh.kill9("node-1");
  proxy.restore();
  app.open("two");
  await mesh.startNode("node-1");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { status: "lost", counted: false, error: { code: "crashed" } },
    { status: "passed", counted: true },
  ]);
  const steps = report?.tests[0]?.attempts[0]?.steps.map(({ status }) => status);
  expect(steps).toEqual(["passed", "passed", "lost", "skipped"]);
});

test("offer accepted, reply lost: the same lease is offered to the same node again, gets the same answer and runs once (L1, L2)", async () => {
  await using app = await startGatedApp();
  const limits = {
    offerReplyMs: 500,
    heartbeatMs: 500,
    suspectAfterMs: 20_000,
    goneAfterMs: 30_000,
  };
  await using parts = await startProxiedMesh({ nodes: 1, limits, way: "nats" });
  const { mesh, proxy } = parts;
  proxy.hold("up");
  const run = mesh.start({ "a.json": gateSuite(app.url, [{ name: "once", paths: ["/once"] }]) });
  await waitUntil(() => proxy.count("down", ".offer ") >= 3, { what: "the offer is repeated" });
  await waitUntil(() => app.hits("once") === 1, { what: "the test ran, and nobody heard of it" });
  proxy.release("up");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { number: 1, status: "passed", counted: true },
  ]);
  expect(app.hits("once")).toBe(1);
  expect(await metricNow(mesh, "panoptic_issued_leases_total")).toBe(1);
});

test("confirm lost: events are sent again and taken once (E2, E3)", async () => {
  await using app = await startGatedApp();
  const limits = { resendMs: 300, suspectAfterMs: 20_000, goneAfterMs: 30_000 };
  await using parts = await startProxiedMesh({ nodes: 1, limits, way: "nats" });
  const { mesh, proxy } = parts;
  const tests = [
    { name: "first", paths: ["/gate/first", "/fast"] },
    { name: "second", paths: ["/fast"] },
  ];
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  await waitUntil(() => app.hits("first") === 1, { what: "the test runs" });
  proxy.hold("down");
  const before = proxy.count("up", "PUB panoptic.v1.events.");
  app.open("first");
  await waitUntil(() => proxy.count("up", "PUB panoptic.v1.events.") >= before + 3, {
    what: "unconfirmed events are sent again",
  });
  const first = async () => (await reportNow(mesh))?.tests[0];
  await waitUntil(async () => (await first())?.verdict === "passed", { what: "they were taken" });
  proxy.release("down");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const told of report?.tests ?? [])
    expect(told.attempts).toMatchObject([{ status: "passed", counted: true }]);
  expect(await metricNow(mesh, "panoptic_rejected_events_total")).toBe(0);
  await waitUntil(async () => (await undelivered(mesh, "node-1")).length === 0, {
    what: "the outbox is empty",
  });
});
