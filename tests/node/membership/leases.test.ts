import { expect, test } from "vitest";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { MeshError } from "#shared/errors.ts";
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

test("L2: an offered lease is accepted, starts in order, and its events are confirmed", async () => {
  const { mesh, node } = await joined();
  const answers = await mesh.offer([offerOf(0), offerOf(1)]);
  expect(answers).toEqual([
    { kind: "accepted", leaseId: leaseOf(0) },
    { kind: "accepted", leaseId: leaseOf(1) },
  ]);
  expect(node.begun).toEqual([leaseOf(0)]);
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0), leaseOf(1)]);
  node.end(leaseOf(1));
  await mesh.clock.run(100);
  expect(kinds(mesh)).toEqual([
    "attempt_started 0",
    "attempt_ended 0",
    "attempt_started 1",
    "attempt_ended 1",
  ]);
  expect(mesh.store.held()).toEqual([]);
});

test("L2: a repeated offer gets the same answer, whatever became of the lease, and runs once", async () => {
  const { mesh, node } = await joined();
  const accepted = [{ kind: "accepted", leaseId: leaseOf(0) }];
  expect(await mesh.offer([offerOf(0)])).toEqual(accepted);
  expect(await mesh.offer([offerOf(0), offerOf(0)])).toEqual([...accepted, ...accepted]);
  mesh.model.isSilent = true;
  node.end(leaseOf(0));
  expect(await mesh.offer([offerOf(0)])).toEqual(accepted);
  mesh.model.isSilent = false;
  await mesh.clock.run(5_000);
  expect(mesh.store.held()).toEqual([]);
  expect(await mesh.offer([offerOf(0)])).toEqual(accepted);
  expect(node.begun).toEqual([leaseOf(0)]);
});

test("L2: a repeated offer gets the same answer also when the node takes nothing new any more", async () => {
  const { mesh, node } = await joined({ limits: { prefetchPerSlotMax: 1 } });
  const offers = [offerOf(0), offerOf(1)];
  const accepted = offers.map(({ leaseId }) => ({ kind: "accepted", leaseId }));
  expect(await mesh.offer(offers)).toEqual(accepted);
  expect(await mesh.offer([...offers, offerOf(2)])).toMatchObject([
    ...accepted,
    refused("full", 2),
  ]);
  mesh.model.freeDiskBytes = 0;
  expect(await mesh.offer(offers)).toEqual(accepted);
  await mesh.control({ kind: "drain" });
  expect(await mesh.offer([offerOf(0)])).toEqual([accepted[0]]);
  expect(node.begun).toEqual([leaseOf(0)]);
});

test.each(["reply_offer", "enqueue", "start_next"] as const)(
  "L2: killed before %s, the acceptance is saved: the next process gives it back and refuses it",
  async (killBefore) => {
    const { mesh, node } = await joined();
    mesh.model.killBefore = killBefore;
    await mesh.offer([offerOf(0)]);
    expect(node.begun).toEqual([]);
    expect(mesh.store.lease(leaseOf(0))?.state).toBe("accepted");
    mesh.model.killBefore = undefined;
    mesh.model.epoch = 2;
    const second = mesh.boot("boot-2");
    await mesh.clock.run(1_000);
    expect(mesh.hellos.at(-1)).toMatchObject({ bootId: "boot-2", held: [] });
    expect(await mesh.offer([offerOf(0)])).toMatchObject([refused("already_over")]);
    expect(second.begun).toEqual([]);
  },
);

test("L2: killed before save_accepted, nothing was promised", async () => {
  const { mesh } = await joined();
  mesh.model.killBefore = "save_accepted";
  expect(await mesh.offer([offerOf(0)])).toBeUndefined();
  expect(mesh.store.leases()).toEqual([]);
});

test("L2: unstarted leases end by themselves without contact, started ones run on", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  node.party.cut(true);
  await mesh.clock.run(14_000);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("accepted");
  await mesh.clock.run(3_000);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
  expect(mesh.store.lease(leaseOf(0))?.state).toBe("running");
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0)]);
  node.party.cut(false);
  await mesh.clock.run(15_000);
  expect(kinds(mesh)).toEqual(["attempt_started 0", "attempt_ended 0"]);
  expect(await mesh.offer([offerOf(1)])).toMatchObject([refused("already_over", 1)]);
});

test("L2: a slot that becomes free between the end of contact and the next tick starts nothing", async () => {
  const { mesh, node } = await joined({ limits: { unstartedLeaseMs: 1_500 } });
  await mesh.offer([offerOf(0), offerOf(1)]);
  node.party.cut(true);
  await mesh.clock.run(1_250);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("accepted");
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0)]);
  await mesh.clock.run(500);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
});

