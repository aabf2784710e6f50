/** I1, I2, L2, L4, E4: who is in the mesh, in which term, and what it should keep. */
import { describe, expect, test } from "vitest";
import { declareGone, receiveHeartbeat } from "#gateway/fleet/registry.ts";
import { countStrikes } from "#gateway/merge/verdict.ts";
import type { RunState, TestState } from "#gateway/mesh/run-state.ts";
import type { Heartbeat } from "#proto/hello.ts";
import { BootId, Epoch, MeshId, StoreId } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { createBareMesh, helloOf, nodeIdOf, storeIdOf } from "./bare-mesh.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { definitionOf } from "./make.ts";

const beatOf = (name: string, own: Partial<Heartbeat> = {}): Heartbeat => ({
  meshId: MeshId.parse("mesh-1"),
  nodeId: nodeIdOf(name),
  bootId: BootId.parse(`boot-${name}`),
  epoch: Epoch.parse(1),
  storeId: storeIdOf(name),
  freeSlots: 1,
  isDraining: false,
  held: [],
  lastEvent: 0,
  load: { cpu: 0, freeMemoryBytes: 1, freeDiskBytes: 1 },
  ...own,
});

describe("I2: the epoch", () => {
  test("a new node gets 1, a repeated hello keeps it, a new process gets the next", () => {
    const bare = createBareMesh();
    expect(bare.hello("a")).toMatchObject({ kind: "welcome", epoch: 1 });
    expect(bare.hello("a")).toMatchObject({ epoch: 1 });
    bare.clock.advance(3_000);
    expect(bare.hello("a", { bootId: BootId.parse("boot-a2") })).toMatchObject({ epoch: 2 });
  });

  test("a gateway's restart keeps it, also when the node was never heard again in between", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    hand.kill();
    hand.boot();
    await a.hello();
    expect(a.epoch).toBe(1);
  });

  test("it is committed before it is given", async () => {
    const hand = createHandGateway();
    const a = hand.arrive("a");
    hand.disk.failure = new MeshError("disk_full", "Cannot commit: full");
    await a.hello().catch(() => undefined);
    expect(a.replies).toEqual([]);
    hand.disk.failure = undefined;
    await hand.clock.run(1_000);
    await a.hello();
    expect(hand.store.load().nodes).toMatchObject([{ nodeId: a.nodeId, epoch: a.epoch }]);
  });

  test("it fences heartbeats, and never events", async () => {
    const bare = createBareMesh();
    expect(receiveHeartbeat(bare.mesh, beatOf("a"))).toBe("unknown");
    bare.hello("a");
    expect(receiveHeartbeat(bare.mesh, beatOf("a"))).toBe("heard");
    expect(receiveHeartbeat(bare.mesh, beatOf("a", { epoch: Epoch.parse(2) }))).toBe("stale");
    expect(receiveHeartbeat(bare.mesh, beatOf("a", { bootId: BootId.parse("boot-z") }))).toBe(
      "stale",
    );
  });
});

describe("I1: one live process a node, one live node a name", () => {
  test("a cloned folder: the second process is told to wait while it is unclear who lives, then refused by name", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const clone = hand.arrive("clone", { nodeId: a.nodeId, nodeName: "a" });
    expect(await clone.hello()).toMatchObject({ kind: "refused", code: "not_ready" });
    await hand.clock.run(1_500); // the first one goes on beating
    expect(await clone.hello()).toMatchObject({
      kind: "refused",
      code: "duplicate_node",
      reason: expect.stringContaining("a copied data folder"),
    });
  });

  test("a process that died and starts again at once is let in, soon", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    a.isBeating = false;
    a.party.kill();
    const again = hand.arrive("again", { nodeId: a.nodeId, nodeName: "a" });
    let reply = await again.hello();
    for (let tries = 0; tries < 20 && reply.kind === "refused"; tries += 1) {
      await hand.clock.run(200);
      reply = await again.hello();
    }
    expect(reply).toMatchObject({ kind: "welcome", epoch: 2 });
  });

  test("a second live node of one name is refused; after the first is gone the name is free", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const other = hand.arrive("other", { nodeName: "a" });
    await other.hello();
    await hand.clock.run(1_500);
    expect(await other.hello()).toMatchObject({ kind: "refused", code: "duplicate_name" });
    a.isBeating = false;
    a.party.kill();
    await hand.clock.run(5_000);
    expect(await other.hello()).toMatchObject({ kind: "welcome" });
  });

  test("a foreign mesh and another protocol are refused by name", () => {
    const bare = createBareMesh();
    expect(bare.hello("a", { meshId: MeshId.parse("mesh-2") })).toMatchObject({
      code: "foreign_mesh",
    });
    expect(bare.hello("a", { versions: { min: 4, max: 5 } })).toMatchObject({
      code: "version",
      reason: expect.stringContaining("update the gateway"),
    });
    expect(bare.mesh.nodes.size).toBe(0);
  });
});

test("E4: a node whose store knows less than the gateway confirmed must open a new one", () => {
  const bare = createBareMesh();
  bare.hello("a");
  const rubbish = [1, 2, 3].map((number) => ({ number, event: null }));
  bare.deliver("a", rubbish);
  expect(bare.hello("a", { lastEvent: 3 })).toMatchObject({ confirmed: 3, mustRenewStore: false });
  expect(bare.hello("a", { lastEvent: 2 })).toMatchObject({ mustRenewStore: true });
  expect(bare.hello("a", { lastEvent: 2, storeId: StoreId.parse("store-new") })).toMatchObject({
    confirmed: 0,
    mustRenewStore: false,
  });
});

