/** Groups whose tests need different things of their one node (G2, withGroupNeeds), by a gateway with nodes played by hand. */
import { expect, test } from "vitest";
import { withGroupNeeds } from "#gateway/planning/run-needs.ts";
import { createHandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { capabilitiesOf, definitionOf } from "../make.ts";

const GROUP = withGroupNeeds(
  [{}, { labels: ["lab"] }].map((needs, index) =>
    definitionOf(index, { needs, schedule: { group: { name: "g", isSerial: false } } }),
  ),
);
const namesOf = (node: HandNode) => node.offers.map(({ definition }) => definition.name);
const lab = { capabilities: { labels: ["lab"] } };
const plain = capabilitiesOf();

test("the first of a group waits for a node that can run the last of it", async () => {
  const hand = createHandGateway();
  const poor = await hand.join("poor");
  const run = await hand.submit(GROUP, { waitForNodesMs: 60_000 });
  await hand.clock.run(5_000);
  expect(namesOf(poor)).toEqual([]);
  const rich = await hand.join("rich", lab);
  await rich.end(heldBy(rich), "passed");
  await rich.end(heldBy(rich), "passed");
  expect(hand.runNow(run.id).end?.status).toBe("passed");
});

test("a node that comes back without what its group needs is left, before and after the next is queued", async () => {
  for (const isQueued of [false, true]) {
    const hand = createHandGateway();
    const a = await hand.join("a", lab);
    const run = await hand.submit(GROUP);
    const b = await hand.join("b", lab);
    const first = heldBy(a);
    if (isQueued) a.answers = { code: "full", reason: "Full" };
    else await a.hello({ capabilities: plain });
    await a.end(first, "passed");
    if (isQueued) await a.hello({ capabilities: plain });
    await hand.clock.run(5_000);
    await b.end(heldBy(b), "passed");
    expect(hand.runNow(run.id).end?.status).toBe("passed");
    expect(hand.faults).toEqual([]);
  }
});
