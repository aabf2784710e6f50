/** A node whose store refuses for a while, at any of its calls: nothing crashes, no event is lost, no outcome given up. */
import { expect, test } from "vitest";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { MeshError } from "#shared/errors.ts";
import { createHandMesh, leaseOf, offerOf } from "./hand-mesh.ts";

type Fault = "store_busy" | "disk_full";

/** What was saved is synced already, or waits in outbox-sync.test.ts. */
const WRITES: readonly (keyof NodeStore)[] = [
  "saveAccepted",
  "giveBack",
  "start",
  "append",
  "endAndStart",
  "confirm",
  "renew",
];

/** A store whose writes fail as `disk.fault` says. */
function createRefusingStore() {
  const disk = {
    fault: undefined as Fault | undefined,
    /** Only these calls are refused; default: all that write. */
    only: WRITES,
    refused: new Set<string>(),
  };
  const memory = createMemoryNodeStore();
  const refusing = Object.fromEntries(
    WRITES.map((name) => {
      const act = memory[name] as (...values: unknown[]) => unknown;
      const guarded = (...values: unknown[]) => {
        if (disk.fault === undefined || !disk.only.includes(name)) return act(...values);
        disk.refused.add(name);
        throw new MeshError(disk.fault, "Cannot save: refused by the test");
      };
      return [name, guarded];
    }),
  );
  return { disk, store: { ...memory, ...refusing } as NodeStore };
}

async function joinedMesh(slots = 1) {
  const { disk, store } = createRefusingStore();
  const mesh = createHandMesh({ store, slots });
  const node = mesh.boot("boot-1");
  await mesh.clock.run(100);
  return { mesh, node, disk };
}

const kindsOf = (events: readonly { readonly kind: string }[]) => events.map(({ kind }) => kind);

test("nothing comes behind an outcome that waits: no step, no second outcome", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0)]);
  disk.fault = "disk_full";
  const leaseId = leaseOf(0);
  const work = node.works.get(leaseId);
  work?.end({ status: "passed", durationMs: 1 });
  work?.record({ kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: 1 });
  work?.end({ status: "failed", durationMs: 1 });
  disk.fault = undefined;
  await mesh.clock.run(3_000);
  expect(kindsOf(mesh.events)).toEqual(["attempt_started", "attempt_ended"]);
  expect(mesh.events.at(-1)).toMatchObject({ status: "passed" });
  expect(node.membership.runningCount()).toBe(0);
});

test("steps and the outcome of an attempt wait in their order while another process holds the database", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0)]);
  disk.fault = "store_busy";
  const leaseId = leaseOf(0);
  for (const stepIndex of [0, 1])
    node.works
      .get(leaseId)
      ?.record({ kind: "step_ended", leaseId, stepIndex, status: "passed", durationMs: 1 });
  node.end(leaseId);
  await mesh.clock.run(12_000);
  expect(node.membership.runningCount()).toBe(1); // its slot waits with it
  expect(mesh.heartbeats.at(-1)?.held).toMatchObject([{ leaseId, state: "running" }]);
  disk.fault = undefined;
  await mesh.clock.run(3_000);
  expect(kindsOf(mesh.events)).toEqual([
    "attempt_started",
    "step_ended",
    "step_ended",
    "attempt_ended",
  ]);
  expect(mesh.events.at(-1)).toMatchObject({ status: "passed" });
  expect(node.membership.runningCount()).toBe(0);
});

test("without room a step is refused, which ends its attempt; an outcome is never given up", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0)]);
  disk.fault = "disk_full";
  const leaseId = leaseOf(0);
  const step = {
    kind: "step_ended",
    leaseId,
    stepIndex: 0,
    status: "passed",
    durationMs: 1,
  } as const;
  expect(() => node.works.get(leaseId)?.record(step)).toThrow(
    expect.objectContaining({ code: "disk_full" }),
  );
  node.end(leaseId, { status: "failed", durationMs: 2, error: { message: "as it ended" } });
  await mesh.clock.run(12_000);
  expect(kindsOf(mesh.events)).toEqual(["attempt_started"]);
  disk.fault = undefined;
  await mesh.clock.run(3_000);
  expect(mesh.events.at(-1)).toMatchObject({ kind: "attempt_ended", status: "failed" });
});

