/** Named locks and semaphores (locks.ts, K-1 to K-3): exclusive for as long as an attempt may run, whoever is silent. */
import { expect, test } from "vitest";
import { attemptMsMax } from "#gateway/scheduler/locks.ts";
import { createHandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { definitionOf } from "../make.ts";

const locked = (index: number, ...locks: { name: string; limit: number }[]) =>
  definitionOf(index, { schedule: { locks } });
const DB = { name: "db", limit: 1 };

const keysOf = (nodes: readonly HandNode[]) =>
  nodes.flatMap((node) => [...node.held].filter(([, state]) => state !== "ended"));

async function lockMesh(tests = [locked(0, DB), locked(1, DB)]) {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a", { slots: 2 }), await hand.join("b", { slots: 2 })];
  const run = await hand.submit(tests);
  const holder = keysOf([a]).length > 0 ? a : b;
  return { hand, run, nodes: [a, b], holder, other: holder === a ? b : a };
}

test("K-1: one lock, one attempt, whatever is free; the next begins when it has ended", async () => {
  const { nodes, holder, run, hand } = await lockMesh();
  expect(keysOf(nodes)).toHaveLength(1);
  await holder.end(heldBy(holder), "passed");
  expect(keysOf(nodes)).toHaveLength(1);
  const next = nodes.find((node) => keysOf([node]).length > 0);
  if (next !== undefined) await next.end(heldBy(next), "passed");
  expect(hand.runNow(run.id).end?.status).toBe("passed");
});

test("K-1: a semaphore lets as many as its limit, two locks are taken together, other tests pass by", async () => {
  const pool = { name: "pool", limit: 2 };
  const tests = [locked(0, pool), locked(1, pool), locked(2, pool, DB), definitionOf(3)];
  const { nodes, holder } = await lockMesh(tests);
  const names = () =>
    nodes.flatMap((node) =>
      node.offers
        .filter(({ leaseId }) => node.held.get(leaseId) === "accepted")
        .map(({ definition }) => definition.name),
    );
  expect(names().sort()).toEqual(["test 0", "test 1", "test 3"]);
  const isPool = (id: string) =>
    holder.offers.some(
      ({ leaseId, definition }) => leaseId === id && definition.schedule?.locks?.[0] !== undefined,
    );
  await holder.end(heldBy(holder, isPool), "passed");
  expect(names()).toContain("test 2");
});

test("K-1: where tests disagree about a limit, the least is true", async () => {
  const { nodes } = await lockMesh([locked(0, { name: "db", limit: 3 }), locked(1, DB)]);
  expect(keysOf(nodes)).toHaveLength(1);
});

test("K-2: a suspect node keeps its lock, and so does one that is gone, until it says that the attempt is over", async () => {
  const { hand, holder, other } = await lockMesh();
  const leaseId = heldBy(holder);
  await holder.start(leaseId);
  holder.isBeating = false;
  holder.party.cut(true);
  await hand.clock.run(4_000);
  expect(keysOf([other])).toEqual([]);
  await hand.clock.run(16_000);
  expect(hand.mesh().nodes.get(holder.nodeId)?.life.kind).toBe("gone");
  expect(keysOf([other])).toEqual([]);
  holder.party.cut(false);
  holder.isBeating = true;
  await holder.hello();
  await hand.clock.run(3_000);
  expect(keysOf([other])).toEqual([]); // it runs on, and says so
  await holder.end(leaseId, "passed");
  await hand.clock.run(2_000);
  expect(hand.mesh().locks.holders.size).toBe(1);
});

test("K-2: a node that comes back as a new process has nothing running", async () => {
  const { hand, holder, other } = await lockMesh();
  await holder.start(heldBy(holder));
  holder.isBeating = false;
  holder.party.kill();
  await hand.clock.run(20_000);
  expect(keysOf([other])).toEqual([]);
  const again = hand.arrive("again", { nodeId: holder.nodeId, nodeName: holder.name });
  again.storeId = holder.storeId;
  again.lastEvent = holder.lastEvent;
  await again.hello();
  await hand.clock.run(1_000);
  expect(keysOf([other, again])).toHaveLength(1);
});

test("K-3: of a node that never comes back the lock ends by the bound of its attempt, also over a restart", async () => {
  const { hand, holder, other, run } = await lockMesh();
  await holder.start(heldBy(holder));
  holder.isBeating = false;
  holder.party.kill();
  await hand.clock.run(20_000);
  hand.kill();
  hand.boot();
  const definition = run.tests[0]?.definition;
  if (definition === undefined) throw new Error("There is a test");
  const boundMs = attemptMsMax(definition, hand.limits);
  await hand.clock.run(boundMs - 25_000);
  expect(keysOf([other])).toEqual([]);
  await hand.clock.run(30_000);
  expect(keysOf([other])).toHaveLength(1);
});

test("what was given back or refused holds nothing", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  a.answers = { code: "full", reason: "No room" };
  await hand.submit([locked(0, DB)]);
  expect(a.offers.length).toBeGreaterThan(0);
  const b = await hand.join("b");
  await hand.clock.run(2_000);
  expect(keysOf([b])).toHaveLength(1);
});
