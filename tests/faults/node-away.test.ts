/** Rows of the fault table about one node that is away: killed, frozen, cut off. Real processes. */
import { expect, test } from "vitest";
import { FAULT_MS, passTime, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { askApi, nodeNow, startProxiedMesh, untilNodeIs } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

/** `node-1` runs what is looked at, `node-2` keeps the run open, `node-3` comes when a test says so. */
const LABELS = { "node-1": ["x", "z"], "node-2": ["y"], "node-3": ["x"] };
const HOLD = { name: "hold", paths: ["/gate/hold"], labels: ["y"] };

test("node killed mid-attempt: it is gone because nobody answers there, its test is offered again, and after its restart the old attempt is lost with the steps that it had saved", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  // Silence alone would take two minutes: only its death can make it gone in time.
  const limits = { goneAfterMs: 120_000, graceMs: 120_000 };
  await using parts = await startProxiedMesh({
    nodes: 2,
    limits,
    labels: LABELS,
    direct: ["node-2", "node-3"],
    way: "nats",
  });
  const { mesh, proxy } = parts;
  const slow = { name: "slow", paths: ["/gate/one", "/gate/two-${attempt.number}"], labels: ["x"] };
  const run = mesh.start({ "a.json": gateSuite(app.url, [slow, HOLD]) });
  await waitUntil(() => app.hits("one") + app.hits("hold") === 2, { what: "both tests run" });
  proxy.hold("up");
  app.open("one");
  await waitUntil(() => app.hits("two-1") === 1, { what: "steps have ended that nobody heard of" });
  await mesh.startNode("node-3");
  await mesh.kill9("node-1");
  await waitUntil(() => app.hits("two-2") === 1, {
    what: "the test runs elsewhere",
    deadlineMs: 30_000,
  });
  expect(await nodeNow(mesh, "node-1")).toMatchObject({ state: "gone", epoch: 1 });
  expect((await testNow(mesh, "slow"))?.attempts[0]).toMatchObject({
    node: "node-1",
    status: "lost",
    counted: false,
    error: { code: "node_died", message: "Node node-1 is gone: nobody answers there" },
  });
  app.open("two-2");
  await waitUntil(async () => (await testNow(mesh, "slow"))?.verdict === "passed", {
    what: "the test has passed",
  });
  proxy.release("up");
  await mesh.startNode("node-1");
  await waitUntil(
    async () => (await testNow(mesh, "slow"))?.attempts[0]?.error?.code === "crashed",
    { what: "the node tells how its attempt ended" },
  );
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  const told = report?.tests.find((one) => one.name === "slow");
  expect(told).toMatchObject({
    verdict: "passed",
    attempts: [
      { number: 1, node: "node-1", status: "lost", counted: false, error: { code: "crashed" } },
      { number: 2, node: "node-3", status: "passed", counted: true },
    ],
  });
  const steps = told?.attempts[0]?.steps.map(({ status }) => status);
  expect(steps).toEqual(["passed", "passed", "lost", "skipped"]);
  expect((await nodeNow(mesh, "node-1")).epoch).toBe(2);
});

test("node frozen 10 s: nothing runs elsewhere before it is gone by 8 s of silence; thawed it says hello, has a new epoch, its late outcome is kept and changes no verdict (C1)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, labels: LABELS });
  const slow = { name: "slow", paths: ["/gate/slow-${attempt.number}"], labels: ["x"] };
  const run = mesh.start({ "a.json": gateSuite(app.url, [slow, HOLD]) });
  await waitUntil(() => app.hits("slow-1") + app.hits("hold") === 2, { what: "both tests run" });
  await mesh.startNode("node-3");
  mesh.stopNode("node-1", "SIGSTOP");
  const thawing = passTime(10_000);
  expect(await silenceUntilGone(mesh, () => app.hits("slow-2"))).toBeGreaterThan(6_000);
  await waitUntil(() => app.hits("slow-2") === 1, { what: "the test runs elsewhere" });
  expect((await testNow(mesh, "slow"))?.attempts[0]?.error).toEqual({
    code: "node_silent",
    message: "Node node-1 is gone: silent for too long",
  });
  app.open("slow-2");
  await waitUntil(async () => (await testNow(mesh, "slow"))?.verdict === "passed", {
    what: "the test has passed",
  });
  await thawing;
  mesh.stopNode("node-1", "SIGCONT");
  await untilNodeIs(mesh, "node-1", "alive");
  expect((await nodeNow(mesh, "node-1")).epoch).toBe(2);
  app.refuse("slow-1");
  await waitUntil(async () => (await testNow(mesh, "slow"))?.attempts[0]?.late === true, {
    what: "the late outcome is told",
  });
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests.find((one) => one.name === "slow")).toMatchObject({
    verdict: "passed",
    attempts: [
      { number: 1, node: "node-1", status: "failed", late: true, counted: false },
      { number: 2, node: "node-3", status: "passed", late: false, counted: true },
    ],
  });
});

