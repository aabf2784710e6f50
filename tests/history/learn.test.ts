/** What outcomes teach, on a core that the test drives: counted once, in the commit of the outcome, and known after a restart. */
import { expect, test } from "vitest";
import { outcomesIn } from "#gateway/history/outcomes.ts";
import { recollect } from "#gateway/history/recollect.ts";
import type { LeaseId, TestKey } from "#proto/ids.ts";
import { createHandGateway, type HandGateway } from "../gateway/hand-gateway.ts";
import { type HandNode, heldBy } from "../gateway/hand-node.ts";
import { definitionOf } from "../gateway/make.ts";

const historyOf = ({ store }: HandGateway, key: TestKey) =>
  outcomesIn(store.histories([{ key, platform: "http" }])[0] ?? "");

/** Ends what the node holds as told, one after the other, and whatever it is given then. */
async function endAll(node: HandNode, status: "passed" | "failed"): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    const open = [...node.held].find(([, state]) => state === "accepted");
    if (open === undefined) return;
    const [leaseId] = open;
    await node.end(leaseId, status);
  }
  throw new Error("The node never ran out of leases");
}

test("an outcome is in the history in the same commit that takes its event, and only once", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  const run = await hand.submit(2);
  hand.disk.commits.length = 0;
  await endAll(node, "failed");
  const withOutcome = hand.disk.commits.filter((changes) =>
    changes.some(
      (change) => change.kind === "event_taken" && change.event.kind === "attempt_ended",
    ),
  );
  for (const changes of withOutcome) {
    const ended = changes.filter(
      (change) => change.kind === "event_taken" && change.event.kind === "attempt_ended",
    );
    expect(changes.filter(({ kind }) => kind === "outcome_noted")).toHaveLength(ended.length);
  }
  expect(hand.disk.commits.flat().filter(({ kind }) => kind === "outcome_noted")).toHaveLength(2);
  for (const { definition } of run.tests)
    expect(historyOf(hand, definition.key)).toMatchObject([{ status: "failed" }]);
});

test("tests of the next run are expected as they were, by the name of their history; a gateway that starts again knows it, too", async () => {
  const hand = createHandGateway();
  const node = await hand.join("a");
  await hand.submit([definitionOf(0), definitionOf(1)]);
  await endAll(node, "passed");
  const historyKey = definitionOf(1).key;
  const again = [definitionOf(0), definitionOf(7, { historyKey }), definitionOf(8)];
  const estimates = await recollect(hand.mesh(), hand.store, again);
  expect(estimates.map(({ expectedMs }) => expectedMs !== undefined)).toEqual([true, true, false]);
  expect(estimates.map(({ hasFailedLast }) => hasFailedLast)).toEqual([false, false, false]);
  const run = await hand.submit(again);
  hand.kill();
  hand.boot();
  expect(hand.runNow(run.id).tests.map(({ estimate }) => estimate)).toEqual(estimates);
});

test("what does not count teaches nothing: a loss, and an outcome that came after its test was offered again", async () => {
  const hand = createHandGateway();
  const two = { slots: 2 };
  const [a, b] = [await hand.join("a", two), await hand.join("b", two)];
  const run = await hand.submit([definitionOf(0), definitionOf(1)]);
  const isOfFirst = (leaseId: LeaseId) => leaseId.startsWith(`${run.id}:0:`);
  const [first, second] = [...a.held.keys()].some(isOfFirst) ? [a, b] : [b, a];
  const leaseId = heldBy(first, isOfFirst);
  await first.start(leaseId);
  first.isBeating = false;
  first.party.cut(true);
  await hand.clock.run(12_000);
  const [other] = [...second.held.keys()].filter((held) => !isOfFirst(held));
  if (other !== undefined) await second.start(other); // the run stays open
  await second.end(heldBy(second, isOfFirst), "passed");
  expect(hand.runNow(run.id).tests[0]?.decided?.verdict).toBe("passed");
  first.party.cut(false);
  first.isBeating = true;
  await first.end(leaseId, "failed");
  expect(hand.runNow(run.id).end).toBeUndefined();
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.attempt?.end?.status).toBe("failed");
  const key = definitionOf(0).key;
  expect(historyOf(hand, key).map(({ status }) => status)).toEqual(["passed"]);
});
