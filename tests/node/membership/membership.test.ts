import { expect, test } from "vitest";
import { Epoch } from "#proto/ids.ts";
import { createHandMesh, leaseOf, offerOf } from "./hand-mesh.ts";

type Mesh = ReturnType<typeof createHandMesh>;

async function joined(options: Parameters<typeof createHandMesh>[0] = {}) {
  const mesh = createHandMesh(options);
  const node = mesh.boot("boot-1");
  await mesh.clock.run(100);
  return { mesh, node };
}
const kinds = (mesh: Mesh) =>
  mesh.events.map((event) => `${event.kind} ${event.leaseId.split(":")[1]}`);
const refused = (code: string, index = 0) => ({ kind: "refused", leaseId: leaseOf(index), code });

test("I2: a node joins by hello, and heartbeats carry the epoch it was given", async () => {
  const { mesh, node } = await joined();
  await mesh.clock.run(2_000);
  expect(node.membership.state()).toEqual({ kind: "member", epoch: 1 });
  expect(mesh.hellos).toHaveLength(1);
  expect(mesh.heartbeats.length).toBeGreaterThanOrEqual(3);
  expect(mesh.heartbeats.at(-1)).toMatchObject({
    epoch: 1,
    freeSlots: 1,
    held: [],
    isDraining: false,
  });
});

test("hello is said again, with growing pauses, until a gateway answers", async () => {
  const mesh = createHandMesh();
  mesh.gateway.setConnected(false);
  const { membership } = mesh.boot("boot-1");
  await mesh.clock.run(60_000);
  expect(membership.state()).toEqual({ kind: "joining" });
  mesh.gateway.setConnected(true);
  await mesh.clock.run(6_000);
  expect(membership.state()).toEqual({ kind: "member", epoch: 1 });
});

test("I1: a refusal by name ends the membership, and nothing is said any more", async () => {
  const mesh = createHandMesh();
  mesh.model.reply = { kind: "refused", code: "duplicate_node", reason: "it lives already" };
  const { membership } = mesh.boot("boot-1");
  await mesh.clock.run(60_000);
  expect(mesh.refusals).toEqual([mesh.model.reply]);
  expect(membership.state()).toMatchObject({ kind: "refused" });
  expect(mesh.hellos).toHaveLength(1);
  expect(await mesh.offer([offerOf(0)])).toBeUndefined();
});

test("a gateway that is not ready is asked again", async () => {
  const mesh = createHandMesh();
  mesh.model.reply = { kind: "refused", code: "not_ready", reason: "starting" };
  const { membership } = mesh.boot("boot-1");
  await mesh.clock.run(3_000);
  expect(mesh.hellos.length).toBeGreaterThan(3);
  mesh.model.reply = undefined;
  await mesh.clock.run(6_000);
  expect(membership.state()).toMatchObject({ kind: "member" });
});

test("gateway.up and a reconnect are answered with hello", async () => {
  const { mesh, node } = await joined();
  mesh.sayGatewayUp();
  await mesh.clock.run(500);
  expect(mesh.hellos).toHaveLength(2);
  node.party.setConnected(false);
  await mesh.clock.run(100);
  node.party.setConnected(true);
  await mesh.clock.run(500);
  expect(mesh.hellos).toHaveLength(3);
});

test("a silent gateway is asked by hello, so that one that is well keeps unstarted leases", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  await mesh.clock.run(60_000);
  expect(mesh.hellos.length).toBeGreaterThan(10);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("accepted");
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0), leaseOf(1)]);
});

test("V3: a drained node gives back, refuses, finishes what runs, and resumes", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  const drained = await mesh.control({ kind: "drain" });
  expect(drained?.kind === "done" && drained.leases).toEqual([
    { leaseId: leaseOf(1), outcome: "given_back" },
    { leaseId: leaseOf(0), outcome: "running" },
  ]);
  expect(await mesh.offer([offerOf(2)])).toMatchObject([refused("draining", 2)]);
  node.end(leaseOf(0));
  await mesh.clock.run(1_500);
  expect(mesh.heartbeats.at(-1)).toMatchObject({ isDraining: true, freeSlots: 1 });
  await mesh.control({ kind: "resume" });
  expect(await mesh.offer([offerOf(2)])).toMatchObject([{ kind: "accepted" }]);
});