test.each(["gateway.up", "a probe"])(
  "L2: a frozen process that first reads %s after its thaw does not start what silence has ended",
  async (message) => {
    const { mesh, node } = await joined();
    await mesh.offer([offerOf(0), offerOf(1)]);
    node.setFrozen(true);
    if (message === "gateway.up") mesh.sayGatewayUp();
    else await mesh.control({ kind: "probe" });
    await mesh.clock.run(20_000);
    node.setFrozen(false);
    await mesh.clock.run(10);
    node.end(leaseOf(0));
    await mesh.clock.run(10);
    expect(node.begun).toEqual([leaseOf(0)]);
    expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
  },
);

test("I2: an offer or a control of another epoch is refused, and makes the node say hello", async () => {
  const { mesh, node } = await joined();
  await mesh.clock.run(300);
  expect(await mesh.offer([offerOf(0)], 7)).toMatchObject([refused("stale_epoch")]);
  expect(mesh.hellos).toHaveLength(2);
  mesh.model.epoch = 7;
  await mesh.control({ kind: "drain", epoch: 8 });
  expect(mesh.hellos).toHaveLength(3);
  expect(node.membership.state()).toEqual({ kind: "member", epoch: 7 });
  expect(await mesh.offer([offerOf(0)], 7)).toMatchObject([{ kind: "accepted" }]);
});

test("messages of a foreign mesh, and unreadable ones, are refused by name", async () => {
  const { mesh } = await joined();
  expect(await mesh.control({ kind: "probe", meshId: "mesh-2" })).toMatchObject({
    kind: "refused",
    code: "foreign_mesh",
  });
  expect(await mesh.control({ kind: "recall", leaseIds: "all" })).toMatchObject({
    kind: "refused",
    code: "unreadable",
  });
  const broken = { ...offerOf(0), definition: { key: 1 } } as unknown as ReturnType<typeof offerOf>;
  expect(await mesh.offer([broken])).toMatchObject([refused("unreadable")]);
});

test("V3: a full node refuses by itself, and takes again when there is room", async () => {
  const { mesh, node } = await joined({ limits: { prefetchPerSlotMax: 2 } });
  const answers = await mesh.offer([0, 1, 2, 3, 4].map((index) => offerOf(index)));
  expect(answers?.map(({ kind }) => kind)).toEqual([
    "accepted",
    "accepted",
    "accepted",
    "refused",
    "refused",
  ]);
  expect(answers?.[3]).toMatchObject(refused("full", 3));
  node.end(leaseOf(0));
  expect(await mesh.offer([offerOf(3)])).toMatchObject([{ kind: "accepted" }]);
});

test("V3: a node without free disk, or without the platform, refuses by name", async () => {
  const { mesh } = await joined();
  mesh.model.freeDiskBytes = 1_000;
  expect(await mesh.offer([offerOf(0)])).toMatchObject([refused("disk_full")]);
  mesh.model.freeDiskBytes = 1e12;
  const web = offerOf(0);
  const offer = { ...web, definition: { ...web.definition, platform: "web" as const } };
  expect(await mesh.offer([offer])).toMatchObject([refused("unable")]);
});

test("L3: a recall gives back what has not started, says what runs, and is remembered", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  const recalled = {
    kind: "done",
    leases: [
      { leaseId: leaseOf(0), outcome: "running" },
      { leaseId: leaseOf(1), outcome: "given_back" },
      { leaseId: leaseOf(9), outcome: "unknown" },
    ],
  };
  const leaseIds = [leaseOf(0), leaseOf(1), leaseOf(9)];
  expect(await mesh.control({ kind: "recall", leaseIds })).toMatchObject(recalled);
  expect(await mesh.control({ kind: "recall", leaseIds })).toMatchObject(recalled);
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0)]);
  expect(await mesh.offer([offerOf(1)])).toMatchObject([refused("already_over", 1)]);
  // Its offer was still under way when it was recalled.
  expect(await mesh.offer([offerOf(9)])).toMatchObject([refused("already_over", 9)]);
});

test("R2: a cancel ends what runs and gives back what has not started", async () => {
  const { mesh, node } = await joined();
  await mesh.offer([offerOf(0), offerOf(1)]);
  const reply = await mesh.control({ kind: "cancel", leaseIds: [leaseOf(0), leaseOf(1)] });
  expect(reply).toMatchObject({ kind: "done" });
  expect(reply?.kind === "done" && reply.leases.map(({ outcome }) => outcome)).toEqual([
    "ended",
    "given_back",
  ]);
  expect(node.cancelled).toMatchObject([{ status: "cancelled" }]);
  expect(mesh.events.at(-1)).toMatchObject({ kind: "attempt_ended", status: "cancelled" });
});

test("L2: an acceptance that cannot be saved is refused, not promised, and the node cordons itself", async () => {
  const memory = createMemoryNodeStore();
  const store: NodeStore = {
    ...memory,
    saveAccepted: () => {
      throw new MeshError("disk_full", "Cannot save: the disk is full");
    },
  };
  const { mesh, node } = await joined({ store });
  expect(await mesh.offer([offerOf(0)])).toMatchObject([refused("disk_full")]);
  expect(node.begun).toEqual([]);
  await mesh.clock.run(1_100);
  expect(mesh.heartbeats.at(-1)).toMatchObject({ isDraining: true, held: [] });
});
