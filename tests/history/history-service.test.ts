/** What can be asked of histories, on a core that the test drives; and what is learned of nodes. */
import { expect, test } from "vitest";
import { createHistoryService } from "#gateway/history/history-service.ts";
import type { HistoryOutcome, TestHistory } from "#proto/history.ts";
import { RunId, TestKey } from "#proto/ids.ts";
import { createHandGateway, type HandGateway } from "../gateway/hand-gateway.ts";
import type { HandNode } from "../gateway/hand-node.ts";
import { definitionOf } from "../gateway/make.ts";

const passOf = (durationMs: number): HistoryOutcome => ({
  status: "passed",
  durationMs,
  wallMs: 1_700_000_000_000,
  node: "0123456789",
});
const historyOf = (key: string, durationMs: number): TestHistory => ({
  key: TestKey.parse(key),
  platform: "http",
  outcomes: [passOf(durationMs)],
});
const serviceOf = (hand: HandGateway) => createHistoryService(hand.core(), hand.store);

async function merge(hand: HandGateway, tests: readonly TestHistory[]): Promise<void> {
  const merged = serviceOf(hand).merge(tests);
  await hand.clock.run(500);
  await merged;
}

test("pages hold each test once; a place that is none is no page; too many tests are forgotten by the bound", async () => {
  const hand = createHandGateway({ limits: { historyTestsMax: 5 } });
  await merge(
    hand,
    ["e", "d", "c", "b", "a"].map((key) => historyOf(key, 100)),
  );
  const service = serviceOf(hand);
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = service.page({ limit: 2, after });
    keys.push(...(page?.tests ?? []).map(({ key }) => key));
    after = page?.next;
  } while (after !== undefined);
  expect(keys).toEqual(["a", "b", "c", "d", "e"]);
  expect(service.page({ limit: 2, after: "nowhere" })).toBeUndefined();
  expect(service.exportPage({ limit: 9, runId: RunId.parse("run-9") })).toBeUndefined();
  await merge(hand, [historyOf("f", 100)]);
  expect(serviceOf(hand).page({ limit: 9 })?.tests).toHaveLength(5);
});

test("the export of a run has its tests, in pages, and no others", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a", { slots: 3 });
  await merge(hand, [historyOf("other", 100)]);
  const run = await hand.submit(3);
  await endAll(node, () => 5);
  const service = serviceOf(hand);
  const first = service.exportPage({ limit: 2, runId: run.id });
  const second = service.exportPage({ limit: 2, runId: run.id, after: first?.next });
  expect([...(first?.tests ?? []), ...(second?.tests ?? [])].map(({ key }) => key)).toEqual(
    run.tests.map(({ definition }) => definition.key),
  );
  expect(second?.next).toBeUndefined();
});

/** Passes one thing that the node holds, in as long as told; false when it holds nothing. */
async function endOne(node: HandNode, durationMs: (index: number) => number): Promise<boolean> {
  const open = [...node.held].find(([, state]) => state === "accepted");
  if (open === undefined) return false;
  const [leaseId] = open;
  await node.end(leaseId, "passed", { durationMs: durationMs(Number(leaseId.split(":")[1])) });
  return true;
}

async function endAll(node: HandNode, durationMs: (index: number) => number): Promise<void> {
  for (let count = 0; count < 100; count += 1) if (!(await endOne(node, durationMs))) return;
  throw new Error("The node never ran out of leases");
}

test("a node that takes twice as long is known for it, after a restart too, and its passes are expected as on a typical node", async () => {
  const hand = createHandGateway();
  const definitions = Array.from({ length: 24 }, (_, index) => definitionOf(index));
  await merge(
    hand,
    definitions.map(({ key }, index) => historyOf(key, 100 + index)),
  );
  const [a, b, slow] = [await hand.join("a"), await hand.join("b"), await hand.join("slow")];
  const run = await hand.submit(definitions);
  for (const test of run.tests)
    test.estimate = { expectedMs: 100 + test.index, hasFailedLast: false };
  for (let turn = 0; turn < 12; turn += 1) {
    await endOne(a, (index) => 100 + index);
    await endOne(b, (index) => 100 + index);
    await endOne(slow, (index) => 2 * (100 + index));
  }
  await hand.clock.run(2_000);
  const speeds = () => [a, b, slow].map((one) => hand.mesh().nodes.get(one.nodeId)?.speed);
  expect(speeds()).toEqual([1, 1, 2]);
  hand.kill();
  hand.boot();
  expect(speeds()).toEqual([1, 1, 2]);
  const shown = serviceOf(hand).page({ limit: 100 })?.tests ?? [];
  for (const { key, expectedMs } of shown) {
    const index = definitions.findIndex((one) => one.key === key);
    expect(expectedMs).toBeCloseTo(100 + index, 0);
  }
});