test("a drained node lets go of what stands ready, once nothing runs; until then and afterwards it does not", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0)]);
  await mesh.clock.run(3_000);
  await mesh.control({ kind: "drain" });
  await mesh.clock.run(3_000);
  expect(node.rests).toEqual([]);
  node.end(leaseOf(0));
  await mesh.clock.run(1_000);
  expect(node.rests).toEqual([0]);
  await mesh.control({ kind: "resume" });
  const { length } = node.rests;
  await mesh.clock.run(3_000);
  expect(node.rests.length).toBe(length);
});

test("a drain that a person told the gateway holds over a restart of the node", async () => {
  const mesh = createHandMesh();
  mesh.model.isDrained = true;
  const { rests } = mesh.boot("boot-1");
  await mesh.clock.run(100);
  expect(await mesh.offer([offerOf(0)])).toMatchObject([refused("draining")]);
  await mesh.clock.run(1_000);
  expect(rests.length).toBeGreaterThan(0);
});

test("a stop asked by the gateway gives back, refuses and tells the process", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  await mesh.control({ kind: "stop" });
  expect(mesh.stopsAsked).toEqual([true]);
  expect(node.membership.state()).toEqual({ kind: "stopping", epoch: 1 });
  expect(await mesh.offer([offerOf(2)])).toMatchObject([refused("stopping", 2)]);
  node.end(leaseOf(0));
  await mesh.clock.run(100);
  expect(kinds(mesh)).toEqual(["attempt_started 0", "attempt_ended 0"]);
  expect(node.membership.runningCount()).toBe(0);
});

test("a cordon closes the node by its own decision until it is resumed", async () => {
  const { mesh, node } = await joined();
  node.membership.cordon("The disk is full");
  expect(await mesh.offer([offerOf(0)])).toMatchObject([refused("disk_full")]);
  mesh.sayGatewayUp();
  await mesh.clock.run(1_000);
  expect(mesh.heartbeats.at(-1)?.isDraining).toBe(true);
  await mesh.control({ kind: "resume" });
  expect(await mesh.offer([offerOf(0)])).toMatchObject([{ kind: "accepted" }]);
});

test("a probe is answered whatever the epoch, but not before the first welcome", async () => {
  const mesh = createHandMesh();
  mesh.model.reply = { kind: "refused", code: "not_ready", reason: "starting" };
  mesh.boot("boot-1");
  await mesh.clock.run(50);
  expect(await mesh.control({ kind: "probe" })).toBeUndefined();
  mesh.model.reply = undefined;
  await mesh.clock.run(6_000);
  expect(await mesh.control({ kind: "probe" })).toEqual({
    kind: "done",
    bootId: "boot-1",
    leases: [],
  });
});

test("an offer that overtakes the welcome is acted on after it", async () => {
  const mesh = createHandMesh();
  mesh.network.setPolicy((message) => [
    message.kind === "reply" && message.subject.endsWith("hello") ? 300 : 0,
  ]);
  const node = mesh.boot("boot-1");
  await mesh.clock.run(10);
  expect(await mesh.offer([offerOf(0)])).toEqual([{ kind: "accepted", leaseId: leaseOf(0) }]);
  expect(node.begun).toEqual([leaseOf(0)]);
});

test("hello's answer drops leases: unstarted ones are given back, running ones cancelled", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1), offerOf(2)]);
  mesh.model.epoch = 2;
  mesh.model.drop = [leaseOf(0), leaseOf(1)];
  mesh.sayGatewayUp();
  await mesh.clock.run(1_000);
  expect(mesh.hellos.at(-1)?.held).toEqual([
    { leaseId: leaseOf(0), state: "running" },
    { leaseId: leaseOf(1), state: "accepted" },
    { leaseId: leaseOf(2), state: "accepted" },
  ]);
  expect(node.cancelled).toHaveLength(1);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
  expect(node.begun).toEqual([leaseOf(0), leaseOf(2)]);
});