/** @returns The longest silence of `node-1` that its gateway showed before it called it gone, milliseconds. */
async function silenceUntilGone(mesh: ProcessMesh, startedElsewhere: () => number) {
  let longestMs = 0;
  const isGone = async () => {
    const elsewhere = startedElsewhere();
    const { state, lastHeardMs } = await nodeNow(mesh, "node-1");
    longestMs = Math.max(longestMs, lastHeardMs ?? 0);
    if (state !== "gone") expect(elsewhere).toBe(0);
    return state === "gone";
  };
  await waitUntil(isGone, { what: "node-1 is gone", deadlineMs: 60_000 });
  return longestMs;
}

test("node cut off, gateway well: it is gone, its attempts end into the outbox and are delivered on its return: one counts, as nothing was offered in its place, the other is late (C1)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const limits = {
    heartbeatMs: 300,
    suspectAfterMs: 1_500,
    goneAfterMs: 5_000,
    graceMs: 5_000,
    // The outage is longer than this: what had started must not care.
    unstartedLeaseMs: 2_000,
  };
  await using parts = await startProxiedMesh({
    nodes: 2,
    slots: 2,
    limits,
    labels: LABELS,
    direct: ["node-2", "node-3"],
    way: "nats",
  });
  const { mesh, proxy } = parts;
  const own = { name: "own", paths: ["/gate/own", "/fast"], labels: ["z"] };
  const shared = { name: "shared", paths: ["/gate/shared-${attempt.number}"], labels: ["x"] };
  const run = mesh.start({ "a.json": gateSuite(app.url, [own, shared, HOLD]) });
  const hits = () => app.hits("own") + app.hits("shared-1") + app.hits("hold");
  await waitUntil(() => hits() === 3, { what: "all tests run" });
  proxy.cut();
  await untilNodeIs(mesh, "node-1", "gone");
  await mesh.startNode("node-3");
  await waitUntil(() => app.hits("shared-2") === 1, { what: "what another can run runs again" });
  app.open("own");
  app.refuse("shared-1");
  await waitUntil(
    async () => {
      const kept = await undeliveredBy(mesh, "node-1");
      return kept.get("gated › own") === "passed" && kept.get("gated › shared") === "failed";
    },
    { what: "both outcomes are in the outbox", deadlineMs: 30_000 },
  );
  expect((await testNow(mesh, "own"))?.attempts[0]).toMatchObject({ status: "lost" });
  expect(await nodeNow(mesh, "node-2")).toMatchObject({ state: "alive", epoch: 1 });
  expect((await askApi(mesh, "/readyz")).status).toBe(200);
  proxy.restore();
  await waitUntil(async () => (await testNow(mesh, "shared"))?.attempts[0]?.late === true, {
    what: "what is late is delivered",
    deadlineMs: 30_000,
  });
  app.open("shared-2");
  app.open("hold");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  const attempts = new Map(report?.tests.map((one) => [one.name, one.attempts]));
  expect(attempts.get("own")).toMatchObject([
    { number: 1, node: "node-1", status: "passed", counted: true, late: false },
  ]);
  expect(attempts.get("shared")).toMatchObject([
    { number: 1, node: "node-1", status: "failed", counted: false, late: true },
    { number: 2, node: "node-3", status: "passed", counted: true, late: false },
  ]);
  expect(app.hits("own")).toBe(1);
  await untilNodeIs(mesh, "node-1", "alive");
  expect((await nodeNow(mesh, "node-1")).epoch).toBe(2);
});
