import { expect, test } from "vitest";
import { createHandMesh, leaseOf, offerOf } from "./hand-mesh.ts";

test("I2: a node joins by hello, and heartbeats carry the epoch it was given", async () => {
  const mesh = createHandMesh();
  const { membership } = mesh.boot("boot-1");
  await mesh.clock.run(2_100);
  expect(membership.state()).toEqual({ kind: "member", epoch: 1 });
  expect(mesh.hellos).toHaveLength(1);
  expect(mesh.heartbeats.length).toBeGreaterThanOrEqual(3);
  expect(mesh.heartbeats.at(-1)).toMatchObject({ epoch: 1, freeSlots: 1, held: [] });
});

test("L2: an offered lease is accepted, starts in order, and its events are confirmed", async () => {
  const mesh = createHandMesh();
  const node = mesh.boot("boot-1");
  await mesh.clock.run(100);
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
  expect(mesh.events.map((event) => [event.kind, event.leaseId])).toEqual([
    ["attempt_started", leaseOf(0)],
    ["attempt_ended", leaseOf(0)],
    ["attempt_started", leaseOf(1)],
    ["attempt_ended", leaseOf(1)],
  ]);
  expect(mesh.store.held()).toEqual([]);
});
