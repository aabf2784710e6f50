/** Rows of the fault table about NATS and the gateway that are away while nodes are well. Real processes and an outside nats-server. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_MS, passTime, testNow, undeliveredBy } from "#kit/fault-views.ts";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { isAlive, type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { type NatsProcess, startNatsProcess } from "#kit/nats-process.ts";
import { askApi, metricNow, nodeNow, reportNow } from "#kit/proxied-mesh.ts";
import { startTcpProxy, type TcpProxy } from "#kit/tcp-proxy.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { RunPage } from "#proto/api.ts";
import { Heartbeat, Hello } from "#proto/hello.ts";
import { anyHeartbeatSubject, gatewayUpSubject } from "#proto/subjects.ts";
import { decodeMessage } from "#shared/bus.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { silentLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";

const startProxyOf = ({ url }: NatsProcess): Promise<TcpProxy> => {
  const { hostname: host, port } = new URL(url);
  return startTcpProxy(() => ({ host, port: Number(port) }));
};

/** What is said on the mesh's NATS: by the names of the nodes. */
async function listen({ url }: NatsProcess) {
  const bus = await connectNatsBus({ url, name: "a test", log: silentLog });
  const hellos: string[] = [];
  const draining = new Set<string>();
  let upCount = 0;
  bus.subscribe(gatewayUpSubject(), () => {
    upCount += 1;
  });
  for (const subject of ["panoptic.hello", "panoptic.hello.*"])
    bus.subscribe(subject, ({ data }) => {
      hellos.push(decodeMessage(Hello, data).name);
    });
  bus.subscribe(anyHeartbeatSubject(), ({ data }) => {
    const beat = decodeMessage(Heartbeat, data);
    if (beat.isDraining) draining.add(beat.nodeId);
  });
  return {
    upCount: () => upCount,
    hellosOf: (name: string) => hellos.filter((one) => one === name).length,
    isDraining: (nodeId: string) => draining.has(nodeId),
    [Symbol.asyncDispose]: () => bus.close(),
  };
}

/** Ids of the runs, newest first. */
async function runIds(mesh: ProcessMesh): Promise<string[]> {
  return RunPage.parse(await (await askApi(mesh, "/v1/runs")).json()).runs.map(({ id }) => id);
}

const post = (mesh: ProcessMesh, path: string) =>
  askApi(mesh, path, { method: "POST", body: "{}" });

test("NATS away for everyone: nobody is declared gone, started attempts end into the outboxes, all is delivered and counted", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const nats = await startNatsProcess();
  await using _ = { [Symbol.asyncDispose]: nats.kill };
  const limits = { heartbeatMs: 300, suspectAfterMs: 1_000, goneAfterMs: 2_500, graceMs: 3_000 };
  const gatewayWords = ["--nats", nats.url];
  await using mesh = await startMesh({ nodes: 2, limits, gatewayWords });
  const names = ["one", "two", "three"];
  const tests = names.map((name) => ({ name, paths: [`/gate/${name}`, "/fast"] }));
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  const hits = () => names.reduce((sum, name) => sum + app.hits(name), 0);
  await waitUntil(() => hits() === 2, { what: "two tests run" });
  const nodes = ["node-1", "node-2"];
  const states = async () =>
    Promise.all(nodes.map(async (name) => (await nodeNow(mesh, name)).state));
  await nats.kill();
  for (const name of names) app.open(name);
  for (const name of nodes)
    await waitUntil(async () => [...(await undeliveredBy(mesh, name)).values()][0] === "passed", {
      what: `${name} keeps the outcome of its attempt`,
      deadlineMs: 30_000,
    });
  await passTime(2 * limits.goneAfterMs);
  expect(await states()).not.toContain("gone");
  expect((await askApi(mesh, "/readyz")).status).toBe(503);
  expect((await reportNow(mesh))?.totals).toMatchObject({ passed: 0, lost: 0 });
  await nats.start();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(hits()).toBe(3);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([
      { number: 1, status: "passed", counted: true, late: false },
    ]);
  await waitUntil(async () => (await states()).every((state) => state === "alive"), {
    what: "all nodes are heard again",
  });
  for (const name of nodes) expect((await nodeNow(mesh, name)).epoch).toBe(1);
  expect(await metricNow(mesh, "panoptic_settled_leases_total")).toBe(0);
});

