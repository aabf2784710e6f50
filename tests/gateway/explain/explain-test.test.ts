/** Every test says why it waits, where it runs, or what it came to. */
import { expect, test } from "vitest";
import { explainTest } from "#gateway/explain/explain-test.ts";
import { createNodeOrders } from "#gateway/fleet/node-orders.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import { createHandGateway, type HandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { definitionOf } from "../make.ts";

const whyOf = (hand: HandGateway, run: RunState, index: number) => {
  const test = run.tests[index];
  if (test === undefined) throw new Error(`There is no test ${index}`);
  return explainTest(hand.mesh(), run, test);
};

const codesOf = (hand: HandGateway, run: RunState, index: number) =>
  whyOf(hand, run, index).reasons.map(({ code }) => code);

const textsOf = (hand: HandGateway, run: RunState, index: number) =>
  whyOf(hand, run, index).reasons.map(({ text }) => text);

const fill = (hand: HandGateway, name: string, slots = 1) => hand.join(name, { slots });

const startAll = async (node: HandNode) => {
  for (const [id, state] of [...node.held]) if (state === "accepted") await node.start(id);
};

test("a test that runs says where, a decided one its verdict and why, one that was only given away that it waits there", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a");
  const run = await hand.submit(2);
  expect(whyOf(hand, run, 0)).toMatchObject({
    state: "waiting",
    reasons: [{ code: "leased", text: "a has it and starts it when a slot is free" }],
  });
  await a.start(heldBy(a));
  await hand.clock.run(5_000);
  expect(whyOf(hand, run, 0)).toMatchObject({ state: "running", reasons: [{ code: "running" }] });
  expect(textsOf(hand, run, 0)[0]).toMatch(/^Attempt 1 runs on a for [56] s$/);
  const id = [...a.held.keys()][0] ?? ("" as never);
  await a.end(id, "failed", { error: { message: "Expected 200, got 500" } });
  expect(whyOf(hand, run, 0)).toMatchObject({
    state: "decided",
    verdict: "failed",
    reasons: [{ code: "decided", text: "It has failed: Expected 200, got 500" }],
  });
});

test("a test behind others says which nodes are busy and how many of its run go before it", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a");
  const b = await fill(hand, "b");
  const run = await hand.submit(5);
  await startAll(a);
  await startAll(b);
  expect(textsOf(hand, run, 4)).toEqual([
    "All 2 nodes that could run it are busy: a, b",
    "2 tests of its run go before it",
  ]);
  expect(codesOf(hand, run, 2)).toEqual(["busy"]);
});

test("a test behind a run of higher priority names that run", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a");
  const first = await hand.submit(1);
  await startAll(a);
  const low = await hand.submit(1);
  const high = await hand.submit(1, { priority: 7 });
  expect(first.end).toBeUndefined();
  expect(whyOf(hand, low, 0).reasons).toContainEqual({
    code: "share",
    text: `Run ${high.id} goes first: it has the priority 7, its own run 0`,
  });
  expect(codesOf(hand, high, 0)).toEqual(["busy"]);
});

test("a test that no node could run says what the nearest lacks", async () => {
  const hand = createHandGateway();
  await fill(hand, "a");
  const run = await hand.submit([definitionOf(0, { needs: { labels: ["gpu"] } })], {
    waitForNodesMs: 60_000,
  });
  expect(codesOf(hand, run, 0)).toEqual(["no_node"]);
  expect(textsOf(hand, run, 0)[0]).toContain("the nearest, a, lacks label gpu");
});

