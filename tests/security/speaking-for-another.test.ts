/**
 * What a node says counts for itself alone, also where NATS does not see to it (an outside one): its content must name
 * the node of its subject, and another's leases and stores are not its to speak of.
 */
import { expect, test } from "vitest";
import { NodeId } from "#proto/ids.ts";
import {
  bareHelloSubject,
  eventsSubject,
  heartbeatSubject,
  helloSubject,
} from "#proto/subjects.ts";
import { encodeMessage } from "#shared/bus.ts";
import { helloOf } from "../gateway/bare-mesh.ts";
import { createHandGateway } from "../gateway/hand-gateway.ts";
import { heldBy } from "../gateway/hand-node.ts";

type Hand = ReturnType<typeof createHandGateway>;

async function ask(hand: Hand, subject: string, message: unknown) {
  const { bus } = hand.network.join("forger");
  const asked = bus.request(subject, encodeMessage(message), 1_000);
  await hand.clock.run(100);
  return JSON.parse(new TextDecoder().decode(await asked)) as unknown;
}
const unreadable = { kind: "refused", code: "unreadable" };

test("a hello on one node's subject that names another is refused, and changes nothing", async () => {
  const hand = createHandGateway();
  const b = await hand.join("b");
  const forged = helloOf("b", { nodeId: b.nodeId, isDraining: true });
  expect(await ask(hand, helloSubject(NodeId.parse("node-a")), forged)).toMatchObject(unreadable);
  expect(hand.mesh().nodes.get(b.nodeId)?.record.bootId).toBe(b.bootId);
  expect(hand.mesh().nodes.get(b.nodeId)?.isDraining).toBe(false);
  expect(hand.mesh().counters.unreadableMessages).toBe(1);
});

test("the hello of before, which named no node, is refused by name", async () => {
  const hand = createHandGateway();
  const answer = await ask(hand, bareHelloSubject(), helloOf("x"));
  expect(answer).toMatchObject({ kind: "refused", code: "version" });
  expect(JSON.stringify(answer)).toContain("update the node");
  expect(hand.mesh().nodes.size).toBe(0);
});

test("a heartbeat on one node's subject that names another is not heard", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a"), await hand.join("b")];
  const beat = { ...helloOf("b"), nodeId: b.nodeId, bootId: b.bootId, epoch: b.epoch };
  const forged = { ...beat, freeSlots: 1, load: b.load, isDraining: true };
  a.party.bus.publish(heartbeatSubject(a.nodeId), encodeMessage(forged));
  await hand.clock.run(100);
  expect(hand.mesh().nodes.get(b.nodeId)?.isDraining).toBe(false);
  a.party.bus.publish(heartbeatSubject(b.nodeId), encodeMessage(forged));
  await hand.clock.run(100);
  expect(hand.mesh().nodes.get(b.nodeId)?.isDraining).toBe(true); // the same, on its own subject
});

test("events on one node's subject that name another are refused, and advance no store", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a"), await hand.join("b")];
  const { meshId } = hand.mesh();
  const forged = {
    meshId,
    nodeId: b.nodeId,
    storeId: b.storeId,
    events: [{ number: 1, event: 0 }],
  };
  expect(await ask(hand, eventsSubject(a.nodeId), forged)).toMatchObject(unreadable);
  const ofOther = { ...forged, nodeId: a.nodeId };
  expect(await ask(hand, eventsSubject(a.nodeId), ofOther)).toMatchObject(unreadable);
  expect(hand.mesh().stores.get(b.storeId)?.confirmed).toBe(0);
});

test("an event about another's lease is rejected, and that lease is left as it was", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a"), await hand.join("b")];
  const run = await hand.submit(1);
  const [owner, forger] = a.held.size > 0 ? [a, b] : [b, a];
  const leaseId = heldBy(owner);
  await forger.end(leaseId, "passed"); // as if it had started it, too
  expect(hand.mesh().counters.rejectedEvents).toBe(3);
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toBeUndefined();
  await owner.end(leaseId, "failed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "failed" });
});

test("a hello that holds another's lease is told to drop it, and brings no settled one back", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const leaseId = heldBy(a);
  await a.start(leaseId);
  const forger = await hand.join("b", { capabilities: { able: [] } });
  a.isBeating = false;
  a.party.kill();
  await hand.clock.run(12_000);
  const lease = () => hand.runNow(run.id).tests[0]?.leases[0];
  expect(lease()?.settlement).toMatchObject({ kind: "lost" });
  const reply = await forger.hello({ held: [{ leaseId, state: "running" }] });
  expect(reply).toMatchObject({ kind: "welcome", drop: [leaseId] });
  expect(lease()?.settlement).toMatchObject({ kind: "lost" });
  expect(hand.mesh().nodes.get(forger.nodeId)?.active.size).toBe(0);
});
