import { describe, expect, test } from "vitest";
import { type Hearing, hearProbe, judgeTick } from "#gateway/fleet/hearing.ts";
import {
  graceNode,
  hearNode,
  judgeLife,
  judgeUnanswered,
  type NodeLife,
} from "#gateway/fleet/liveness.ts";
import { gatewayUpSubject } from "#proto/subjects.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { createHandGateway } from "./hand-gateway.ts";

const limits = DEFAULT_LIMITS;
const alive: NodeLife = { kind: "alive", heardMs: 0 };
const suspect: NodeLife = { kind: "suspect", heardMs: 0, graceUntilMs: 0 };
const gone: NodeLife = { kind: "gone" };

describe("V1: judgeLife() by silence", () => {
  test.each<[string, readonly [NodeLife, number], readonly [NodeLife["kind"], string]]>([
    ["alive, heard just now", [alive, 1_999], ["alive", "none"]],
    ["alive, silent for 2 s", [alive, 2_000], ["suspect", "probe"]],
    ["suspect, silent for less than 8 s", [suspect, 7_999], ["suspect", "probe"]],
    ["suspect, silent for 8 s", [suspect, 8_000], ["gone", "declare_silent"]],
    [
      "in grace, silent for long",
      [{ ...suspect, graceUntilMs: 20_001 }, 20_000],
      ["suspect", "probe"],
    ],
    ["grace over", [{ ...suspect, graceUntilMs: 20_000 }, 20_000], ["gone", "declare_silent"]],
    ["gone stays gone", [gone, 1], ["gone", "none"]],
  ])("%s", (_, [life, nowMs], becomes) => {
    const judged = judgeLife(life, nowMs, limits);
    expect([judged.life.kind, judged.act]).toEqual(becomes);
  });
});

describe("V1: judgeUnanswered() by two `no responders` 0.5 s apart", () => {
  const asked: NodeLife = { ...suspect, unansweredMs: 1_000 };
  test.each<[string, readonly [NodeLife, number], readonly [NodeLife["kind"], string]]>([
    ["the first of an alive node only makes it suspect", [alive, 1_000], ["suspect", "none"]],
    ["the first of a suspect node is noted", [suspect, 1_000], ["suspect", "none"]],
    ["the second within 0.5 s means nothing", [asked, 1_499], ["suspect", "none"]],
    ["the second after 0.5 s: died", [asked, 1_500], ["gone", "declare_died"]],
    ["in grace it means nothing", [{ ...asked, graceUntilMs: 9_000 }, 8_000], ["suspect", "none"]],
    ["gone stays gone", [gone, 9_000], ["gone", "none"]],
  ])("%s", (_, [life, nowMs], becomes) => {
    const judged = judgeUnanswered(life, nowMs, limits);
    expect([judged.life.kind, judged.act]).toEqual(becomes);
  });

  test("a word of the node in between forgets the first", () => {
    const first = judgeUnanswered(alive, 1_000, limits).life;
    const heard = hearNode(first, 1_200);
    expect(judgeUnanswered(heard, 1_700, limits).act).toBe("none");
  });
});

test("a gone node stays gone until its hello, and grace does not bring it back", () => {
  expect(hearNode(gone, 5)).toBe(gone);
  expect(graceNode(gone, 5, limits)).toBe(gone);
});

describe("V2: judgeTick() knows when the gateway itself cannot judge", () => {
  const hearing: Hearing = { probeSentMs: undefined, isHearing: true, tickedMs: 0 };
  const tick = (nowMs: number, own: Partial<Hearing> = {}) =>
    judgeTick({ ...hearing, ...own }, { nowMs, tickMs: 250, isConnected: true }, limits);

  test("on time and heard", () => {
    expect(tick(250)).toMatchObject({ hearing: { isHearing: true }, isGrace: false });
  });
  test("a tick later than 1 s is a stall: grace, and no deafness by it", () => {
    const judged = tick(1_251, { probeSentMs: 0 });
    expect(judged).toMatchObject({ hearing: { isHearing: true }, isGrace: true });
  });
  test("a probe that stays away for 1 s is deafness", () => {
    const judged = tick(1_100, { probeSentMs: 0, tickedMs: 1_000 });
    expect(judged.hearing.isHearing).toBe(false);
  });
  test("no connection is deafness at once", () => {
    const now = { nowMs: 250, tickMs: 250, isConnected: false };
    expect(judgeTick(hearing, now, limits).hearing.isHearing).toBe(false);
  });
  test("deafness ends when a probe comes back, with grace; hearing all along gives none", () => {
    expect(hearProbe({ ...hearing, isHearing: false })).toMatchObject({
      hearing: { isHearing: true },
      isGrace: true,
    });
    expect(hearProbe(hearing).isGrace).toBe(false);
  });
});