test("gateway killed between commit and send: what it had decided and told nobody, an offer, a cancel and a drain, is done after its restart, once (L1, L5)", {
  timeout: FAULT_MS,
}, async () => {
  await using app = await startGatedApp();
  const nats = await startNatsProcess();
  await using _ = { [Symbol.asyncDispose]: nats.kill };
  await using proxy = await startProxyOf(nats);
  await using heard = await listen(nats);
  await using mesh = await startMesh({
    nodes: 2,
    labels: { "node-1": ["x"], "node-2": ["y"] },
    // Nobody is gone, and no cancel is closed by the gateway's own word.
    limits: { suspectAfterMs: 60_000, goneAfterMs: 120_000, cancelAnswerMs: 120_000 },
    gatewayWords: ["--nats", `nats://127.0.0.1:${proxy.port}`],
    tokenFor: (_name, token) => ({ ...token, natsUrl: nats.url }),
  });
  const long = { name: "long", paths: ["/gate/long"], labels: ["y"] };
  const cancelled = mesh.start({ "b.json": gateSuite(app.url, [long]) });
  await waitUntil(() => app.hits("long") === 1, { what: "the test to cancel runs" });
  const [toCancel] = await runIds(mesh);
  const { id: drained } = await nodeNow(mesh, "node-2");
  proxy.hold("up");
  expect((await post(mesh, `/v1/runs/${toCancel}/cancel`)).status).toBeLessThan(300);
  expect((await post(mesh, `/v1/nodes/${drained}/drain`)).status).toBeLessThan(300);
  const once = { name: "once", paths: ["/once"], labels: ["x"] };
  const run = mesh.start({ "a.json": gateSuite(app.url, [once]) });
  await waitUntil(async () => (await metricNow(mesh, "panoptic_issued_leases_total")) === 2, {
    what: "the lease is committed",
  });
  await mesh.kill9Gateway();
  expect(app.hits("once")).toBe(0);
  expect(heard.isDraining(drained)).toBe(false);
  expect(app.waiting("long")).toBe(1);
  proxy.cut(); // what it held is never delivered
  proxy.release("up");
  proxy.restore();
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(report?.tests[0]?.attempts).toMatchObject([
    { number: 1, node: "node-1", status: "passed", counted: true },
  ]);
  expect(app.hits("once")).toBe(1);
  expect(await metricNow(mesh, "panoptic_issued_leases_total")).toBe(0);
  await waitUntil(() => heard.isDraining(drained), { what: "the drained node says so itself" });
  const ended = await cancelled.ended;
  expect(ended.exitCode, ended.stdout).toBe(3);
  expect(ended.report?.tests[0]?.attempts).toMatchObject([
    { node: "node-2", status: "cancelled", error: { message: "Cancelled while it ran" } },
  ]);
  expect(app.waiting("long")).toBe(0);
});