test("a start that cannot be saved is tried again, and runs once", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0), offerOf(1)]);
  disk.fault = "store_busy";
  disk.only = ["start", "endAndStart"];
  node.end(leaseOf(0));
  await mesh.clock.run(3_000);
  expect(disk.refused).toContain("start");
  expect(node.begun).toEqual([leaseOf(0)]);
  disk.fault = undefined;
  await mesh.clock.run(3_000);
  expect(node.begun).toEqual([leaseOf(0), leaseOf(1)]);
});

test("an outcome that has no room together with the next start is saved alone", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0), offerOf(1)]);
  disk.fault = "disk_full";
  disk.only = ["endAndStart", "start"];
  node.end(leaseOf(0));
  await mesh.clock.run(100);
  expect(disk.refused).toEqual(new Set(["endAndStart", "start"]));
  expect(kindsOf(mesh.events)).toEqual(["attempt_started", "attempt_ended"]);
  disk.fault = undefined;
  await mesh.clock.run(3_000);
  expect(node.begun).toEqual([leaseOf(0), leaseOf(1)]);
});

test("the start that follows an outcome is saved with it", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0), offerOf(1)]);
  disk.fault = "disk_full";
  disk.only = ["start", "append"];
  node.end(leaseOf(0));
  expect(node.begun).toEqual([leaseOf(0), leaseOf(1)]);
  expect([...disk.refused]).toEqual([]);
});

test("leases that silence ends are given back when the store takes that again, and never start (L2)", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0), offerOf(1)]);
  disk.fault = "disk_full";
  node.party.setConnected(false);
  await mesh.clock.run(20_000);
  expect(disk.refused).toContain("giveBack");
  disk.fault = undefined;
  node.end(leaseOf(0));
  await mesh.clock.run(3_000);
  expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
  expect(node.begun).toEqual([leaseOf(0)]);
});

for (const fault of ["store_busy", "disk_full"] as const) {
  test(`${fault}: hello, controls, confirmations and silence are borne, and made good when the store takes again`, async () => {
    const { mesh, node, disk } = await joinedMesh();
    await mesh.offer([offerOf(0), offerOf(1)]);
    disk.fault = fault;
    // A recall is refused by name, and asked again (L5).
    const recall = { kind: "recall", leaseIds: [leaseOf(1)] } as const;
    expect(await mesh.control(recall)).toMatchObject({ kind: "refused", code: "disk_full" });
    // A confirmation cannot be noted, a silent gateway's leases cannot be given back, a new gateway's hello neither.
    mesh.model.drop = [leaseOf(1)];
    mesh.sayGatewayUp();
    await mesh.clock.run(20_000);
    expect(disk.refused).toContain("giveBack");
    disk.fault = undefined;
    await mesh.clock.run(15_000);
    expect(mesh.store.lease(leaseOf(1))?.state).toBe("given_back");
    node.end(leaseOf(0));
    await mesh.clock.run(3_000);
    expect(mesh.store.confirmed()).toBe(mesh.store.lastNumber());
    expect(kindsOf(mesh.events)).toEqual(["attempt_started", "attempt_ended"]);
  });

  test(`${fault}: a confirmation that cannot be noted is asked for again`, async () => {
    const { mesh, node, disk } = await joinedMesh();
    mesh.model.isSilent = true;
    await mesh.offer([offerOf(0)]);
    node.end(leaseOf(0));
    await mesh.clock.run(100);
    disk.fault = fault;
    mesh.model.isSilent = false;
    await mesh.clock.run(20_000);
    expect(disk.refused).toContain("confirm");
    disk.fault = undefined;
    await mesh.clock.run(20_000);
    expect(mesh.store.confirmed()).toBe(2);
    expect(kindsOf(mesh.events)).toEqual(["attempt_started", "attempt_ended"]);
  });
}

test("a store that takes nothing for too long ends the process by name: others take over what it holds", async () => {
  const { mesh, node, disk } = await joinedMesh();
  await mesh.offer([offerOf(0)]);
  disk.fault = "disk_full";
  node.end(leaseOf(0));
  const held = mesh.clock.run(700_000);
  await expect(held).rejects.toMatchObject({
    code: "disk_full",
    message: expect.stringMatching(/^Cannot save an event of lease .*: tried for 600 s; /),
  });
});
