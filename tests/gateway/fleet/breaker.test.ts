/** A node that loses what it is given rests, is tried again, and is well again: the pure machine, and in the books. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Breaker,
  CLOSED_BREAKER,
  judgeBreaker,
  noteAttempt,
  OPEN_MS,
  OPEN_MS_MAX,
} from "#gateway/fleet/breaker.ts";
import { openSlots } from "#gateway/fleet/open-slots.ts";
import { BootId } from "#proto/ids.ts";
import { createHandGateway, type HandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";

const at = (nowMs: number, mayOpen = true) => ({ nowMs, mayOpen });

function play(losses: readonly boolean[], from: Breaker = CLOSED_BREAKER): Breaker {
  return losses.reduce((breaker, isLost) => noteAttempt(breaker, isLost, at(0)), from);
}

test("noteAttempt() opens by three losses that are half of the last ten attempts, and by no fewer", () => {
  expect(play([true, true]).kind).toBe("closed");
  expect(play([true, true, true]).kind).toBe("open");
  expect(play([false, false, false, true, true, true]).kind).toBe("open");
  expect(play([false, false, false, false, true, true, true]).kind).toBe("closed");
  expect(play([true, true, ...Array<boolean>(10).fill(false), true]).kind).toBe("closed");
});

test("a breaker opens exactly when losses are at least three and half of the newest ten, whatever came before", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (attempts) => {
      const seen: boolean[] = [];
      let breaker = CLOSED_BREAKER;
      for (const isLost of attempts) {
        seen.push(isLost);
        breaker = noteAttempt(breaker, isLost, at(0));
        const recent = seen.slice(-10);
        const losses = recent.filter(Boolean).length;
        expect(breaker.kind === "open").toBe(losses >= 3 && losses / recent.length >= 0.5);
        if (breaker.kind === "open") return;
      }
    }),
  );
});

test("a breaker stays open for 30 s, twice as long each time in a row, at most 10 min", () => {
  let breaker = play([true, true, true]);
  let nowMs = 0;
  const waits: number[] = [];
  for (let time = 0; time < 7; time += 1) {
    waits.push(breaker.untilMs - nowMs);
    expect(judgeBreaker(breaker, at(breaker.untilMs - 1)).kind).toBe("open");
    nowMs = breaker.untilMs;
    const tried = judgeBreaker(breaker, at(nowMs));
    expect(tried.kind).toBe("half_open");
    breaker = noteAttempt(tried, true, at(nowMs));
    expect(breaker.kind).toBe("open");
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 20, 20].map((times) => times * OPEN_MS));
  expect(waits.at(-1)).toBe(OPEN_MS_MAX);
  const well = noteAttempt(judgeBreaker(breaker, at(breaker.untilMs)), false, at(breaker.untilMs));
  expect(well).toEqual(CLOSED_BREAKER);
});

test("a breaker that may not open stays closed, and opens when others are well", () => {
  const tripped = [true, true, true].reduce(
    (breaker, isLost) => noteAttempt(breaker, isLost, at(0, false)),
    CLOSED_BREAKER,
  );
  expect(tripped.kind).toBe("closed");
  expect(judgeBreaker(tripped, at(0, false)).kind).toBe("closed");
  expect(judgeBreaker(tripped, at(0, true)).kind).toBe("open");
});

const nodeOf = (hand: HandGateway, { nodeId }: HandNode) => {
  const node = hand.mesh().nodes.get(nodeId);
  if (node === undefined) throw new Error(`There is no ${nodeId}`);
  return node;
};

const openAt = (hand: HandGateway, node: HandNode) => openSlots(hand.mesh(), nodeOf(hand, node));

async function lose(node: HandNode, times: number, loss = "browser_crash"): Promise<void> {
  for (let count = 0; count < times; count += 1) await node.end(heldBy(node), "lost", { loss });
}

test("a node whose attempts are lost gets no offers for 30 s, then one, and all again when that one ends", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  const b = await hand.join("b", { slots: 4 });
  await hand.submit(40);
  await lose(a, 2);
  expect(openAt(hand, a)).toBe(4);
  await lose(a, 1);
  expect(openAt(hand, a)).toBe(0);
  expect(hand.logged).toContain("Node loses what it is given: it gets no offers for a while: a");
  for (const id of [...a.held].flatMap(([id, state]) => (state === "accepted" ? [id] : [])))
    await a.end(id, "passed"); // what it had begun says nothing new
  const offered = a.offers.length;
  await hand.clock.run(20_000);
  expect(a.offers.length).toBe(offered);
  await hand.clock.run(11_000);
  expect(nodeOf(hand, a).breaker.kind).toBe("half_open");
  expect(openAt(hand, a)).toBe(1);
  expect(b.held.size).toBeGreaterThan(0);
});

test("losses by a drain, a stop of the node or a file that the gateway lacks open no breaker", async () => {
  for (const loss of ["drained", "node_stopped", "file_missing"]) {
    const hand = createHandGateway();
    const a = await hand.join("a");
    await hand.join("b");
    await hand.submit(20);
    await lose(a, 4, loss);
    expect(nodeOf(hand, a).breaker, loss).toEqual(CLOSED_BREAKER);
  }
});

test("the only healthy node goes on, however much it loses", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  await hand.submit(20);
  await lose(a, 4);
  expect(openAt(hand, a)).toBe(4);
  await hand.join("b");
  await hand.clock.run(1_000);
  expect(openAt(hand, a)).toBe(0);
});

test("a node of eight slots does not open by one death, and does by its third", async () => {
  const hand = createHandGateway({ limits: { goneAfterMs: 3_000 } });
  const a = await hand.join("a", { slots: 8 });
  await hand.join("b", { slots: 1 });
  await hand.submit(60);
  for (let death = 1; death <= 3; death += 1) {
    for (const id of [...a.held].flatMap(([id, state]) => (state === "accepted" ? [id] : [])))
      await a.start(id);
    a.isBeating = false;
    a.isAnsweringControls = false;
    await hand.clock.run(6_000);
    expect(nodeOf(hand, a).life.kind).toBe("gone");
    a.isBeating = true;
    a.isAnsweringControls = true;
    a.held.clear();
    a.bootId = BootId.parse(`boot-${death}`);
    await a.hello();
    await hand.clock.run(500);
    expect(nodeOf(hand, a).breaker.kind, `death ${death}`).toBe(death < 3 ? "closed" : "open");
  }
});
