/** What every NodeStore does: the replica in libSQL, and the one in memory that simulations use. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import { LEASES_REMEMBERED_MAX, type NodeStore } from "#node/store/node-store.ts";
import { openReplica, type Replica } from "#node/store/replica.ts";
import { systemIds } from "#shared/ids.ts";
import { ALL, endedOf, leaseOf, rowOf, startedOf, stepOf } from "./node-store-rows.ts";

const folders: string[] = [];
const replicas: Replica[] = [];
function openFileStore(): NodeStore {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-store-"));
  folders.push(folder);
  const replica = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  replicas.push(replica);
  return replica.store;
}
afterEach(() => {
  for (const replica of replicas.splice(0)) replica.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe.each([
  ["libSQL", openFileStore],
  ["memory", () => createMemoryNodeStore()],
] as const)("the node store (%s)", (_name, open) => {
  const run = (store: NodeStore, testIndex: number) => {
    store.saveAccepted([rowOf(testIndex)]);
    store.start(leaseOf(testIndex), startedOf(testIndex));
    store.append(stepOf(testIndex));
    return store.append(endedOf(testIndex));
  };

  test("E1: events are numbered 1, 2, 3 … and come back in order", () => {
    const store = open();
    expect([store.lastNumber(), store.confirmed()]).toEqual([0, 0]);
    expect(run(store, 0)).toBe(3);
    expect(run(store, 1)).toBe(6);
    const saved = store.eventsAfter(0, ALL);
    expect(saved.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(saved[1]?.event).toEqual(stepOf(0));
    expect(store.eventsAfter(4, ALL).map(({ number }) => number)).toEqual([5, 6]);
  });

  test("eventsAfter() keeps to its bounds, and gives at least one", () => {
    const store = open();
    for (let index = 0; index < 5; index += 1) run(store, index);
    expect(store.eventsAfter(0, { countMax: 4, bytesMax: 1e9 })).toHaveLength(4);
    expect(store.eventsAfter(0, { countMax: 100, bytesMax: 1 })).toHaveLength(1);
    const bytes =
      Buffer.byteLength(JSON.stringify(startedOf(0))) +
      Buffer.byteLength(JSON.stringify(stepOf(0)));
    expect(store.eventsAfter(0, { countMax: 100, bytesMax: bytes })).toHaveLength(2);
    expect(store.eventsAfter(15, ALL)).toEqual([]);
  });

  test("L3: start and give-back exclude each other", () => {
    const store = open();
    store.saveAccepted([rowOf(0), rowOf(1)]);
    expect(store.start(leaseOf(0), startedOf(0))).toBe(true);
    expect(store.giveBack([leaseOf(0), leaseOf(1), leaseOf(9)])).toEqual([leaseOf(1)]);
    expect(store.giveBack([leaseOf(1)])).toEqual([]);
    expect(store.start(leaseOf(1), startedOf(1))).toBe(false);
    expect(store.start(leaseOf(0), startedOf(0))).toBe(false);
    expect(store.lastNumber()).toBe(1);
    expect(store.lease(leaseOf(1))?.state).toBe("given_back");
  });

  test("an end and the next start are saved together, or the end alone when that was given back", () => {
    const store = open();
    store.saveAccepted([rowOf(0), rowOf(1), rowOf(2)]);
    store.start(leaseOf(0), startedOf(0));
    const next = { leaseId: leaseOf(1), event: startedOf(1) };
    expect(store.endAndStart(endedOf(0), next)).toBe(true);
    expect(store.eventsAfter(1, ALL)).toEqual([
      { number: 2, event: endedOf(0) },
      { number: 3, event: startedOf(1) },
    ]);
    expect([leaseOf(0), leaseOf(1)].map((id) => store.lease(id)?.state)).toEqual([
      "ended",
      "running",
    ]);
    store.giveBack([leaseOf(2)]);
    const over = { leaseId: leaseOf(2), event: startedOf(2) };
    expect(store.endAndStart(endedOf(1), over)).toBe(false);
    expect(store.lastNumber()).toBe(4);
    expect(store.lease(leaseOf(1))?.state).toBe("ended");
    expect(store.lease(leaseOf(2))?.state).toBe("given_back");
    expect(() => store.endAndStart(endedOf(1), next)).toThrow("it is not running");
    expect(store.lastNumber()).toBe(4);
  });

  test("L2: an acceptance that is repeated changes nothing", () => {
    const store = open();
    store.saveAccepted([rowOf(0)]);
    store.giveBack([leaseOf(0)]);
    store.saveAccepted([rowOf(0)]);
    expect(store.lease(leaseOf(0))?.state).toBe("given_back");
    expect(store.held()).toEqual([]);
    expect(store.start(leaseOf(0), startedOf(0))).toBe(false);
  });

  test("L4: held() has accepted, running, and ended leases until they are confirmed", () => {
    const store = open();
    run(store, 0);
    store.saveAccepted([rowOf(1), rowOf(2), rowOf(3)]);
    store.start(leaseOf(1), startedOf(1));
    store.giveBack([leaseOf(3)]);
    expect(store.held()).toEqual([
      { leaseId: leaseOf(0), state: "ended" },
      { leaseId: leaseOf(1), state: "running" },
      { leaseId: leaseOf(2), state: "accepted" },
    ]);
    store.confirm(2);
    expect(store.held()).toHaveLength(3);
    store.confirm(3);
    expect(store.held().map(({ leaseId }) => leaseId)).toEqual([leaseOf(1), leaseOf(2)]);
    expect(store.leases().map(({ leaseId }) => leaseId)).toEqual([
      leaseOf(1),
      leaseOf(2),
      leaseOf(3),
    ]);
    expect(store.lease(leaseOf(0))?.state).toBe("ended");
  });

  test("E3: confirm() forgets events up to it, and ignores what is below, or beyond the last", () => {
    const store = open();
    run(store, 0);
    store.confirm(2);
    store.confirm(1);
    store.confirm(99);
    expect(store.confirmed()).toBe(2);
    expect(store.eventsAfter(0, ALL).map(({ number }) => number)).toEqual([3]);
    store.confirm(3);
    expect(store.eventsAfter(0, ALL)).toEqual([]);
    expect(store.lastNumber()).toBe(3);
    expect(run(store, 1)).toBe(6);
  });

  test("append() refuses events of a lease that does not run", () => {
    const store = open();
    store.saveAccepted([rowOf(0)]);
    expect(() => store.append(stepOf(0))).toThrow(/not running/);
    run(store, 1);
    expect(() => store.append(stepOf(1))).toThrow(/not running/);
    expect(store.lastNumber()).toBe(3);
  });

  test("E4: renew() opens a new sequence and keeps what is unconfirmed", () => {
    const store = open();
    run(store, 0);
    run(store, 1);
    store.confirm(4);
    const before = store.storeId();
    store.renew();
    expect(store.storeId()).not.toBe(before);
    expect([store.confirmed(), store.lastNumber()]).toEqual([0, 2]);
    expect(store.eventsAfter(0, ALL)).toEqual([
      { number: 1, event: stepOf(1) },
      { number: 2, event: endedOf(1) },
    ]);
    store.confirm(2);
    expect(store.held()).toEqual([]);
    store.renew();
    expect([store.confirmed(), store.lastNumber()]).toEqual([0, 0]);
    expect(run(store, 2)).toBe(3);
  });

  test("E4: renew() of a restored node leaves out what the gateway has, and keeps what is new", () => {
    const store = open();
    run(store, 0);
    store.saveAccepted([rowOf(1)]);
    store.start(leaseOf(1), startedOf(1));
    const base = store.lastNumber();
    store.append(endedOf(1)); // by the new process (L6)
    store.renew(base);
    expect(store.eventsAfter(0, ALL)).toEqual([{ number: 1, event: endedOf(1) }]);
    expect(store.held()).toEqual([{ leaseId: leaseOf(1), state: "ended" }]);
    store.confirm(1);
    expect(store.held()).toEqual([]);
  });

  test("E4: renew() for a restored gateway numbers anew all that is kept of what it has forgotten", () => {
    const store = open();
    store.saveAccepted([rowOf(1)]);
    store.start(leaseOf(1), startedOf(1)); // 1
    run(store, 0); // 2 to 4
    store.append(stepOf(1)); // 5
    store.confirm(5);
    store.append(endedOf(1)); // 6
    store.renew(0);
    expect([store.confirmed(), store.lastNumber()]).toEqual([0, 3]);
    const kept = [startedOf(1), stepOf(1), endedOf(1)];
    expect(store.eventsAfter(0, ALL)).toEqual(
      kept.map((event, index) => ({ number: index + 1, event })),
    );
    store.confirm(3);
    expect(store.held()).toEqual([]);
    expect(run(store, 2)).toBe(6);
  });

  test("what is over is remembered within its bound", () => {
    const store = open();
    const count = LEASES_REMEMBERED_MAX + 1_500;
    for (let start = 0; start < count; start += 500) {
      const ids = Array.from({ length: 500 }, (_, index) => start + index);
      store.saveAccepted(ids.map(rowOf));
      store.giveBack(ids.map(leaseOf));
    }
    expect(store.lease(leaseOf(0))).toBeUndefined();
    expect(store.lease(leaseOf(count - 1))?.state).toBe("given_back");
    expect(store.leases().length).toBeLessThanOrEqual(LEASES_REMEMBERED_MAX + 500);
  });
});
