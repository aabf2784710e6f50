import { expect, test } from "vitest";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import { MeshError } from "#shared/errors.ts";
import { createHandMesh, offerOf } from "./hand-mesh.ts";

test("E2: no event is sent before a power cut could no longer take its number back", async () => {
  const inner = createMemoryNodeStore();
  const disk = { isFull: false, synced: 0 };
  const store = {
    ...inner,
    sync: () => {
      if (disk.isFull) throw new MeshError("disk_full", "Cannot save: the disk is full");
      disk.synced = inner.lastNumber();
    },
    eventsAfter: (...asked: Parameters<typeof inner.eventsAfter>) => {
      const events = inner.eventsAfter(...asked);
      expect(events.at(-1)?.number ?? 0).toBeLessThanOrEqual(disk.synced);
      return events;
    },
  };
  const hand = createHandMesh({ store });
  const node = hand.boot("boot-1");
  await hand.clock.run(1_000);
  disk.isFull = true;
  await hand.offer([offerOf(0)]);
  await hand.clock.run(5_000);
  expect([inner.lastNumber(), hand.events.length]).toEqual([1, 0]);
  disk.isFull = false;
  node.end(offerOf(0).leaseId);
  await hand.clock.run(15_000);
  expect(hand.events.map(({ kind }) => kind)).toEqual(["attempt_started", "attempt_ended"]);
});
