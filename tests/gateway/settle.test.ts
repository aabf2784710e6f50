/** C1 to C4 and R1, as the whole core plays them. */
import { describe, expect, test } from "vitest";
import type { LeaseId } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { createHandGateway, type HandGateway } from "./hand-gateway.ts";
import { type HandNode, heldBy } from "./hand-node.ts";
import { definitionOf } from "./make.ts";

/** Silent for so long that it is gone, though its process lives. */
async function silence(hand: HandGateway, node: HandNode): Promise<void> {
  node.party.cut(true);
  await hand.clock.run(hand.limits.goneAfterMs + 2_000);
  expect(hand.mesh().nodes.get(node.nodeId)?.life.kind).toBe("gone");
}

async function comeBack(hand: HandGateway, node: HandNode): Promise<void> {
  node.party.cut(false);
  await node.hello();
  await hand.clock.run(1_000);
}

describe("C1: an outcome that arrives after its lease was settled lost", () => {
  test("counts while nothing was offered in its place, and the queued replacement is withdrawn", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    const lease = heldBy(a);
    await a.start(lease);
    await silence(hand, a);
    a.party.cut(false);
    await a.end(lease, "passed"); // before its hello: events are never fenced (I2)
    expect(hand.runNow(run.id).end).toMatchObject({ status: "passed" });
    expect(hand.mesh().queue.members.size).toBe(0);
    expect(hand.report(run.id).tests[0]?.attempts).toMatchObject([
      { status: "passed", counted: true, late: false },
    ]);
    await a.hello();
    await hand.clock.run(3_000);
    expect(a.offers).toHaveLength(1);
  });

  test("is kept, late, and never counts when the test was offered again; the verdict is the other's", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    const lease = heldBy(a);
    await a.start(lease);
    await silence(hand, a);
    const b = await hand.join("b");
    await hand.clock.run(1_000);
    const second = heldBy(b);
    expect(second).toBe("run-1:0:2");
    await comeBack(hand, a);
    await a.end(lease, "passed");
    expect(hand.runNow(run.id).end).toBeUndefined();
    await b.end(second, "failed");
    expect(hand.runNow(run.id).end).toMatchObject({ status: "failed", exitCode: 1 });
    expect(hand.report(run.id).tests[0]?.attempts).toMatchObject([
      { number: 1, status: "passed", counted: false, late: true, node: "a" },
      { number: 2, status: "failed", counted: true, late: false, node: "b" },
    ]);
  });

  test("R1: after the run's end it is kept as late, and status and exit code stay", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    const lease = heldBy(a);
    await a.start(lease);
    await silence(hand, a);
    const b = await hand.join("b");
    await hand.clock.run(1_000);
    await b.end(heldBy(b), "passed");
    const told = hand.runNow(run.id).end;
    await comeBack(hand, a);
    await a.end(lease, "failed");
    expect(hand.runNow(run.id).end).toEqual(told);
    expect(hand.report(run.id)).toMatchObject({
      run: { status: "passed", exitCode: 0 },
      tests: [
        { verdict: "passed", attempts: [{ status: "failed", late: true }, { status: "passed" }] },
      ],
    });
  });
});

test("R1: an attempt that is heard of after the run's end gives no other another number", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const lease = heldBy(a);
  await silence(hand, a);
  const b = await hand.join("b");
  await hand.clock.run(1_000);
  const second = heldBy(b);
  await b.end(second, "passed");
  const passed = { number: 2, status: "passed", counted: true, node: "b" };
  expect(hand.report(run.id).tests[0]?.attempts).toMatchObject([passed]);
  await comeBack(hand, a);
  await a.end(lease, "lost", { loss: "crashed" });
  expect(b.offers.map((offer) => offer.attemptNumber)).toEqual([2]);
  expect(hand.report(run.id).tests[0]?.attempts).toMatchObject([{ number: 1, node: "a" }, passed]);
});

test("C3: a failed attempt is run again while retries are left, and the pass makes it flaky", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit([definitionOf(0, { retries: 1 })]);
  await a.end(heldBy(a), "failed", { error: { message: "Not found" } });
  await hand.clock.run(500);
  await a.end(heldBy(a), "passed");
  expect(a.offers.map((offer) => offer.attemptNumber)).toEqual([1, 2]);
  expect(hand.runNow(run.id).end).toMatchObject({ status: "passed", exitCode: 0 });
  expect(hand.report(run.id).totals).toMatchObject({ flaky: 1 });
  expect(hand.notices.map((notice) => notice.kind)).toEqual([
    "attempt_ended",
    "test_ended",
    "run_ended",
  ]);
});

test("C3: losses have their own budget; used up, the test is lost with the last reason and the run is incomplete", async () => {
  const hand = createHandGateway({ limits: { lostBudget: 3 } });
  const a = await hand.join("a");
  const run = await hand.submit(1);
  for (let count = 0; count < 3; count += 1) {
    await a.end(heldBy(a), "lost", { loss: "browser_crash", error: { message: "It crashed" } });
    await hand.clock.run(500);
  }
  expect(hand.runNow(run.id).end).toMatchObject({ status: "incomplete", exitCode: 3 });
  expect(hand.report(run.id).tests[0]).toMatchObject({
    verdict: "lost",
    reason: "Lost 3 times: It crashed",
  });
  expect(a.offers).toHaveLength(3);
});

test("C4: a test whose node process died twice runs alone; a third death makes it poison", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  // Another healthy one: else the test would wait until there is nothing else (fleet/spare.ts).
  await hand.join("b", { capabilities: { able: [] } });
  const killer = definitionOf(0, { timeoutMs: 90_000 });
  const run = await hand.submit([killer, definitionOf(1), definitionOf(2), definitionOf(3)]);
  const isKiller = (id: LeaseId) => id.startsWith("run-1:0:");
  const crash = () => a.end(heldBy(a, isKiller), "lost", { loss: "crashed" });
  await crash();
  await hand.clock.run(500);
  await crash();
  // Its companions go first: it must wait until the node is empty.
  for (let count = 0; count < 3; count += 1) {
    await hand.clock.run(500);
    await a.end(
      heldBy(a, (id) => !isKiller(id)),
      "passed",
    );
  }
  await hand.clock.run(500);
  const active = [...(hand.mesh().nodes.get(a.nodeId)?.active ?? [])].map(({ id }) => id);
  expect(active).toEqual(["run-1:0:3"]);
  await crash();
  await hand.clock.run(1_000);
  expect(hand.report(run.id).tests[0]).toMatchObject({
    verdict: "lost",
    reason: "Poison: 3 node processes died while they ran it",
  });
});

test("gateway disk full: nothing is confirmed or promised, and it goes on by itself when there is room", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(2);
  const lease = heldBy(a);
  hand.disk.failure = new MeshError("disk_full", "Cannot commit: full");
  await a.end(lease, "passed");
  expect(a.confirmed).toBe(0);
  expect(hand.core().failure()).toBe(hand.disk.failure);
  const offered = a.offers.length;
  await hand.clock.run(5_000);
  expect(a.offers).toHaveLength(offered);
  hand.disk.failure = undefined;
  await hand.clock.run(2_000);
  await a.deliver();
  expect(a.confirmed).toBe(3);
  await a.end(heldBy(a), "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "passed" });
  expect(hand.store.violations).toEqual([]);
  expect(hand.faults).toEqual([]);
});
