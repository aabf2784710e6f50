/** Runs beside each other: priority, shares, bounds, first failures, and leases that are taken back for who is due. */
import { expect, test } from "vitest";
import type { RunState } from "#gateway/mesh/run-state.ts";
import type { RunOptions } from "#proto/api.ts";
import { createHandGateway, type HandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { definitionOf } from "../make.ts";

const heldOf = (node: HandNode, run: RunState) =>
  [...node.held].filter(([id, state]) => state !== "ended" && id.startsWith(run.id)).length;

/** Ends attempts one after the other and counts whose they were. */
async function serve(
  hand: HandGateway,
  node: HandNode,
  count: number,
): Promise<Map<string, number>> {
  const served = new Map<string, number>();
  for (let at = 0; at < count; at += 1) {
    const id = heldBy(node);
    const offer = node.offers.find(({ leaseId }) => leaseId === id);
    served.set(offer?.runId ?? "", (served.get(offer?.runId ?? "") ?? 0) + 1);
    await node.end(id, "passed", { durationMs: 5_000 });
  }
  expect(hand.faults).toEqual([]);
  return served;
}

async function twoRuns(first: Partial<RunOptions>, second: Partial<RunOptions>, slots = 1) {
  const hand = createHandGateway();
  const runs = [await hand.submit(100, first), await hand.submit(100, second)] as const;
  const node = await hand.join("a", { slots });
  return { hand, runs, node };
}

test("a run of higher priority goes first, as long as it has anything to run", async () => {
  const { hand, runs, node } = await twoRuns({}, { priority: 1 });
  expect(await serve(hand, node, 20)).toEqual(new Map([[runs[1].id, 20]]));
});

test("runs of one priority share slots by their weights, whatever came first", async () => {
  const { hand, runs, node } = await twoRuns({ weight: 1 }, { weight: 3 });
  const served = await serve(hand, node, 40);
  expect(served.get(runs[0].id)).toBeGreaterThanOrEqual(9);
  expect(served.get(runs[0].id)).toBeLessThanOrEqual(11);
});

test("a run that begins later has no past to be paid for", async () => {
  const hand = createHandGateway();
  const first = await hand.submit(100);
  const node = await hand.join("a");
  await serve(hand, node, 20);
  const second = await hand.submit(100);
  const served = await serve(hand, node, 20);
  for (const run of [first, second])
    expect(Math.abs((served.get(run.id) ?? 0) - 10)).toBeLessThanOrEqual(1);
});

test("a run below all others gets a lease when it has starved", async () => {
  const { hand, runs, node } = await twoRuns({ priority: -5 }, {});
  await serve(hand, node, 2);
  expect(node.offers.some(({ runId }) => runId === runs[0].id)).toBe(false);
  await hand.clock.run(hand.limits.starveMs);
  await serve(hand, node, 2);
  expect(node.offers.filter(({ runId }) => runId === runs[0].id)).toHaveLength(1);
});

test("a run keeps to its most in flight, a project to its quota over all its runs", async () => {
  const hand = createHandGateway();
  hand.mesh().quotas.set("shop", 3);
  const bounded = await hand.submit(10, { maxInFlight: 2 });
  const shop = [
    await hand.submit(10, { project: "shop" }),
    await hand.submit(10, { project: "shop" }),
  ];
  const free = await hand.submit(10);
  const [a, b] = [await hand.join("a", { slots: 8 }), await hand.join("b", { slots: 8 })];
  const flying = (run: RunState) => heldOf(a, run) + heldOf(b, run);
  expect(flying(bounded)).toBe(2);
  expect(shop.map(flying).reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(flying(free)).toBe(10);
  await a.end(
    heldBy(a, (id) => id.startsWith(bounded.id)),
    "passed",
  );
  expect(flying(bounded)).toBe(2);
});

test("what stands ahead of a run that is due is taken back: it is next when an attempt ends", async () => {
  const hand = createHandGateway();
  const long = await hand.submit(100);
  const a = await hand.join("a");
  for (let at = 0; at < 3; at += 1) await a.end(heldBy(a), "passed", { durationMs: 1_000 });
  await a.start(heldBy(a));
  expect(heldOf(a, long)).toBeGreaterThan(1);
  const small = await hand.submit(5);
  await hand.clock.run(1_000);
  expect(a.controls.some(({ kind }) => kind === "recall")).toBe(true);
  const running = [...a.held].find(([, state]) => state === "running")?.[0];
  if (running === undefined) throw new Error("An attempt runs");
  await a.end(running, "passed", { durationMs: 1_000 });
  expect(heldBy(a).startsWith(small.id)).toBe(true);
});

test("maxFailures: the rest is skipped on all nodes, what runs is cancelled; retries are no failures", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a"), await hand.join("b")];
  const tests = Array.from({ length: 6 }, (_, index) => definitionOf(index, { retries: 1 }));
  const run = await hand.submit(tests, { maxFailures: 1 });
  await b.start(heldBy(b));
  const [first] = [...a.held.keys()];
  await a.end(heldBy(a), "failed");
  expect(hand.runNow(run.id).cancel).toBeUndefined();
  await a.end(heldBy(a), "failed");
  expect(a.offers[1]?.definition.key).toBe(a.offers[0]?.definition.key);
  expect(first).not.toBeUndefined();
  const [running] = [...b.held.keys()];
  expect(b.controls.some(({ kind }) => kind === "cancel")).toBe(true);
  if (running !== undefined) await b.end(running, "cancelled");
  const end = hand.runNow(run.id);
  const verdicts = end.tests.map(({ decided }) => decided?.verdict).sort();
  expect(verdicts).toEqual(["failed", "skipped", "skipped", "skipped", "skipped", "skipped"]);
  expect(end.end).toMatchObject({ status: "failed", exitCode: 1 });
  expect(end.end?.reason).toBe("Stopped: 1 test has failed, and --max-failures is 1");
});

test("maxFailures: a node that does not answer holds the run up no longer than a cancel does", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a"), await hand.join("b")];
  const run = await hand.submit(4, { maxFailures: 1 });
  await b.start(heldBy(b));
  b.isAnsweringControls = false;
  await a.end(heldBy(a), "failed");
  await hand.clock.run(hand.limits.cancelAnswerMs + 1_000);
  expect(hand.runNow(run.id).end?.exitCode).toBe(1);
});

test("a run of which no time is known gets its share beside one whose tests are offered ahead", async () => {
  const hand = createHandGateway();
  const long = await hand.submit(100);
  const a = await hand.join("a", { slots: 2 });
  const wheel = async () => {
    const running = [...a.held].find(([, state]) => state === "running")?.[0];
    await a.end(running ?? heldBy(a), "passed", { durationMs: 1_000 });
    if ([...a.held.values()].includes("accepted")) await a.start(heldBy(a));
  };
  for (let at = 0; at < 6; at += 1) await wheel();
  const small = await hand.submit(5);
  for (let at = 0; at < 14; at += 1) await wheel();
  expect(hand.runNow(small.id).end?.status).toBe("passed");
  expect(hand.runNow(long.id).end).toBeUndefined();
});
