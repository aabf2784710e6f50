/** What people tell of nodes: cordon, drain with reason and deadline, resume; and that a restart forgets none of it. */
import { expect, test } from "vitest";
import { createNodeOrders, type NodeOrders } from "#gateway/fleet/node-orders.ts";
import { createHandGateway, type HandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";

/** Leases that it was offered, whatever was asked again. */
const leasesOf = ({ offers }: HandNode) => new Set(offers.map(({ leaseId }) => leaseId)).size;

async function order<T>(hand: HandGateway, give: (orders: NodeOrders) => Promise<T>): Promise<T> {
  const given = give(createNodeOrders(hand.core()));
  await hand.clock.run(50);
  return given;
}

test("a cordoned node keeps what it has, gets nothing new, and says why, also after a restart of the gateway", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const run = await hand.submit(6);
  expect(a.held.size).toBe(2);
  const summary = await order(hand, (orders) => orders.cordon("a", "new kernel"));
  expect(summary).toMatchObject({
    cordon: { reason: "new kernel" },
    isDraining: false,
    held: "is cordoned: new kernel",
  });
  expect(a.controls).toEqual([]);
  hand.kill();
  hand.boot();
  await a.hello();
  await hand.clock.run(10_000);
  await a.end(heldBy(a), "passed");
  await a.end(heldBy(a), "passed");
  await hand.clock.run(3_000);
  expect(leasesOf(a)).toBe(2);
  expect(await order(hand, (orders) => orders.setDrained("a", false))).not.toHaveProperty("cordon");
  await hand.clock.run(2_000);
  expect(leasesOf(a)).toBeGreaterThan(2);
  expect(hand.runNow(run.id).end).toBeUndefined();
});

test("what runs at the deadline of a drain is lost as drained and runs elsewhere, without a failed attempt", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const id = heldBy(a);
  await a.start(id);
  const b = await hand.join("b");
  const wish = { reason: "new kernel", deadlineMs: 10_000 };
  const summary = await order(hand, (orders) => orders.setDrained("a", true, wish));
  expect(summary?.drain).toMatchObject({ reason: "new kernel" });
  a.isDraining = true;
  await hand.clock.run(8_000);
  expect(a.controls.some(({ kind }) => kind === "cancel")).toBe(false);
  await hand.clock.run(3_000);
  const drained = "Node a was drained (new kernel): its deadline is over";
  expect(a.controls.find(({ kind }) => kind === "cancel")).toMatchObject({
    leaseIds: [id],
    drained,
  });
  expect(b.held.size, "before the node has ended it").toBe(0);
  await a.end(id, "lost", { loss: "drained", error: { message: drained } });
  await hand.clock.run(1_000);
  await b.end(heldBy(b), "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ exitCode: 0 });
  const [test] = hand.report(run.id).tests;
  expect(test?.verdict).toBe("passed");
  expect(test?.attempts).toMatchObject([
    { status: "lost", counted: false, error: { message: drained } },
    { status: "passed", counted: true },
  ]);
});

test("a node that does not answer at its deadline is not waited for", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  await a.start(heldBy(a));
  const b = await hand.join("b");
  a.isAnsweringControls = false;
  await order(hand, (orders) => orders.setDrained("a", true, { deadlineMs: 0 }));
  await hand.clock.run(4_000);
  expect(b.held.size).toBe(0);
  await hand.clock.run(3_000);
  expect(b.held.size).toBe(1);
  const [lease] = hand.runNow(run.id).tests[0]?.leases ?? [];
  expect(lease?.settlement).toMatchObject({ kind: "lost", cause: "drained" });
});

test("reason and deadline of a drain survive a restart of the gateway and of the node", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.submit(1);
  const id = heldBy(a);
  await a.start(id);
  await order(hand, (orders) =>
    orders.setDrained("a", true, { reason: "moved", deadlineMs: 20_000 }),
  );
  a.isDraining = true;
  hand.kill();
  hand.boot();
  await a.hello();
  await hand.clock.run(5_000);
  const { record } = hand.mesh().nodes.get(a.nodeId) ?? {};
  expect(record).toMatchObject({ isDrained: true, drain: { reason: "moved" } });
  expect(a.controls.some(({ kind }) => kind === "cancel")).toBe(false);
  await hand.clock.run(20_000);
  expect(a.controls.some(({ kind }) => kind === "cancel")).toBe(true);
});

test("a second drain keeps what it does not say anew, and a resume forgets all of it", async () => {
  const hand = createHandGateway();
  await hand.join("a");
  await order(hand, (orders) => orders.setDrained("a", true, { reason: "one", deadlineMs: 5_000 }));
  const again = await order(hand, (orders) => orders.setDrained("a", true, { reason: "two" }));
  expect(again?.drain?.reason).toBe("two");
  expect(again?.drain?.deadlineAt).toBeDefined();
  const resumed = await order(hand, (orders) => orders.setDrained("a", false));
  expect(resumed).toMatchObject({ isDraining: false });
  expect(resumed).not.toHaveProperty("drain");
});
