import fc from "fast-check";
import { expect, test } from "vitest";
import { createHandNetwork, type HandPolicy } from "#kit/hand-bus.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import { createOutbox } from "#node/membership/outbox.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import { EventBatch } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import { eventsSubject } from "#proto/subjects.ts";
import { decodeMessage, encodeMessage } from "#shared/bus.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";
import { leaseOf, meshId, nodeId } from "./hand-mesh.ts";

const lease: LeaseId = leaseOf(0);

function openRunning(): NodeStore {
  const store = createMemoryNodeStore();
  store.saveAccepted([
    { leaseId: lease, state: "accepted", attemptNumber: 1, testKey: "t", plannedSteps: [] },
  ]);
  store.start(lease, {
    kind: "attempt_started",
    leaseId: lease,
    attemptNumber: 1,
    slotIndex: 0,
    wallMs: 0,
  });
  return store;
}
const append = (store: NodeStore, text = "") =>
  store.append({
    kind: "step_ended",
    leaseId: lease,
    stepIndex: store.lastNumber(),
    status: "passed",
    durationMs: 1,
    warnings: [text],
  });

type Options = {
  readonly limits?: Partial<Limits>;
  readonly policy?: HandPolicy;
  /** What the disk takes for a sync. */
  readonly syncMs?: number;
};

