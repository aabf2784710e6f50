/** Groups, serial groups and `after` (precedence.ts, G1 to G3 and A1), by a gateway with nodes played by hand. */
import { expect, test } from "vitest";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import type { Schedule } from "#proto/schedule.ts";
import { createHandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { definitionOf } from "../make.ts";

const named = (name: string, index: number, schedule: Schedule) =>
  definitionOf(index, { name, key: `suite › ${name}`, schedule });
const inGroup = (isSerial: boolean, count = 3) =>
  Array.from({ length: count }, (_, index) =>
    named(`g${index}`, index, { group: { name: "checkout", isSerial } }),
  );

/** The names of tests that a node was given, in order, without repeats. */
const givenTo = (node: HandNode) => [
  ...new Set(node.offers.map(({ definition }) => definition.name)),
];
const verdictsOf = ({ tests }: RunState) =>
  tests.map(({ definition, decided }) => `${definition.name} ${decided?.verdict}`);

test("G1, G2: a group runs one after the other, in order, on one node, while others are idle", async () => {
  const hand = createHandGateway();
  const [a, b] = [await hand.join("a", { slots: 2 }), await hand.join("b", { slots: 2 })];
  const run = await hand.submit([...inGroup(false).reverse(), definitionOf(9)]);
  const group = [a, b].find((node) => givenTo(node).includes("g2"));
  if (group === undefined) throw new Error("The group has not begun");
  for (const name of ["g2", "g1", "g0"]) {
    const isNamed = (id: string) =>
      group.offers.some(({ leaseId, definition }) => leaseId === id && definition.name === name);
    expect(
      givenTo(group)
        .filter((one) => one.startsWith("g"))
        .at(-1),
    ).toBe(name);
    await group.end(heldBy(group, isNamed), "passed");
  }
  const other = group === a ? b : a;
  expect(givenTo(other).filter((name) => name.startsWith("g"))).toEqual([]);
  const last = [a, b].find((node) => [...node.held.values()].includes("accepted"));
  if (last !== undefined) await last.end(heldBy(last), "passed");
  expect(hand.runNow(run.id).end?.status).toBe("passed");
});

test("G1: a test of a group that must run again does so before the next one begins", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const tests = inGroup(false, 2).map((one) => ({ ...one, retries: 1 }));
  await hand.submit(tests);
  await a.end(heldBy(a), "failed");
  expect(a.offers.map(({ definition }) => definition.name)).toEqual(["g0", "g0"]);
  await a.end(heldBy(a), "passed");
  expect(givenTo(a)).toEqual(["g0", "g1"]);
});

test("G2: when the node of a group is gone or drained, all that follows goes to another", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(inGroup(false));
  await a.end(heldBy(a), "passed");
  const b = await hand.join("b");
  a.party.kill();
  a.isBeating = false;
  await hand.clock.run(20_000);
  await b.end(heldBy(b), "passed");
  await hand.join("c");
  await b.end(heldBy(b), "passed");
  expect(givenTo(b)).toEqual(["g1", "g2"]);
  expect(hand.runNow(run.id).end?.status).toBe("passed");
});

test("G3: in a serial group, what comes after a test that has not passed is skipped and says why", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(inGroup(true));
  await a.end(heldBy(a), "passed");
  await a.end(heldBy(a), "failed");
  const end = hand.runNow(run.id);
  expect(verdictsOf(end)).toEqual(["g0 passed", "g1 failed", "g2 skipped"]);
  expect(end.tests[2]?.decided?.reason).toBe(
    'Not run: "g1", which has failed, before it in its serial group',
  );
  expect(end.end).toMatchObject({ status: "failed", exitCode: 1 });
});

test("G3: a test that is skipped from the start skips only what stands behind it", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const [first, second, third] = inGroup(true);
  if (first === undefined || second === undefined || third === undefined) throw new Error("three");
  const run = await hand.submit([first, { ...second, skip: "known bug" }, third]);
  await a.end(heldBy(a), "passed");
  expect(verdictsOf(hand.runNow(run.id))).toEqual(["g0 passed", "g1 skipped", "g2 skipped"]);
});

test("A1: `after` waits for all tests of a name, also for flaky ones; names that are not there are not waited for", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  const rows = [0, 1].map((index) =>
    definitionOf(index, { name: "login", key: `suite › login [i=${index}]`, retries: 1 }),
  );
  const pay = named("pay", 2, { after: ["login", "not selected"] });
  const run = await hand.submit([pay, ...rows]);
  expect(givenTo(a)).toEqual(["login"]);
  await a.end(heldBy(a), "passed");
  await a.end(heldBy(a), "failed");
  expect(givenTo(a)).toEqual(["login"]);
  await a.end(heldBy(a), "passed");
  expect(givenTo(a)).toEqual(["login", "pay"]);
  await a.end(heldBy(a), "passed");
  expect(verdictsOf(hand.runNow(run.id))).toEqual(["pay passed", "login passed", "login flaky"]);
});

test("A1: what comes after a failure is skipped, and what comes after that too", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit([
    named("login", 0, {}),
    named("pay", 1, { after: ["login"] }),
    named("refund", 2, { after: ["pay"] }),
  ]);
  await a.end(heldBy(a), "failed");
  const { tests, end } = hand.runNow(run.id);
  expect(tests.map(({ decided }) => decided?.reason)).toEqual([
    undefined,
    'Not run: it comes after "login", which has failed',
    'Not run: it comes after "pay", which was skipped',
  ]);
  expect(end?.exitCode).toBe(1);
});

test("a chain of 10,000 tests ends when its first has failed", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(inGroup(true, 10_000));
  await a.end(heldBy(a), "failed");
  const { tests, end } = hand.runNow(run.id);
  expect(tests.filter(({ decided }) => decided?.verdict === "skipped")).toHaveLength(9_999);
  expect(end?.exitCode).toBe(1);
});

test("a run that is cancelled ends what waits for others, too", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit([...inGroup(false), named("pay", 4, { after: ["g2"] })]);
  await a.end(heldBy(a), "passed");
  await hand.decide((mesh) => cancelRun(mesh, run, { code: "cancelled", reason: "By a person" }));
  await hand.clock.run(8_000);
  expect(verdictsOf(hand.runNow(run.id))).toEqual(["g0 passed", "g1 lost", "g2 lost", "pay lost"]);
});

test("after a restart of the gateway a group goes on where it was", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const b = await hand.join("b");
  const run = await hand.submit(inGroup(false));
  const [at, other] = givenTo(a).length > 0 ? [a, b] : [b, a];
  await at.end(heldBy(at), "passed");
  hand.kill();
  hand.boot();
  await hand.clock.run(15_000);
  await at.end(heldBy(at), "passed");
  await at.end(heldBy(at), "passed");
  expect(givenTo(at)).toEqual(["g0", "g1", "g2"]);
  expect(givenTo(other)).toEqual([]);
  expect(hand.runNow(run.id).end?.status).toBe("passed");
});

test("what others wait for goes before what nobody waits for", async () => {
  const hand = createHandGateway();
  const chain = [named("first", 5, {}), named("second", 6, { after: ["first"] })];
  await hand.submit([definitionOf(0), definitionOf(1), ...chain]);
  const a = await hand.join("a");
  expect(givenTo(a)).toEqual(["first"]);
});
