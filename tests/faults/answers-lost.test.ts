/** Rows of the fault table about answers that are lost on their way, and about a start that meets a recall or a drain. Real processes. */
import { expect, test } from "vitest";
import { FAULT_MS, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { askApi, metricNow, nodeNow, startProxiedMesh } from "#kit/proxied-mesh.ts";
import { waitUntil } from "#kit/wait-until.ts";

/** The link holds back, nobody is gone. */
const PATIENT = { suspectAfterMs: 60_000, goneAfterMs: 120_000, graceMs: 120_000 };

test("offer accepted, reply lost: the same lease is offered to the same node again, gets the same answer and runs once (L1, L2)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const limits = { ...PATIENT, offerReplyMs: 500, heartbeatMs: 500 };
  await using parts = await startProxiedMesh({
    nodes: 2,
    limits,
    way: "nats",
    direct: ["node-2"],
    labels: { "node-1": ["x"] },
  });
  const { mesh, proxy } = parts;
  proxy.hold("up");
  const suite = gateSuite(app.url, [{ name: "once", paths: ["/once"], labels: ["x"] }]);
  const run = mesh.start({ "a.json": suite });
  await waitUntil(() => proxy.count("down", ".offer ") >= 4, { what: "the offer is repeated" });
  await waitUntil(() => proxy.count("up", '"kind":"accepted"') >= 4, {
    what: "each time it is accepted",
  });
  await waitUntil(() => app.hits("once") === 1, { what: "the test ran, and nobody heard of it" });
  expect(proxy.count("up", '"already_over"')).toBe(0);
  proxy.release("up");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { number: 1, node: "node-1", status: "passed", counted: true },
  ]);
  expect(app.hits("once")).toBe(1);
  expect(await metricNow(mesh, "panoptic_issued_leases_total")).toBe(1);
  expect(await metricNow(mesh, "panoptic_settled_leases_total")).toBe(0);
});

test("confirm lost: events are sent again, answered again and taken once (E2, E3)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const limits = { ...PATIENT, resendMs: 300 };
  await using parts = await startProxiedMesh({ nodes: 1, limits, way: "nats" });
  const { mesh, proxy } = parts;
  const tests = [
    { name: "first", paths: ["/gate/first", "/fast"] },
    { name: "second", paths: ["/fast"] },
  ];
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  await waitUntil(() => app.hits("first") === 1, { what: "the test runs" });
  proxy.hold("down");
  const sent = proxy.count("up", "PUB panoptic.v1.events.");
  const answered = proxy.count("down", '"kind":"confirmed"');
  app.open("first");
  await waitUntil(() => proxy.count("up", "PUB panoptic.v1.events.") >= sent + 3, {
    what: "unconfirmed events are sent again",
  });
  await waitUntil(() => proxy.count("down", '"kind":"confirmed"') >= answered + 3, {
    what: "each time they are confirmed again",
  });
  await waitUntil(async () => (await testNow(mesh, "first"))?.verdict === "passed", {
    what: "they were taken",
  });
  expect((await undeliveredBy(mesh, "node-1")).get("gated › first")).toBe("passed");
  proxy.release("down");
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  for (const told of report?.tests ?? []) {
    expect(told.attempts).toMatchObject([{ status: "passed", counted: true }]);
    expect(new Set(told.attempts[0]?.steps.map(({ status }) => status))).toEqual(
      new Set(["passed"]),
    );
  }
  expect(await metricNow(mesh, "panoptic_rejected_events_total")).toBe(0);
  await waitUntil(async () => (await undeliveredBy(mesh, "node-1")).size === 0, {
    what: "the outbox is empty",
  });
});

const RACED_TESTS = 400;
const WON_TIMES_MIN = 20;

test("recall or drain racing a start: exactly one wins, many times: each test runs once, and what was given back has no attempt (L3)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const limits = { ...PATIENT, prefetchMs: 2_000 };
  await using parts = await startProxiedMesh({ nodes: 2, slots: 2, limits, way: "nats" });
  const { mesh, proxy } = parts;
  const names = Array.from({ length: RACED_TESTS }, (_, index) => `raced-${index}`);
  const tests = names.map((name) => ({ name, paths: [`/${name}`] }));
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) }, ["--quiet"]);
  const nodes = await Promise.all(["node-1", "node-2"].map((name) => nodeNow(mesh, name)));
  const setDrained = (id: string, word: "drain" | "resume") =>
    askApi(mesh, `/v1/nodes/${id}/${word}`, { method: "POST" });
  let isOver = false;
  const ending = run.ended.finally(() => {
    isOver = true;
  });
  // One is drained while the other is resumed, which then is idle: what the first holds is recalled for it.
  for (let turn = 0; !isOver; turn += 1) {
    const [first, second] = turn % 2 === 0 ? nodes : [...nodes].reverse();
    await setDrained(first?.id ?? "", "drain");
    await setDrained(second?.id ?? "", "resume");
    await setDrained(first?.id ?? "", "resume");
  }
  const { exitCode, report, stdout } = await ending;
  expect(exitCode, stdout).toBe(0);
  const givenBack = proxy.count("up", '"outcome":"given_back"');
  const tooLate = proxy.count("up", '"outcome":"running"') + proxy.count("up", '"outcome":"ended"');
  expect(givenBack).toBeGreaterThan(WON_TIMES_MIN);
  expect(tooLate).toBeGreaterThan(WON_TIMES_MIN);
  expect(report?.tests).toHaveLength(RACED_TESTS);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([{ number: 1, status: "passed", counted: true }]);
  expect(names.filter((name) => app.hits(name) !== 1)).toEqual([]);
  const issued = await metricNow(mesh, "panoptic_issued_leases_total");
  const settled = await metricNow(mesh, "panoptic_settled_leases_total");
  expect(issued - settled).toBe(RACED_TESTS);
});
