/** What is once before and after all tests of a suite (frames.ts, A2 and A3), by a gateway with nodes played by hand. */
import { expect, test } from "vitest";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import type { Schedule } from "#proto/schedule.ts";
import type { TestDefinition } from "#proto/test.ts";
import { byCodeUnit } from "#suite/reading/order.ts";
import { createHandGateway } from "../hand-gateway.ts";
import { type HandNode, heldBy } from "../hand-node.ts";
import { definitionOf } from "../make.ts";

const named = (name: string, index: number, schedule?: Schedule): TestDefinition =>
  definitionOf(index, {
    name,
    key: `shop › ${name}`,
    suite: "shop",
    ...(schedule === undefined ? {} : { schedule }),
  });
/** One suite with two tests, opened and closed once. */
const framed = (): TestDefinition[] => [
  named("open", 0, { role: "beforeAll" }),
  named("t1", 1),
  named("t2", 2),
  named("close", 3, { role: "afterAll" }),
];
const inOrder = (names: readonly string[]) => names.toSorted(byCodeUnit);
const givenTo = (...nodes: readonly HandNode[]) => [
  ...new Set(nodes.flatMap(({ offers }) => offers.map(({ definition }) => definition.name))),
];
const verdictsOf = ({ tests }: RunState) =>
  tests.map(({ definition, decided }) => `${definition.name} ${decided?.verdict}`);
const held = (node: HandNode, name: string) =>
  heldBy(node, (id) =>
    node.offers.some(({ leaseId, definition }) => leaseId === id && definition.name === name),
  );

test("A2, A3: once in the whole mesh, before the first test and after the last; another suite does not wait", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  const b = await hand.join("b", { slots: 4 });
  const other = definitionOf(9, { name: "other", key: "else › other", suite: "else" });
  const run = await hand.submit([...framed(), other]);
  expect(inOrder(givenTo(a, b))).toEqual(["open", "other"]);
  const opener = [a, b].find((node) => givenTo(node).includes("open")) ?? a;
  await opener.end(held(opener, "open"), "passed");
  expect(inOrder(givenTo(a, b))).toEqual(["open", "other", "t1", "t2"]);
  for (const name of ["t1", "t2"]) {
    expect(givenTo(a, b)).not.toContain("close");
    const node = givenTo(a).includes(name) ? a : b;
    await node.end(held(node, name), name === "t1" ? "failed" : "passed");
  }
  const closer = givenTo(a).includes("close") ? a : b;
  expect(givenTo(closer)).toContain("close");
  expect(hand.runNow(run.id).end).toBeUndefined();
  await closer.end(held(closer, "close"), "failed");
  const rest = givenTo(a).includes("other") ? a : b;
  await rest.end(held(rest, "other"), "passed");
  expect(verdictsOf(hand.runNow(run.id))).toEqual([
    "open passed",
    "t1 failed",
    "t2 passed",
    "close failed",
    "other passed",
  ]);
});

test("A2: what does not pass before all tests skips them with its reason, and the last one still runs", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  const tests = framed();
  tests.splice(1, 0, named("open (http)", 4, { role: "beforeAll" }));
  const run = await hand.submit(tests);
  expect(inOrder(givenTo(a))).toEqual(["open", "open (http)"]);
  await a.end(held(a, "open"), "failed");
  const [, second, first] = hand.runNow(run.id).tests;
  expect(first?.decided?.verdict).toBe("skipped");
  expect(first?.decided?.reason).toMatch(/^Not run: it comes after "open", which has failed/);
  expect(givenTo(a)).not.toContain("close");
  expect(second?.decided).toBeUndefined();
  await a.end(held(a, "open (http)"), "passed");
  await a.end(held(a, "close"), "passed");
  const { end, tests: decided } = hand.runNow(run.id);
  expect(end).toMatchObject({ status: "failed", exitCode: 1 });
  expect(decided.map(({ decided: one }) => one?.verdict)).toEqual([
    ...["failed", "passed", "skipped", "skipped", "passed"],
  ]);
});

test("a failure of what is after all tests fails the run", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 4 });
  const run = await hand.submit(framed().slice(1));
  for (const name of ["t1", "t2"]) await a.end(held(a, name), "passed");
  await a.end(held(a, "close"), "failed");
  expect(hand.runNow(run.id).end).toMatchObject({ status: "failed", exitCode: 1 });
});

test("--max-failures: what is after all tests still runs, also when the gateway starts anew; what is open is skipped", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 1 });
  const run = await hand.submit(framed(), { maxFailures: 1 });
  await a.end(held(a, "open"), "passed");
  const [first = ""] = givenTo(a).filter((name) => name !== "open");
  await a.end(held(a, first), "failed");
  await hand.clock.run(10_000);
  expect(givenTo(a)).toContain("close");
  hand.kill();
  hand.boot();
  await hand.clock.run(15_000);
  expect(hand.runNow(run.id).end).toBeUndefined();
  await a.end(held(a, "close"), "passed");
  const verdicts = verdictsOf(hand.runNow(run.id));
  expect(inOrder(verdicts)).toEqual(
    inOrder([
      "open passed",
      `${first} failed`,
      `${first === "t1" ? "t2" : "t1"} skipped`,
      "close passed",
    ]),
  );
  expect(hand.runNow(run.id).end).toMatchObject({ status: "failed", exitCode: 1 });
});

test("cancel: what is after all tests does not run; a run that was stopped for its failures can still be cancelled", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a", { slots: 2 });
  const run = await hand.submit(framed());
  const cancel = (id: typeof run.id) =>
    hand.decide((mesh) =>
      cancelRun(mesh, hand.runNow(id), { code: "cancelled", reason: "by the test" }),
    );
  await cancel(run.id);
  await hand.clock.run(10_000);
  expect(givenTo(a)).toEqual(["open"]);
  expect(hand.runNow(run.id).end).toMatchObject({ status: "incomplete" });
  const stopped = await hand.submit(framed().slice(1), { maxFailures: 1 });
  const isOf = (name: string) => (id: string) =>
    a.offers.some(
      (one) => one.leaseId === id && one.runId === stopped.id && one.definition.name === name,
    );
  await a.end(heldBy(a, isOf("t1")), "failed");
  await hand.clock.run(10_000);
  expect(a.offers.at(-1)?.definition.name).toBe("close");
  await cancel(stopped.id);
  await hand.clock.run(10_000);
  expect(hand.runNow(stopped.id).end).toMatchObject({ status: "incomplete", exitCode: 3 });
  expect(hand.runNow(stopped.id).tests.at(-1)?.decided?.verdict).toBe("lost");
});
