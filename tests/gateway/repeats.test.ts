/** L5, L4: what the wire swallowed is asked again, and one word that was swallowed condemns nothing. */
import { expect, test } from "vitest";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import { offerBytesMax } from "#gateway/scheduler/wire.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { type HandNode, heldBy } from "./hand-node.ts";
import { definitionOf } from "./make.ts";

const countOf = (node: HandNode, kind: string) =>
  node.controls.filter((control) => control.kind === kind).length;

test("L5: a recall that nobody answered is asked again", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.submit(10);
  // Short tests, so that one is offered ahead; at last a runs one and holds one, and nothing waits at the gateway.
  for (let count = 0; count < 8; count += 1) await a.end(heldBy(a), "passed");
  await a.start(heldBy(a));
  heldBy(a);
  a.isAnsweringControls = false;
  const b = await hand.join("b");
  await hand.clock.run(1_500);
  expect(countOf(a, "recall")).toBeGreaterThan(0);
  expect(b.held.size).toBe(0);
  a.isAnsweringControls = true;
  await hand.clock.run(3_000);
  expect(b.held.size).toBe(1);
  expect([...b.held.keys()].filter((id) => a.held.has(id))).toEqual([]);
});

test("L3: what waits for another kind of node keeps no idle node from helping", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.submit(10);
  for (let count = 0; count < 8; count += 1) await a.end(heldBy(a), "passed");
  await a.start(heldBy(a));
  await hand.submit([definitionOf(0, { needs: { labels: ["nowhere"] } })]);
  expect(hand.mesh().queue.members.size).toBe(1);
  const b = await hand.join("b");
  await hand.clock.run(3_000);
  expect(b.held.size).toBe(1);
});

test("L5: a cancel that nobody answered is asked again, within the time that the run waits", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  await a.start(heldBy(a));
  a.isAnsweringControls = false;
  await hand.decide((mesh) => cancelRun(mesh, run, { code: "cancelled", reason: "By a person" }));
  await hand.clock.run(3_000);
  expect(countOf(a, "cancel")).toBeGreaterThan(1);
});

test("L5: a drain and a resume that nobody heard are asked again, until the heartbeat shows them", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const setDrained = (isDrained: boolean) =>
    hand.decide((mesh) => {
      for (const node of mesh.nodes.values()) {
        node.record = { ...node.record, isDrained };
        node.isResuming = !isDrained;
      }
    });
  for (const [kind, isDraining] of [
    ["drain", true],
    ["resume", false],
  ] as const) {
    await setDrained(isDraining);
    await hand.clock.run(3_000);
    expect(countOf(a, kind), kind).toBeGreaterThan(1);
    a.isDraining = isDraining;
    await hand.clock.run(2_500);
    const asked = countOf(a, kind);
    await hand.clock.run(5_000);
    expect(countOf(a, kind), kind).toBe(asked);
  }
});

test("L4: a lease that one heartbeat did not name is not lost", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  await a.start(heldBy(a));
  await hand.clock.run(2_100);
  a.beat({ held: [] });
  await hand.clock.run(5_000);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toBeUndefined();
  await a.end([...a.held.keys()][0] ?? ("" as never), "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ exitCode: 0 });
});

test("L1: a shard of large tests goes in as many offers as the bus can carry", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 10 });
  const name = "x".repeat(200_000);
  await hand.submit(Array.from({ length: 10 }, (_, index) => definitionOf(index, { name })));
  expect(a.held.size).toBe(10);
  expect(a.offers).toHaveLength(10);
});

test("L1: an offer has what the bus carries at most, also when an outside NATS carries less than ours", () => {
  const { bus, limits } = createHandGateway().mesh();
  const small = { limits, bus: { ...bus, payloadBytesMax: () => 65_536 } };
  expect(offerBytesMax(small)).toBeLessThan(65_536);
  expect(offerBytesMax({ limits, bus: { ...bus, payloadBytesMax: () => 8_388_608 } })).toBe(
    limits.offerBytesMax,
  );
});
