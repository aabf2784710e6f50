/** Nothing is shown that a crash could take back; and what is said of nodes, and for how long (V1, I2, C4). */
import { describe, expect, test } from "vitest";
import { shownNodes } from "#gateway/fleet/life.ts";
import { countStrikes } from "#gateway/merge/verdict.ts";
import { BootId } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";
import { createHandGateway, type HandGateway } from "./hand-gateway.ts";
import { heldBy } from "./hand-node.ts";

const full = new MeshError("disk_full", "Cannot commit: full");

describe("shownRun()", () => {
  test("shows no verdict while the store does not take it, and the same verdict as a restart would", async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    const lease = heldBy(a);
    await a.start(lease);
    hand.disk.failure = full;
    await a.end(lease, "passed");
    expect(hand.runNow(run.id).tests[0]?.decided?.verdict).toBe("passed");
    const shown = hand.core().shownRun(run.id);
    expect(shown?.tests[0]?.decided).toBeUndefined();
    expect(shown?.end).toBeUndefined();
    expect(shown?.tests[0]?.leases[0]?.attempt).toMatchObject({ startedWallMs: expect.anything() });
    hand.disk.failure = undefined;
    await hand.clock.run(1_000);
    expect(hand.core().shownRun(run.id)?.tests[0]?.decided?.verdict).toBe("passed");
  });

  test("commits what is decided before it shows it", async () => {
    const hand = createHandGateway();
    await hand.join("a");
    const run = await hand.submit(1);
    const { mesh } = hand.core();
    mesh.act(() => {
      mesh.turn.save({
        kind: "test_closed",
        runId: run.id,
        testIndex: 0,
        code: "cancelled",
        reason: "A test says so",
      });
    });
    expect(hand.store.loadRun(run.id)?.closed).toEqual([]);
    expect(hand.core().shownRun(run.id)?.id).toBe(run.id);
    expect(hand.store.loadRun(run.id)?.closed).toHaveLength(1);
  });

  test("shows no run that is not committed", async () => {
    const hand = createHandGateway();
    await hand.join("a");
    hand.disk.failure = full;
    await expect(hand.submit(1)).rejects.toThrow("full");
    const [id] = [...hand.mesh().runs.keys()];
    expect(id && hand.core().shownRun(id)).toBeUndefined();
  });
});

test("`attempt.number` is never given twice, also when an attempt tells of its start after it was lost", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const lease = heldBy(a);
  a.isBeating = false;
  a.party.setFrozen(true);
  await hand.clock.run(9_000);
  const b = await hand.join("b");
  await hand.clock.run(100);
  await b.start(heldBy(b));
  a.party.setFrozen(false);
  await a.start(lease);
  await a.hello();
  const started = hand.runNow(run.id).tests[0]?.leases.filter((one) => one.attempt !== undefined);
  expect(started?.map(({ attemptNumber }) => attemptNumber)).toEqual([1, 2]);
});

describe("C4: strikes that a cut-off gave, over a restart of the gateway", () => {
  const struck = async () => {
    const hand = createHandGateway();
    const a = await hand.join("a");
    const run = await hand.submit(1);
    await a.start(heldBy(a));
    a.isBeating = false;
    a.party.setConnected(false);
    await hand.clock.run(4_000);
    await hand.join("b"); // its test is offered there: what a says of it does not count any more
    await hand.clock.run(500);
    const strikes = () =>
      hand.runNow(run.id).tests.reduce((sum, test) => sum + countStrikes(test), 0);
    expect(strikes()).toBe(1);
    hand.kill();
    hand.boot();
    await hand.clock.run(100);
    expect(strikes()).toBe(1);
    a.party.setConnected(true);
    return { a, strikes };
  };

  test("are taken back when the same process says hello", async () => {
    const { a, strikes } = await struck();
    await a.hello();
    expect(strikes()).toBe(0);
  });

  test("stay when another process says hello, and then says it again", async () => {
    const { a, strikes } = await struck();
    a.bootId = BootId.parse("boot-of-another");
    a.held.clear();
    await a.hello();
    await a.hello();
    expect(strikes()).toBe(1);
  });
});

test("the log says once each that a node joined, is suspect, is heard again, is gone and is back", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.clock.run(3_000);
  a.isBeating = false;
  a.party.setFrozen(true);
  await hand.clock.run(4_000);
  a.party.setFrozen(false);
  a.isBeating = true;
  await hand.clock.run(3_000);
  a.isBeating = false;
  a.party.setFrozen(true);
  await hand.clock.run(12_000);
  a.party.setFrozen(false);
  await a.hello();
  expect(hand.logged).toEqual([
    "Node joined: a",
    "Node is suspect: it gets no offers: a",
    "Node is heard again: a",
    "Node is suspect: it gets no offers: a",
    "Node a is gone: silent for too long",
    "Node is back: a",
  ]);
  a.isBeating = true;
  hand.kill();
  hand.boot();
  await hand.clock.run(20_000);
  expect(hand.logged).toHaveLength(6);
});

describe("shownNodes()", () => {
  const namesOf = (hand: HandGateway) => shownNodes(hand.mesh()).map(({ record }) => record.name);

  test("leaves out who has been gone for a day, also after a restart, until it is back", async () => {
    const hand = createHandGateway({ limits: { goneShownMs: 60_000 } });
    const [a] = [await hand.join("a"), await hand.join("b")];
    a.isBeating = false;
    a.party.setConnected(false);
    await hand.clock.run(30_000);
    expect(namesOf(hand)).toEqual(["a", "b"]);
    await hand.clock.run(60_000);
    expect(namesOf(hand)).toEqual(["b"]);
    expect(hand.mesh().nodes.get(a.nodeId)?.record.name).toBe("a");
    hand.kill();
    hand.boot();
    await hand.clock.run(1_000);
    expect(namesOf(hand)).toEqual(["b"]);
    a.party.setConnected(true);
    await a.hello();
    expect(namesOf(hand)).toEqual(["a", "b"]);
    expect(a.epoch).toBe(2);
  });

  test("shows at most so many of those that are gone, the newest", async () => {
    const hand = createHandGateway({ limits: { goneShownMax: 2 } });
    for (const name of ["a", "b", "c", "d"]) {
      const node = await hand.join(name);
      await hand.clock.run(100);
      if (name === "d") continue;
      node.isBeating = false;
      node.party.setConnected(false);
    }
    await hand.clock.run(20_000);
    expect(namesOf(hand)).toEqual(["b", "c", "d"]);
  });
});
