/** L1 to L5 and the faults of protocol.md that are the gateway's to bear, over a core driven by hand. */
import { expect, test } from "vitest";
import { createHandGateway } from "./hand-gateway.ts";
import { definitionOf, runId } from "./make.ts";

test("a run of one node: offered, started, passed, ended with exit code 0", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a", { slots: 2 });
  const run = await hand.submit(3);
  while (run.end === undefined) {
    const next = [...node.held].find(([, state]) => state === "accepted")?.[0];
    if (next === undefined) throw new Error("Nothing is offered");
    await node.end(next, "passed");
  }
  expect(run.end).toMatchObject({ status: "passed", exitCode: 0 });
  expect(hand.report(run.id).totals).toMatchObject({ planned: 3, passed: 3 });
  expect(hand.faults).toEqual([]);
  expect(hand.store.violations).toEqual([]);
});

test("L1: an offer leaves only after its lease is committed", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  const committedAtOffer: boolean[] = [];
  hand.network.setPolicy((message) => {
    if (message.kind === "request" && message.subject.endsWith(".offer"))
      committedAtOffer.push((hand.store.runs.get(runId)?.leases.size ?? 0) > 0);
    return [0];
  });
  await hand.submit(1);
  expect(committedAtOffer).toEqual([true]);
  expect(node.offers).toHaveLength(1);
});

test("L1: an unanswered offer goes again to the same node with the same lease, and runs once", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const b = await hand.join("b");
  a.answers = "silent";
  b.answers = "silent";
  const run = await hand.submit(1);
  await hand.clock.run(hand.limits.offerReplyMs + 1_500);
  const [asked, idle] = a.offers.length > 0 ? [a, b] : [b, a];
  expect(new Set(asked.offers.map((offer) => offer.leaseId)).size).toBe(1);
  expect(idle.offers).toEqual([]);
  expect(hand.runNow(run.id).tests[0]?.leases).toHaveLength(1);
});

test("L1: a refused test goes to another node, and the refusal uses no budget", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  a.answers = { code: "unable", reason: "The browser is gone" };
  const run = await hand.submit(1);
  await hand.clock.run(1_000);
  const b = await hand.join("b");
  await hand.clock.run(2_000);
  const lease = [...b.held.keys()][0];
  if (lease === undefined) throw new Error("b got nothing");
  await b.end(lease, "passed");
  expect(hand.report(run.id).tests[0]).toMatchObject({
    verdict: "passed",
    attempts: [{ number: 1 }],
  });
});

test.each(["draining", "stopping"] as const)(
  "V3: a node that refuses as %s gets no further offer until its heartbeat says otherwise",
  async (code) => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    a.answers = { code, reason: "On its way out" };
    a.isDraining = true;
    await hand.submit(1);
    await hand.clock.run(5_000);
    expect(a.offers).toHaveLength(1);
    a.answers = "accept";
    a.isDraining = false;
    await hand.clock.run(2_000);
    expect(a.held.size).toBe(1);
  },
);

test("L3: what waits behind a busy slot is recalled for an idle node, and never runs twice", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(40);
  // Short tests, so that some are offered ahead.
  for (let count = 0; count < 20; count += 1) {
    const next = [...a.held].find(([, state]) => state === "accepted")?.[0];
    if (next !== undefined) await a.end(next, "passed");
  }
  const waiting = () => [...a.held].filter(([, state]) => state === "accepted").length;
  expect(waiting()).toBeGreaterThan(1);
  const b = await hand.join("b");
  await hand.clock.run(2_000);
  expect(b.held.size).toBeGreaterThan(0);
  const twice = [...b.held.keys()].filter((id) => a.held.has(id));
  expect(twice).toEqual([]);
  expect(hand.runNow(run.id).tests.every((one) => one.leases.length <= 2)).toBe(true);
});

test("L5: a gateway killed after the commit and before the send offers the same lease again", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  hand.network.setPolicy((message) => (message.subject.endsWith(".offer") ? [] : [0]));
  const run = await hand.submit(1);
  expect(hand.store.runs.get(run.id)?.leases.size).toBe(1);
  expect(a.offers).toEqual([]);
  hand.kill();
  hand.network.setPolicy(() => [0]);
  hand.boot();
  await hand.clock.run(3_000);
  expect(new Set(a.offers.map((offer) => offer.leaseId))).toEqual(new Set(["run-1:0:1"]));
  await a.end(a.offers[0]?.leaseId ?? ("" as never), "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "passed", exitCode: 0 });
});

test("a gateway killed while nodes run: nothing is run again, all is counted", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const run = await hand.submit(2);
  const leases = [...a.held.keys()];
  for (const lease of leases) await a.start(lease);
  hand.kill();
  const [first, second] = leases;
  if (first === undefined || second === undefined) throw new Error("Two leases were expected");
  await a.end(first, "passed"); // into the outbox: nobody answers
  await hand.clock.run(3_000);
  hand.boot();
  await hand.clock.run(1_000);
  await a.deliver();
  await a.end(second, "failed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "failed", exitCode: 1 });
  expect(hand.report(run.id).tests.map((one) => one.attempts.length)).toEqual([1, 1]);
  expect(a.offers).toHaveLength(2);
});

test("L4: a lease that is missing in two heartbeats is settled lost, after the node's events are committed", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit([definitionOf(0, { retries: 1 })]);
  const lease = [...a.held.keys()][0];
  if (lease === undefined) throw new Error("Nothing is offered");
  await a.start(lease);
  a.held.delete(lease);
  a.save({ kind: "step_ended", leaseId: lease, stepIndex: 0, status: "passed", durationMs: 1 });
  await hand.clock.run(6_000);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toBeUndefined(); // one event is on its way
  await a.deliver();
  await hand.clock.run(3_000);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toMatchObject({
    kind: "lost",
    cause: "missing",
  });
  expect(a.held.size).toBe(1); // offered again
});

test("L4: an accepted lease that the node lost unstarted is no attempt and uses no budget", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  for (let count = 0; count < 8; count += 1) {
    a.held.clear();
    await hand.clock.run(4_000);
  }
  const leases = hand.runNow(run.id).tests[0]?.leases ?? [];
  expect(leases.length).toBeGreaterThan(hand.limits.lostBudget);
  expect(leases[0]?.settlement).toMatchObject({ kind: "recalled", cause: "missing" });
  expect(hand.report(run.id).tests[0]?.attempts).toEqual([]);
  const held = [...a.held.keys()][0];
  if (held === undefined) throw new Error("It was not offered again");
  await a.end(held, "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "passed" });
});