test("V1: a killed node is gone in about 3 s and its test is offered elsewhere; hello brings it back with a new epoch", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const lease = [...a.held.keys()][0];
  if (lease === undefined) throw new Error("Nothing is offered");
  await a.start(lease);
  const b = await hand.join("b");
  a.party.kill();
  a.isBeating = false;
  await hand.clock.run(3_500);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("gone");
  expect(hand.runNow(run.id).tests[0]?.leases[0]?.settlement).toMatchObject({ cause: "node_died" });
  expect([...b.held.keys()]).toEqual(["run-1:0:2"]);
});

test("V1: a frozen node is not gone before 8 s of silence, then it is; thawed it has a new epoch", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  await hand.submit(1);
  a.isBeating = false;
  a.party.setFrozen(true);
  const life = () => hand.mesh().nodes.get(a.nodeId)?.life.kind;
  await hand.clock.run(3_000);
  expect(life()).toBe("suspect");
  await hand.clock.run(4_500);
  expect(life()).toBe("suspect");
  await hand.clock.run(1_500);
  expect(life()).toBe("gone");
  a.party.setFrozen(false);
  await a.hello();
  expect([life(), a.epoch]).toEqual(["alive", 2]);
});

test("V2: NATS away for everyone: nobody is declared gone, and running attempts are counted", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const b = await hand.join("b");
  const run = await hand.submit(2);
  const leases = [...a.held.keys(), ...b.held.keys()];
  for (const [index, lease] of leases.entries()) await (index === 0 ? a : b).start(lease);
  hand.network.setUp(false);
  await hand.clock.run(60_000);
  const lives = [...hand.mesh().nodes.values()].map((node) => node.life.kind);
  expect(lives).not.toContain("gone");
  hand.network.setUp(true);
  await hand.clock.run(2_000);
  for (const [index, lease] of leases.entries()) await (index === 0 ? a : b).end(lease, "passed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "passed" });
  expect(hand.report(run.id).tests.map((one) => one.attempts.length)).toEqual([1, 1]);
});

test("V2: after a stall of the gateway every node has the grace period", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  a.isBeating = false;
  a.isAnsweringControls = false;
  await hand.clock.run(1_500);
  hand.own().freeze();
  await hand.clock.run(30_000);
  hand.own().thaw();
  await hand.clock.run(7_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("suspect");
  a.isBeating = true;
  a.isAnsweringControls = true;
  await hand.clock.run(2_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("alive");
});

test("V2: after the gateway's restart a silent node has the grace period, then it is gone", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  a.isBeating = false;
  a.isAnsweringControls = false;
  hand.kill();
  hand.boot();
  await hand.clock.run(7_900);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("suspect");
  await hand.clock.run(1_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("gone");
});

test("V1: a suspect node gets nothing new, nothing of it is queued again, and a word of it ends that", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const first = await hand.submit(1);
  a.isBeating = false;
  a.isAnsweringControls = false;
  await hand.clock.run(3_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("suspect");
  await hand.submit(1);
  await hand.clock.run(2_000);
  expect(a.offers).toHaveLength(1);
  expect(hand.runNow(first.id).tests[0]?.leases).toHaveLength(1);
  a.isBeating = true;
  await hand.clock.run(1_500);
  expect(a.held.size).toBe(2);
});

test("V2: after the gateway's restart a node that comes back to NATS late is not gone for it", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  hand.kill();
  a.party.setConnected(false); // its own way back to NATS takes longer
  hand.boot();
  await hand.clock.run(6_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("suspect");
  a.party.setConnected(true);
  await hand.clock.run(2_500);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("alive");
});

test("V2: so it is after an outage that is too short to be noticed otherwise", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  a.party.setConnected(false);
  hand.party().setConnected(false);
  await hand.clock.run(20);
  hand.party().setConnected(true);
  await hand.clock.run(6_000);
  expect(hand.mesh().nodes.get(a.nodeId)?.life.kind).toBe("suspect");
});

test("the gateway says that it is up at its start and after its own reconnect", async () => {
  const hand = createHandGateway();
  const heard: string[] = [];
  const listener = hand.network.join("listener").bus;
  listener.subscribe(gatewayUpSubject(), ({ data }) => void heard.push(String(data)));
  hand.kill();
  hand.boot();
  await hand.clock.run(100);
  expect(heard).toHaveLength(1);
  hand.party().setConnected(false);
  await hand.clock.run(1_000);
  hand.party().setConnected(true);
  await hand.clock.run(1_000);
  expect(heard).toHaveLength(2);
});
