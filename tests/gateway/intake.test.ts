/** What the gateway cannot read, or is not for it: counted, told, and refused where an answer is awaited (protocol.md, Subjects). */
import { expect, test } from "vitest";
import { MeshId, NodeId } from "#proto/ids.ts";
import { eventsSubject, heartbeatSubject, helloSubject } from "#proto/subjects.ts";
import { encodeMessage } from "#shared/bus.ts";
import { helloOf } from "./bare-mesh.ts";
import { createHandGateway } from "./hand-gateway.ts";

const nodeId = NodeId.parse("node-x");

async function ask(hand: ReturnType<typeof createHandGateway>, subject: string, data: Uint8Array) {
  const asked = hand.network.join("stranger").bus.request(subject, data, 1_000);
  await hand.clock.run(100);
  return JSON.parse(new TextDecoder().decode(await asked)) as unknown;
}

test("an unreadable message is counted, told and refused; the gateway goes on", async () => {
  const hand = createHandGateway();
  for (const subject of [helloSubject(), eventsSubject(nodeId)])
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
  expect(await ask(hand, helloSubject(), encodeMessage(hello))).toMatchObject(foreign);
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