test("nodes that take none say why: cordoned, drained, gone quiet, resting by their breaker", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a");
  const run = await hand.submit(9, { waitForNodesMs: 60_000 });
  await startAll(a);
  const orders = createNodeOrders(hand.core());
  const cordoned = orders.cordon("a", "new kernel");
  await hand.clock.run(50);
  await cordoned;
  expect(whyOf(hand, run, 5).reasons).toEqual([
    { code: "node_cordoned", text: "a is cordoned: new kernel" },
  ]);
  const resumed = orders.setDrained("a", false);
  await hand.clock.run(50);
  await resumed;
  const drained = orders.setDrained("a", true, { reason: "moved" });
  await hand.clock.run(50);
  await drained;
  expect(whyOf(hand, run, 5).reasons).toEqual([
    { code: "node_drained", text: "a is drained: moved" },
  ]);
  const again = orders.setDrained("a", false);
  await hand.clock.run(50);
  await again;
  a.isBeating = false;
  a.isAnsweringControls = false;
  await hand.clock.run(2_600);
  expect(codesOf(hand, run, 5)).toEqual(["node_suspect"]);
  a.isBeating = true;
  a.beat();
  await hand.clock.run(300);
  const node = hand.mesh().nodes.get(a.nodeId);
  if (node !== undefined)
    node.breaker = {
      kind: "open",
      recent: [],
      openings: 1,
      untilMs: hand.own().monotonicMs() + 9_500,
    };
  expect(whyOf(hand, run, 5).reasons).toEqual([
    { code: "node_breaker", text: "a lost what it was given: it is tried again in 10 s" },
  ]);
});

test("a test that waits for a lock says who holds it and where", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a", 4);
  const locks = [{ name: "db", limit: 1 }];
  const run = await hand.submit([
    definitionOf(0, { schedule: { locks } }),
    definitionOf(1, { schedule: { locks } }),
  ]);
  await startAll(a);
  expect(whyOf(hand, run, 1).reasons).toContainEqual({
    code: "lock",
    text: "The lock db is held by suite › test 0 on a",
  });
});

test("a test that comes after another, or later in its group, names it", async () => {
  const hand = createHandGateway();
  await fill(hand, "a", 4);
  const group = { name: "checkout", isSerial: true };
  const run = await hand.submit([
    definitionOf(0, { schedule: { group } }),
    definitionOf(1, { schedule: { group } }),
    definitionOf(2, { schedule: { after: ["test 0"] } }),
  ]);
  expect(whyOf(hand, run, 1).reasons).toEqual([
    { code: "group", text: "Its group has one test at a time: suite › test 0 is before it" },
  ]);
  expect(whyOf(hand, run, 2).reasons).toEqual([
    { code: "after", text: "It comes after suite › test 0, which has no verdict yet" },
  ]);
});

test("quota, most in flight, too few nodes and a cancelled run are said", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a", 8);
  hand.mesh().quotas.set("shop", 2);
  const shop = await hand.submit(4, { project: "shop" });
  expect(whyOf(hand, shop, 3).reasons).toContainEqual({
    code: "quota",
    text: "The project shop may use 2 slots at once, and uses 2",
  });
  const narrow = await hand.submit(3, { maxInFlight: 1 });
  expect(whyOf(hand, narrow, 2).reasons).toContainEqual({
    code: "max_in_flight",
    text: "Its run may have 1 in flight, and has 1",
  });
  const wide = await hand.submit(1, { minNodes: 2, waitForNodesMs: 60_000 });
  expect(whyOf(hand, wide, 0).reasons[0]).toEqual({
    code: "min_nodes",
    text: "The run begins when 2 nodes are there and open: 1 is",
  });
  await startAll(a);
  const running = shop.tests.findIndex((one) => one.leases[0]?.attempt !== undefined);
  await hand.decide((mesh) => cancelRun(mesh, shop, { code: "cancelled", reason: "by a person" }));
  expect(textsOf(hand, shop, running)[0]).toContain("it is being ended: by a person");
});

test("no open test is ever without a reason, whatever is done to it", async () => {
  const hand = createHandGateway();
  const a = await fill(hand, "a", 2);
  const run = await hand.submit(12);
  for (let turn = 0; turn < 8; turn += 1) {
    for (const index of run.tests.keys())
      for (const { text } of whyOf(hand, run, index).reasons)
        expect(text.length).toBeGreaterThan(8);
    await a.end(heldBy(a), turn % 3 === 0 ? "lost" : "passed", { loss: "browser_crash" });
  }
});
