/** A run that wants several nodes begins when so many are there, says that it waits, and does not wait for ever. */
import { expect, test } from "vitest";
import { whyNotBegun } from "#gateway/fleet/min-nodes.ts";
import { createHandGateway } from "../hand-gateway.ts";
import { heldBy } from "../hand-node.ts";

test("whyNotBegun() holds a run back until enough nodes are open, and never again once it has begun", async () => {
  const hand = createHandGateway();
  const run = await hand.submit(2, { minNodes: 2, waitForNodesMs: 60_000 });
  expect(whyNotBegun(run, () => 0)).toBe("The run begins when 2 nodes are there and open: 0 are");
  expect(whyNotBegun(run, () => 1)).toBe("The run begins when 2 nodes are there and open: 1 is");
  expect(whyNotBegun(run, () => 2)).toBeUndefined();
  const free = await hand.submit(1);
  expect(whyNotBegun(free, () => 0)).toBeUndefined();
});
test("a run that never gets its nodes ends with the reason", async () => {
  const hand = createHandGateway();
  await hand.join("a");
  const run = await hand.submit(2, { minNodes: 2, waitForNodesMs: 5_000 });
  await hand.clock.run(1_000);
  const reason = "The run begins when 2 nodes are there and open: 1 is";
  expect(hand.notices).toContainEqual({ kind: "waiting", reason });
  await hand.clock.run(6_000);
  expect(hand.runNow(run.id).end).toMatchObject({ status: "incomplete", exitCode: 3 });
  expect(hand.report(run.id).tests[0]).toMatchObject({
    verdict: "lost",
    reason: `${reason}; waited 5 s`,
    attempts: [],
  });
});

test("nothing of the run is leased before, all of it after", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.submit(2, { minNodes: 2, waitForNodesMs: 60_000 });
  await hand.clock.run(2_000);
  expect(a.offers).toEqual([]);
  const b = await hand.join("b");
  await hand.clock.run(2_000);
  await a.end(heldBy(a), "passed");
  await b.end(heldBy(b), "passed");
  expect(hand.notices.at(-1)).toMatchObject({ kind: "run_ended", status: "passed" });
});
