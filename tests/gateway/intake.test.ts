/** What comes in: unreadable and foreign messages are counted, told and refused (protocol.md, Subjects); clocks (C5) and secrets (K1). */
import { expect, test } from "vitest";
import { RunOptions } from "#proto/api.ts";
import { MeshId, NodeId, RunId } from "#proto/ids.ts";
import { eventsSubject, heartbeatSubject, helloSubject } from "#proto/subjects.ts";
import { encodeMessage } from "#shared/bus.ts";
import { helloOf } from "./bare-mesh.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { heldBy } from "./hand-node.ts";
import { definitionOf } from "./make.ts";

const nodeId = NodeId.parse("node-x");

async function ask(hand: ReturnType<typeof createHandGateway>, subject: string, data: Uint8Array) {
  const asked = hand.network.join("stranger").bus.request(subject, data, 1_000);
  await hand.clock.run(100);
  return JSON.parse(new TextDecoder().decode(await asked)) as unknown;
}

test("an unreadable message is counted, told and refused; the gateway goes on", async () => {
  const hand = createHandGateway();
  for (const subject of [helloSubject(nodeId), eventsSubject(nodeId)])
    for (const data of [
      new Uint8Array([0xff, 0x00]),
      encodeMessage({ meshId: 7 }),
      encodeMessage([]),
    ])
      expect(await ask(hand, subject, data)).toMatchObject({ kind: "refused", code: "unreadable" });
  hand.network.join("other").bus.publish(heartbeatSubject(nodeId), encodeMessage({}));
  await hand.clock.run(100);
  expect(hand.mesh().counters.unreadableMessages).toBe(7);
  expect(hand.warned).toEqual(Array.from({ length: 7 }, () => "message_unreadable"));
  expect(hand.faults).toEqual([]);
  expect(await (await hand.join("a")).hello()).toMatchObject({ kind: "welcome" });
});

test("a message of another mesh is counted, told and refused by name", async () => {
  const hand = createHandGateway();
  const meshId = MeshId.parse("mesh-2");
  const foreign = { kind: "refused", code: "foreign_mesh" };
  const hello = helloOf("x", { meshId });
  expect(await ask(hand, helloSubject(nodeId), encodeMessage(hello))).toMatchObject(foreign);
  const batch = { ...hello, events: [{ number: 1, event: {} }] };
  expect(await ask(hand, eventsSubject(nodeId), encodeMessage(batch))).toMatchObject(foreign);
  const load = { cpu: 0, freeMemoryBytes: 1, freeDiskBytes: 1 };
  const beat = { ...hello, epoch: 1, freeSlots: 1, load };
  hand.network.join("other").bus.publish(heartbeatSubject(nodeId), encodeMessage(beat));
  await hand.clock.run(100);
  expect(hand.mesh().counters.foreignMessages).toBe(3);
  expect(hand.warned).toEqual(Array.from({ length: 3 }, () => "message_foreign"));
  expect(hand.mesh().nodes.size).toBe(0);
  expect(hand.mesh().stores.size).toBe(0);
});

test("C5: the node's times are told in the gateway's clock, as hello measured it", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await a.hello({ wallMs: hand.clock.wallMs() - 3_600_000 });
  const run = await hand.submit(1);
  const leaseId = heldBy(a);
  const wallMs = hand.clock.wallMs() - 3_600_000;
  a.save({ kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs });
  await a.deliver();
  const attempt = hand.runNow(run.id).tests[0]?.leases[0]?.attempt;
  expect(Math.abs((attempt?.startedWallMs ?? 0) - hand.clock.wallMs())).toBeLessThan(1_000);
});

test("C5: events that a restarted gateway hears before the next hello are told in its clock too", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await a.hello({ wallMs: hand.clock.wallMs() - 3_600_000 });
  const run = await hand.submit(1);
  const leaseId = heldBy(a);
  hand.kill();
  hand.boot();
  const wallMs = hand.clock.wallMs() - 3_600_000;
  a.save({ kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs });
  await a.deliver();
  const attempt = hand.runNow(run.id).tests[0]?.leases[0]?.attempt;
  expect(Math.abs((attempt?.startedWallMs ?? 0) - hand.clock.wallMs())).toBeLessThan(1_000);
});

test("K1: values of secrets are in the offers of the tests that name them, and in nothing that is committed", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const secrets = { A: "first-value", B: "second-value" };
  const created = hand.core().createRun({
    runId: RunId.parse("run-9"),
    definitions: [definitionOf(0, { secrets: ["A"] })],
    options: RunOptions.parse({}),
    secrets,
    sealedSecrets: JSON.stringify({ A: "sealed", B: "sealed" }), // the hand gateway opens them by reading
    idempotencyKey: undefined,
    bodySha256: "0",
  });
  await hand.clock.run(50);
  const run = await created;
  expect(a.offers.map((offer) => offer.secrets)).toEqual([{ A: "first-value" }]);
  expect(JSON.stringify(hand.disk.commits)).not.toContain("-value");
  hand.kill();
  hand.boot();
  expect(hand.runNow(run.id).secrets).toEqual({ A: "sealed", B: "sealed" });
  await a.end(heldBy(a), "passed");
  expect(hand.runNow(run.id)).toMatchObject({ end: { status: "passed" }, secrets: {} });
  expect(Object.keys(hand.runNow(run.id).secrets)).toEqual([]);
  hand.kill();
  hand.boot();
  expect(Object.keys(hand.runNow(run.id).secrets)).toEqual([]);
});