test("L6: a restart reports each started and unended attempt as lost: crashed, with its saved steps", async () => {
  const { mesh, node } = await joined({ slots: 2 });
  await mesh.offer([offerOf(0), offerOf(1), offerOf(2)]);
  node.works.get(leaseOf(0))?.record({
    kind: "step_ended",
    leaseId: leaseOf(0),
    stepIndex: 0,
    status: "passed",
    durationMs: 1,
  });
  node.end(leaseOf(1));
  node.kill();
  mesh.model.epoch = 2;
  const second = mesh.boot("boot-2");
  await mesh.clock.run(3_000);
  expect(
    mesh.events.filter((event) => event.leaseId === leaseOf(0)).map(({ kind }) => kind),
  ).toEqual(["attempt_started", "step_ended", "attempt_ended"]);
  const lost = mesh.events.filter(
    (event) => event.kind === "attempt_ended" && event.loss === "crashed",
  );
  expect(lost.map(({ leaseId }) => leaseId)).toEqual([leaseOf(0), leaseOf(2)]);
  expect(second.begun).toEqual([]);
  expect(mesh.store.held()).toEqual([]);
});

test("E5: an event that is too large is cut before it is saved, and marked", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0)]);
  const message = "x".repeat(1_000_000);
  const step = { kind: "step_ended", leaseId: leaseOf(0), stepIndex: 0, durationMs: 1 } as const;
  node.works.get(leaseOf(0))?.record({ ...step, status: "failed", error: { message } });
  const [told] = mesh.store.eventsAfter(1, { countMax: 1, bytesMax: 1 });
  expect(JSON.stringify(told?.event).length).toBeLessThanOrEqual(256 * 1024);
  node.end(leaseOf(0), { status: "failed", durationMs: 1, error: { message, code: "expect" } });
  await mesh.clock.run(100);
  const ended = mesh.events.at(-1);
  expect(JSON.stringify(ended).length).toBeLessThanOrEqual(256 * 1024);
  expect(ended).toMatchObject({ status: "failed", error: { code: "expect" } });
  expect(JSON.stringify(ended)).toContain("of 1000000 characters)");
});

test("E4: a gateway that knows more events than the store makes it open a new one, and be told of it", async () => {
  const mesh = createHandMesh();
  const storeId = mesh.store.storeId();
  mesh.model.confirmed.set(storeId, 5);
  const node = mesh.boot("boot-1");
  await mesh.clock.run(1_000);
  expect(mesh.store.storeId()).not.toBe(storeId);
  expect(mesh.hellos.map((hello) => hello.storeId)).toEqual([storeId, mesh.store.storeId()]);
  await mesh.offer([offerOf(0)]);
  node.end(leaseOf(0));
  await mesh.clock.run(100);
  expect(kinds(mesh)).toEqual(["attempt_started 0", "attempt_ended 0"]);
});

test("E4: a gateway that was restored to less than it had confirmed is given a new store, and hears what is new", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0)]);
  node.end(leaseOf(0));
  await mesh.clock.run(100);
  const before = mesh.store.storeId();
  expect(mesh.store.confirmed()).toBe(2);
  mesh.model.confirmed.set(before, 1);
  mesh.sayGatewayUp();
  await mesh.clock.run(2_000);
  expect(mesh.store.storeId()).not.toBe(before);
  await mesh.offer([offerOf(1)]);
  node.end(leaseOf(1));
  await mesh.clock.run(2_000);
  expect(mesh.events.at(-1)).toMatchObject({ kind: "attempt_ended", leaseId: leaseOf(1) });
  expect(mesh.store.held()).toEqual([]);
});

test("E4: a member whose events overtook its hello keeps its store", async () => {
  const mesh = createHandMesh();
  const storeId = mesh.store.storeId();
  const node = mesh.boot("boot-1");
  await mesh.clock.run(100);
  await mesh.offer([offerOf(0)]);
  mesh.model.reply = {
    kind: "welcome",
    version: 1,
    epoch: Epoch.parse(1),
    confirmed: 1,
    mustRenewStore: true, // by what the gateway knew when the hello came: one event more than it said
    drop: [],
    isDrained: false,
    settings: { heartbeatMs: 1_000, unstartedLeaseMs: 15_000 },
  };
  mesh.sayGatewayUp();
  await mesh.clock.run(1_000);
  expect(mesh.store.storeId()).toBe(storeId);
  node.end(leaseOf(0));
  await mesh.clock.run(100);
  expect(kinds(mesh)).toEqual(["attempt_started 0", "attempt_ended 0"]);
});