/** With an outside nats-server, which no gateway starts or ends. */
async function withOutsideNats(): Promise<void> {
  await using app = await startGatedApp();
  const nats = await startNatsProcess();
  await using _ = { [Symbol.asyncDispose]: nats.kill };
  await using proxy = await startProxyOf(nats);
  await using heard = await listen(nats);
  await using mesh = await startMesh({
    nodes: 3,
    labels: { "node-1": ["x"], "node-2": ["x"], "node-3": ["y"] },
    limits: { goneAfterMs: 120_000, cancelAnswerMs: 500 },
    gatewayWords: ["--nats", nats.url],
    tokenFor: (name, token) =>
      name === "node-3" ? { ...token, natsUrl: `nats://127.0.0.1:${proxy.port}` } : token,
  });
  const unwanted = { name: "unwanted", paths: ["/gate/unwanted"], labels: ["y"] };
  const cancelled = mesh.start({ "b.json": gateSuite(app.url, [unwanted]) });
  await waitUntil(() => app.hits("unwanted") === 1, { what: "the test to cancel runs" });
  proxy.hold("down");
  const cancelling = await post(mesh, `/v1/runs/${(await runIds(mesh))[0]}/cancel`);
  expect(cancelling.status).toBeLessThan(300);
  const names = ["one", "two", "three"];
  const tests = names.map((name) => ({ name, paths: [`/gate/${name}`], labels: ["x"] }));
  expect((await cancelled.ended).exitCode).toBe(3);
  expect(app.waiting("unwanted")).toBe(1);
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  const hits = () => names.reduce((sum, name) => sum + app.hits(name), 0);
  await waitUntil(() => hits() === 2, { what: "two tests run" });
  await mesh.kill9Gateway();
  for (const name of names) app.open(name);
  proxy.cut();
  proxy.release("down");
  proxy.restore();
  for (const name of ["node-1", "node-2"])
    await waitUntil(async () => [...(await undeliveredBy(mesh, name)).values()][0] === "passed", {
      what: `${name} ran on to the end`,
      deadlineMs: 30_000,
    });
  await waitUntil(() => run.program.stdout().includes("gateway lost"), {
    what: "the follower noticed",
  });
  const all = ["node-1", "node-2", "node-3"];
  const [ups, hellos] = [heard.upCount(), all.map(heard.hellosOf)];
  await mesh.startGateway();
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(hits()).toBe(3);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([
      { number: 1, status: "passed", counted: true, late: false },
    ]);
  expect(heard.upCount()).toBeGreaterThan(ups);
  for (const [index, name] of all.entries())
    await waitUntil(() => heard.hellosOf(name) > (hellos[index] ?? 0), {
      what: `${name} says hello`,
    });
  await waitUntil(() => app.waiting("unwanted") === 0, { what: "what nobody wants is dropped" });
  for (const name of all) expect((await nodeNow(mesh, name)).epoch).toBe(1);
  expect(await testNow(mesh, "one")).toMatchObject({ verdict: "passed" });
}

/** With the gateway's own: it is left behind, nodes stay with it, and the next start takes it over. */
async function withOwnNats(): Promise<void> {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 2, limits: { goneAfterMs: 120_000 } });
  const names = ["one", "two"];
  const tests = names.map((name) => ({ name, paths: [`/gate/${name}`, "/fast"] }));
  const run = mesh.start({ "a.json": gateSuite(app.url, tests) });
  const hits = () => names.reduce((sum, name) => sum + app.hits(name), 0);
  await waitUntil(() => hits() === 2, { what: "both tests run" });
  const natsPid = readPidFile(join(mesh.gatewayDir, "nats.pid"));
  await mesh.kill9Gateway();
  expect(natsPid !== undefined && isAlive(natsPid)).toBe(true);
  for (const name of names) app.open(name);
  await waitUntil(() => run.program.stdout().includes("gateway lost"), {
    what: "the follower noticed",
    deadlineMs: 60_000,
  });
  await mesh.startGateway();
  expect(readPidFile(join(mesh.gatewayDir, "nats.pid"))).toBe(natsPid);
  const { exitCode, report, stdout } = await run.ended;
  expect(exitCode, stdout).toBe(0);
  expect(hits()).toBe(2);
  for (const told of report?.tests ?? [])
    expect(told.attempts, told.key).toMatchObject([{ number: 1, status: "passed", counted: true }]);
  for (const name of ["node-1", "node-2"]) expect((await nodeNow(mesh, name)).epoch).toBe(1);
}

test("gateway killed, NATS alive: nodes run on, answer `gateway.up` with hello, keep what is wanted and drop what is not; nothing runs again", {
  timeout: FAULT_MS,
}, async () => {
  await withOutsideNats();
  await withOwnNats();
});