test("E4: a node with the copied store of another must open its own, or nothing that it says is ever taken", () => {
  const bare = createBareMesh();
  const storeId = StoreId.parse("store-copied");
  bare.hello("a", { storeId });
  expect(bare.hello("b", { storeId, lastEvent: 5 })).toMatchObject({ mustRenewStore: true });
  expect(bare.hello("a", { storeId, lastEvent: 5 })).toMatchObject({ mustRenewStore: false });
});

describe("hello compares what the node holds with the books", () => {
  test("unstarted leases that were settled and offered again are dropped; what runs, runs on (L2)", async () => {
    const bare = createBareMesh();
    bare.hello("a", { slots: 2 });
    const run = bare.createRun([definitionOf(0), definitionOf(1)]);
    const issued = bare.turn();
    declareGone(bare.mesh, bare.node("a"), "node_silent");
    bare.hello("b", { slots: 2 });
    bare.turn(); // both are offered to b now
    const [first, second] = issued;
    if (first === undefined || second === undefined) throw new Error("Two leases were expected");
    const reply = bare.hello("a", {
      held: [
        { leaseId: first.id, state: "accepted" },
        { leaseId: second.id, state: "running" },
      ],
    });
    expect(reply).toMatchObject({ kind: "welcome", epoch: 2, drop: [first.id] });
    expect(run.tests.map((one) => one.leases.length)).toEqual([2, 2]);
  });

  test("C1: what runs and was not offered again is taken back: its queued replacement is withdrawn", async () => {
    const bare = createBareMesh();
    bare.hello("a");
    const run = bare.createRun([definitionOf(0)]);
    const [lease] = bare.turn();
    if (lease === undefined) throw new Error("A lease was expected");
    declareGone(bare.mesh, bare.node("a"), "node_silent");
    expect(bare.mesh.queue.members.size).toBe(1);
    const reply = bare.hello("a", { held: [{ leaseId: lease.id, state: "running" }] });
    expect(reply).toMatchObject({ drop: [] });
    expect(bare.mesh.queue.members.size).toBe(0);
    expect(run.tests[0]?.leases[0]?.settlement).toMatchObject({ isRevoked: true });
    expect(bare.turn()).toEqual([]);
  });

  test("a hello that was overtaken by the end of an attempt leaves its slot free", () => {
    const bare = createBareMesh();
    bare.hello("a");
    bare.createRun([definitionOf(0)]);
    const [lease] = bare.turn();
    if (lease === undefined) throw new Error("A lease was expected");
    const leaseId = lease.id;
    declareGone(bare.mesh, bare.node("a"), "node_silent");
    const wallMs = 1_700_000_000_000;
    const started = { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs };
    const ended = {
      kind: "attempt_ended",
      leaseId,
      status: "lost",
      durationMs: 5,
      loss: "crashed",
    };
    bare.deliver("a", [
      { number: 1, event: started },
      { number: 2, event: ended },
    ]);
    bare.hello("a", { held: [{ leaseId, state: "ended" }], lastEvent: 2 }); // said before it was confirmed
    expect([...bare.node("a").active]).toEqual([]);
    expect(bare.mesh.queue.members.size).toBe(1);
  });

  test("leases of an ended or unknown run are dropped", () => {
    const bare = createBareMesh();
    const reply = bare.hello("a", { held: [{ leaseId: "run-9:0:1" as never, state: "running" }] });
    expect(reply).toMatchObject({ drop: ["run-9:0:1"] });
  });

  test("a new process that does not hold an accepted lease: it is settled at once when nothing is on its way", () => {
    const bare = createBareMesh();
    bare.hello("a");
    const run = bare.createRun([definitionOf(0)]);
    const [lease] = bare.turn();
    if (lease === undefined) throw new Error("A lease was expected");
    lease.offer = "accepted";
    bare.clock.advance(3_000);
    bare.hello("a", { ...helloOf("a"), bootId: BootId.parse("boot-a2") });
    expect(run.tests[0]?.leases[0]?.settlement).toMatchObject({
      kind: "recalled",
      cause: "missing",
    });
  });

  test("a person's drain holds over restarts of the node", () => {
    const bare = createBareMesh();
    bare.hello("a");
    const node = bare.node("a");
    node.record = { ...node.record, isDrained: true };
    bare.clock.advance(3_000);
    expect(bare.hello("a", { bootId: BootId.parse("boot-a2") })).toMatchObject({ isDrained: true });
    bare.createRun([definitionOf(0)]);
    expect(bare.turn()).toEqual([]);
  });
});

test("C4: a process that comes back was cut off, not dead: its strike is taken back, a new process's stays", () => {
  for (const bootId of ["boot-a", "boot-a2"]) {
    const bare = createBareMesh();
    bare.hello("a");
    const run = bare.createRun([definitionOf(0)]);
    const [lease] = bare.turn();
    if (lease === undefined) throw new Error("A lease was expected");
    const leaseId = lease.id;
    const wallMs = 1_700_000_000_000;
    const event = { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs };
    bare.deliver("a", [{ number: 1, event }]);
    declareGone(bare.mesh, bare.node("a"), "node_died");
    bare.commit();
    expect(countStrikes(bookOf(run, 0))).toBe(1);
    bare.hello("a", { bootId: BootId.parse(bootId), lastEvent: 1 });
    bare.commit();
    const strikes = bootId === "boot-a" ? 0 : 1;
    expect(countStrikes(bookOf(run, 0))).toBe(strikes);
    const stored = bare.store.loadRun(run.id)?.leases[0]?.settlement;
    expect(stored?.cause).toBe(strikes === 0 ? "node_silent" : "node_died");
  }
});

function bookOf(run: RunState, index: number): TestState {
  const test = run.tests[index];
  if (test === undefined) throw new Error(`Test ${index} was expected`);
  return test;
}
