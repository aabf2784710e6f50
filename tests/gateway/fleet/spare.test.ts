/** A test that node processes died with keeps away from the last healthy node while there is other work (C4). */
import { expect, test } from "vitest";
import { explainTest } from "#gateway/explain/explain-test.ts";
import { createHandGateway, type HandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";

/** A node that dies with the first test of a run of four, and another one. */
async function strike(hand: HandGateway) {
  const a = await hand.join("a");
  const run = await hand.submit(4);
  const [test] = run.tests;
  const id = heldBy(a);
  expect(test?.leases[0]?.id).toBe(id);
  await a.start(id);
  a.party.kill();
  await hand.clock.run(5_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("gone");
  expect(test?.leases[0]?.settlement?.cause).toBe("node_died");
  return { run, test };
}

const indexesOf = (node: HandNode) => node.offers.map(({ leaseId }) => leaseId.split(":")[1]);

test("with one healthy node left it goes last, and says so", async () => {
  const hand = createHandGateway();
  const { run, test } = await strike(hand);
  const b = await hand.join("b");
  if (test === undefined) throw new Error("There is no test");
  expect(explainTest(hand.mesh(), run, test).reasons[0]).toEqual({
    code: "spared",
    text: "A node process died while it ran it, and only one healthy node is left: other work goes first",
  });
  for (let count = 0; count < 4; count += 1) await b.end(heldBy(b), "passed");
  expect(indexesOf(b).at(-1)).toBe("0");
  expect(indexesOf(b)).toHaveLength(4);
  expect(hand.runNow(run.id).end).toMatchObject({ exitCode: 0 });
});

test("with two healthy nodes it goes first, as all that must run again", async () => {
  const hand = createHandGateway();
  const { run } = await strike(hand);
  const b = await hand.join("b", { slots: 4 });
  await hand.join("c");
  await hand.clock.run(1_000);
  // The first node that came had only itself: the test is offered when the second is there.
  const leases = run.tests[0]?.leases ?? [];
  expect(leases.length).toBe(2);
  expect(b.held.size).toBeGreaterThan(0);
});