/** An outbox whose gateway follows E2, and keeps what it has taken. */
function openOutbox({ limits = {}, policy, syncMs = 0 }: Options = {}) {
  const clock = createHandClock();
  let synchronousMs = 0;
  const network = createHandNetwork({ clock, ...(policy && { policy }) });
  const store = openRunning();
  const gateway = network.join("gateway");
  const taken: number[] = [];
  const batches: { readonly first: number; readonly count: number; readonly bytes: number }[] = [];
  const state = { isSilent: false, contacts: 0, behind: 0 };
  gateway.bus.subscribe(eventsSubject(nodeId), (message) => {
    if (state.isSilent) return;
    const { events } = decodeMessage(EventBatch, message.data);
    batches.push({
      first: events[0]?.number ?? 0,
      count: events.length,
      bytes: message.data.length,
    });
    for (const { number } of events) if (number === taken.length + 1) taken.push(number);
    message.reply(encodeMessage({ kind: "confirmed", number: taken.length }));
  });
  const node = network.join("node");
  const outbox = createOutbox({
    meshId,
    nodeId,
    store: {
      ...store,
      sync: () => {
        store.sync();
        synchronousMs += syncMs;
      },
    },
    bus: node.bus,
    clock: { ...clock, monotonicMs: () => clock.monotonicMs() + synchronousMs },
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: silentLog,
    isAlive: () => true,
    onContact: () => {
      state.contacts += 1;
    },
    onBehind: () => {
      state.behind += 1;
    },
  });
  return { clock, network, store, outbox, taken, batches, state, node, gateway };
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("E3: nothing is sent before the first welcome; the first event then goes at once", async () => {
  const { clock, outbox, store, taken } = openOutbox();
  outbox.notify();
  await clock.run(1_000);
  expect(taken).toEqual([]);
  outbox.resume();
  await clock.run(0);
  expect(taken).toEqual([1]);
  await clock.run(100);
  append(store);
  outbox.notify();
  await clock.run(0);
  expect(taken).toEqual([1, 2]);
});

test("E3: events that follow each other go in batches, within batchMs", async () => {
  const { clock, outbox, store, taken, batches } = openOutbox();
  outbox.resume();
  for (let n = 0; n < 200; n += 1) {
    append(store);
    outbox.notify();
    await clock.run(0.1);
  }
  await clock.run(DEFAULT_LIMITS.batchMs);
  expect(taken).toEqual(upTo(201));
  expect(batches.length).toBeLessThan(10);
});

test("E3: what is saved in one go leaves in one batch, after it: nobody waits for its sync", async () => {
  const { clock, outbox, store, batches } = openOutbox();
  outbox.resume();
  await clock.run(100);
  for (let n = 0; n < 3; n += 1) {
    append(store);
    outbox.notify();
  }
  await clock.run(1);
  expect(batches.map(({ first, count }) => [first, count])).toEqual([
    [1, 1],
    [2, 3],
  ]);
});

test("E3: a slow disk is synced less often: it takes a quarter of the time at most", async () => {
  const { clock, outbox, store, taken } = openOutbox({ syncMs: 30 });
  outbox.resume();
  await clock.run(0);
  append(store);
  outbox.notify();
  await clock.run(3 * 30 - 1);
  expect(taken).toEqual([1]);
  await clock.run(2);
  expect(taken).toEqual([1, 2]);
});

test("E3: a backlog goes in bounded batches, a few in flight", async () => {
  let inFlight = 0;
  let inFlightMost = 0;
  const policy: HandPolicy = ({ kind }) => {
    inFlight += kind === "request" ? 1 : -1;
    inFlightMost = Math.max(inFlightMost, inFlight);
    return [10];
  };
  const { clock, outbox, store, taken, batches } = openOutbox({
    policy,
    limits: { batchEventsMax: 50, batchBytesMax: 20_000 },
  });
  for (let n = 0; n < 999; n += 1) append(store, n % 100 === 0 ? "x".repeat(30_000) : "");
  outbox.resume();
  await clock.run(10_000);
  expect(taken).toEqual(upTo(1_000));
  expect(inFlightMost).toBe(DEFAULT_LIMITS.batchesInFlightMax);
  expect(Math.max(...batches.map(({ count }) => count))).toBeLessThanOrEqual(50);
  for (const { bytes, count } of batches) if (count > 1) expect(bytes).toBeLessThan(40_000);
});

test("E2: a batch that was lost is asked again as soon as a later one is answered below it", async () => {
  let sent = 0;
  const policy: HandPolicy = ({ kind }) => (kind === "request" && ++sent === 2 ? [] : [1]);
  const { clock, outbox, store, taken } = openOutbox({ policy, limits: { batchEventsMax: 10 } });
  for (let n = 0; n < 39; n += 1) append(store);
  outbox.resume();
  await clock.run(50);
  expect(taken).toEqual(upTo(40));
});

test("E3: an unanswered batch is sent again after resendMs, backing off to its maximum", async () => {
  const { clock, outbox, taken, state, gateway } = openOutbox();
  const asked: number[] = [];
  gateway.bus.subscribe(eventsSubject(nodeId), () => void asked.push(clock.monotonicMs()));
  state.isSilent = true;
  outbox.resume();
  await clock.run(60_000);
  const pauses = asked.slice(1).map((atMs, index) => atMs - (asked[index] ?? 0));
  expect(pauses.slice(0, 3)).toEqual([2_000, 4_000, 8_000]);
  expect(Math.max(...pauses)).toBe(10_000);
  state.isSilent = false;
  outbox.resume();
  await clock.run(0);
  expect(taken).toEqual([1]);
});

test("E4: a gateway that confirms more than was saved is a matter for hello", async () => {
  const { clock, outbox, store, taken, state } = openOutbox();
  taken.push(...upTo(9));
  outbox.resume();
  await clock.run(10);
  expect(state.behind).toBeGreaterThan(0);
  expect(store.confirmed()).toBe(0);
});

test("flush() tells whether everything was confirmed in time", async () => {
  const { clock, outbox, state } = openOutbox();
  outbox.resume();
  const done = outbox.flush(1_000);
  await clock.run(1_000);
  expect(await done).toBe(true);
  const second = openOutbox();
  second.state.isSilent = true;
  second.outbox.resume();
  const late = second.outbox.flush(1_000);
  await second.clock.run(1_000);
  expect(await late).toBe(false);
  expect(state.contacts).toBe(1);
});

test("E2, E3: whatever is dropped, repeated or delayed, the gateway takes exactly 1..n", async () => {
  const fates = fc.array(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 3 }), {
    maxLength: 40,
  });
  const bursts = fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 30 }),
      pauseMs: fc.integer({ min: 0, max: 4_000 }),
    }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(fates, bursts, async (fate, work) => {
      let index = 0;
      // After the last fate the network is well.
      const policy: HandPolicy = () => fate[index++] ?? [0];
      const { clock, outbox, store, taken } = openOutbox({ policy, limits: { batchEventsMax: 7 } });
      outbox.resume();
      for (const { count, pauseMs } of work) {
        for (let n = 0; n < count; n += 1) {
          append(store);
          outbox.notify();
        }
        await clock.run(pauseMs);
      }
      await clock.run(300_000);
      expect(taken).toEqual(upTo(store.lastNumber()));
      expect(store.confirmed()).toBe(store.lastNumber());
      expect(store.eventsAfter(0, { countMax: 10, bytesMax: 1e9 })).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
