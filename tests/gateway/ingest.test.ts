/** E2, E5, E6: batches of events, in whatever order, with whatever repeats and gaps. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { totalsOf } from "#gateway/mesh/summary.ts";
import { cancelRun } from "#gateway/scheduler/cancel.ts";
import type { NodeEvent, NumberedEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import { type BareMesh, bookOf, createBareMesh } from "./bare-mesh.ts";
import { createHandGateway } from "./hand-gateway.ts";
import { definitionOf } from "./make.ts";

const started = (leaseId: LeaseId, slotIndex = 0): NodeEvent => ({
  kind: "attempt_started",
  leaseId,
  attemptNumber: 1,
  slotIndex,
  wallMs: 1_700_000_000_000,
});
const step = (leaseId: LeaseId, stepIndex: number): NodeEvent => ({
  kind: "step_ended",
  leaseId,
  stepIndex,
  status: "passed",
  durationMs: 1 + stepIndex,
});
const artifact = (leaseId: LeaseId): NodeEvent => ({
  kind: "artifact_found",
  leaseId,
  artifact: { name: "a.log", kind: "log", bytes: 1 },
});
type End = Extract<NodeEvent, { kind: "attempt_ended" }>["status"];
const ended = (leaseId: LeaseId, status: End): NodeEvent => ({
  kind: "attempt_ended",
  leaseId,
  status,
  durationMs: 7,
});
const numbered = (events: readonly unknown[], from = 1): NumberedEvent[] =>
  events.map((event, index) => ({ number: from + index, event }));

function withLeases(testCount: number, own: Record<string, unknown> = {}) {
  const bare = createBareMesh();
  bare.hello("a", { slots: 8 });
  bare.hello("b", { slots: 8 });
  const run = bare.createRun(
    Array.from({ length: testCount }, (_, index) => definitionOf(index, own)),
  );
  const leases = bare.turn();
  const of = (name: string) =>
    leases.filter((lease) => lease.nodeId === bare.node(name).record.nodeId).map(({ id }) => id);
  return { bare, run, a: of("a"), b: of("b") };
}

const first = (ids: readonly LeaseId[]): LeaseId => {
  const [id] = ids;
  if (id === undefined) throw new Error("A lease was expected");
  return id;
};

describe("E2: ingestBatch() takes what follows n without a gap", () => {
  test("a repeat is skipped, a gap is not taken, both are answered with n", () => {
    const { bare, a } = withLeases(1);
    const id = first(a);
    const events = numbered([started(id), step(id, 0), step(id, 1), ended(id, "passed")]);
    expect(bare.deliver("a", events.slice(1))).toEqual({ kind: "confirmed", number: 0 });
    expect(bare.deliver("a", events.slice(0, 2))).toEqual({ kind: "confirmed", number: 2 });
    expect(bare.deliver("a", events.slice(0, 2))).toEqual({ kind: "confirmed", number: 2 });
    expect(bare.deliver("a", events.slice(3))).toEqual({ kind: "confirmed", number: 2 });
    expect(bare.deliver("a", events)).toEqual({ kind: "confirmed", number: 4 });
    expect(bare.mesh.counters.repeatedEvents).toBe(4);
    const kinds = bare.commit().filter((change) => change.kind === "event_taken");
    expect(kinds.map((change) => change.number)).toEqual([1, 2, 3, 4]);
    expect(bare.store.violations).toEqual([]);
  });

  test("a gap or a repeat within a batch is no way around it", () => {
    const { bare, a } = withLeases(1);
    const id = first(a);
    const [one, two, three] = numbered([started(id), step(id, 0), step(id, 1)]);
    if (one === undefined || two === undefined || three === undefined) throw new Error("Three");
    expect(bare.deliver("a", [one, three, two])).toEqual({ kind: "confirmed", number: 1 });
    expect(bare.deliver("a", [one, one, two, two, three])).toMatchObject({ number: 3 });
    expect(bare.mesh.counters.rejectedEvents).toBe(0);
  });

  test("the folded state and the new n are in one turn", () => {
    const { bare, a } = withLeases(1);
    bare.commit();
    bare.deliver("a", numbered([started(first(a)), step(first(a), 0)]));
    const kinds = bare.commit().map((change) => change.kind);
    expect(kinds).toEqual(["event_taken", "event_taken", "store_advanced"]);
  });

  test("another node's store is refused and changes nothing", () => {
    const { bare, a } = withLeases(2);
    bare.deliver("a", numbered([started(first(a))]));
    expect(bare.deliver("b", numbered([started(first(a))], 2), "a")).toMatchObject({
      kind: "refused",
    });
    expect(bare.mesh.stores.get("store-a" as never)?.confirmed).toBe(1);
  });
});

describe("E5: what cannot be accepted raises n, alone", () => {
  test("an unreadable event makes its attempt lost with the reason, and is counted", () => {
    const { bare, run, a } = withLeases(1);
    const id = first(a);
    const bad = { ...step(id, 0), status: "of a later version" };
    bare.deliver("a", numbered([started(id), bad]));
    expect(run.tests[0]?.leases[0]?.settlement).toMatchObject({
      kind: "lost",
      cause: "event_rejected",
      reason: expect.stringContaining("status"),
    });
    expect(bare.mesh.counters.rejectedEvents).toBe(1);
    // Its outcome is kept, late, and never counts; the test is queued again.
    bare.deliver("a", numbered([ended(id, "passed")], 3));
    expect(totalsOf(run)).toMatchObject({ passed: 0 });
    expect(bare.turn()).toHaveLength(1);
  });

  test("whatever is sent as an event, n rises and nothing throws", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }), (rubbish) => {
        const { bare } = withLeases(1);
        expect(bare.deliver("a", numbered(rubbish))).toMatchObject({ number: rubbish.length });
        expect(bare.mesh.counters.rejectedEvents).toBe(rubbish.length);
      }),
      { numRuns: 50 },
    );
  });

  test("an event of another node's lease is rejected and does not touch that lease", () => {
    const { bare, run, b } = withLeases(2);
    const id = first(b);
    bare.deliver("a", numbered([started(id), ended(id, "failed")]));
    const lease = run.tests.flatMap((one) => one.leases).find((one) => one.id === id);
    expect([lease?.attempt, lease?.settlement]).toEqual([undefined, undefined]);
    expect(bare.mesh.counters.rejectedEvents).toBe(2);
  });

  test("an event out of its attempt's order is rejected", () => {
    const { bare, a } = withLeases(1);
    const id = first(a);
    bare.deliver("a", numbered([step(id, 0)]));
    expect(bare.mesh.counters.rejectedEvents).toBe(1);
  });

  test("a second start or a word after the end changes nothing that was told", () => {
    const { bare, run, a } = withLeases(1);
    const id = first(a);
    bare.deliver("a", numbered([started(id), step(id, 0), ended(id, "passed")]));
    const before = bookOf(run);
    bare.deliver("a", numbered([ended(id, "failed"), started(id), artifact(id)], 4));
    expect(bookOf(run)).toEqual(before);
    expect(bare.mesh.counters.rejectedEvents).toBe(3);
  });

  test("events of an unknown run or lease are confirmed and counted, so outboxes drain", () => {
    const { bare } = withLeases(1);
    const strangers = ["run-9:0:1", "run-1:99:1", "run-1:0:9"] as LeaseId[];
    const reply = bare.deliver("a", numbered(strangers.map((id) => started(id))));
    expect(reply).toEqual({ kind: "confirmed", number: 3 });
    expect(bare.mesh.counters).toMatchObject({ unknownRunEvents: 3, rejectedEvents: 0 });
  });
});

test("R1: what arrives in one batch after its run left memory is kept whole, late, and changes no verdict", async () => {
  const hand = createHandGateway();
  const a = await hand.join("a");
  const run = await hand.submit(1);
  const id = first([...a.held.keys()]);
  a.isAnsweringControls = false;
  await hand.decide((mesh) => cancelRun(mesh, run, { code: "cancelled", reason: "By a person" }));
  await hand.clock.run(6_000);
  const told = hand.runNow(run.id).end;
  expect(told).toMatchObject({ status: "incomplete", exitCode: 3 });
  hand.kill();
  hand.boot();
  await hand.clock.run(1_000);
  await a.end(id, "passed");
  expect(a.confirmed).toBe(3);
  expect(hand.mesh().counters.rejectedEvents).toBe(0);
  expect(hand.runNow(run.id).end).toEqual(told);
  expect(hand.report(run.id).tests[0]).toMatchObject({
    verdict: "lost",
    attempts: [{ status: "passed", late: true, counted: false, steps: [{ status: "passed" }] }],
  });
});

type Story = { readonly steps: number; readonly artifacts: number; readonly end: End | undefined };
const story: fc.Arbitrary<Story> = fc.record({
  steps: fc.integer({ min: 0, max: 3 }),
  artifacts: fc.integer({ min: 0, max: 1 }),
  end: fc.constantFrom("passed", "failed", "lost", "cancelled", undefined),
});

function eventsOf(id: LeaseId, { steps, artifacts, end }: Story): NodeEvent[] {
  return [
    started(id),
    ...Array.from({ length: steps }, (_, index) => step(id, index)),
    ...Array.from({ length: artifacts }, () => artifact(id)),
    ...(end === undefined ? [] : [ended(id, end)]),
  ];
}

/** Weaves the attempts of a node into the one sequence of its store, by a list of choices. */
function weave(attempts: readonly NodeEvent[][], choices: readonly number[]): NumberedEvent[] {
  const rest = attempts.map((events) => [...events]);
  const woven: NodeEvent[] = [];
  for (let turn = 0; rest.some((events) => events.length > 0); turn += 1) {
    const open = rest.filter((events) => events.length > 0);
    const next = open[(choices[turn % Math.max(1, choices.length)] ?? 0) % open.length]?.shift();
    if (next !== undefined) woven.push(next);
  }
  return numbered(woven);
}

type Delivery = { readonly isOfA: boolean; readonly from: number; readonly count: number };

test("E6: any interleaving of the stores' events and any repetition gives the same run, given its settlements", () => {
  const plan = fc.record({
    stories: fc.array(story, { minLength: 6, maxLength: 6 }),
    choices: fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }),
    settled: fc.subarray([0, 1, 2, 3, 4, 5]),
    retries: fc.integer({ min: 0, max: 1 }),
    deliveries: fc.array(
      fc.record({ isOfA: fc.boolean(), from: fc.nat(20), count: fc.integer({ min: 1, max: 8 }) }),
      { maxLength: 25 },
    ),
  });
  fc.assert(
    fc.property(plan, ({ stories, choices, settled, retries, deliveries }) => {
      const play = (order: (bare: BareMesh, of: Record<"a" | "b", NumberedEvent[]>) => void) => {
        const { bare, run, a, b } = withLeases(6, { retries });
        const attemptsOf = (ids: readonly LeaseId[]) =>
          ids.map((id) =>
            eventsOf(
              id,
              stories[Number(id.split(":")[1])] ?? { steps: 0, artifacts: 0, end: undefined },
            ),
          );
        for (const index of settled) {
          const lease = run.tests[index]?.leases[0];
          if (lease === undefined) throw new Error("A lease was expected");
          // Settled when nothing of it was heard; its test waits, not offered again.
          lease.settlement = {
            kind: "lost",
            cause: "node_silent",
            reason: "Silent",
            wallMs: 0,
            isRevoked: false,
          };
        }
        order(bare, { a: weave(attemptsOf(a), choices), b: weave(attemptsOf(b), choices) });
        return { book: bookOf(run), totals: totalsOf(run), bare };
      };
      const plain = play((bare, of) => {
        bare.deliver("a", of.a);
        bare.deliver("b", of.b);
      });
      const wild = play((bare, of) => {
        for (const { isOfA, from, count } of deliveries satisfies readonly Delivery[]) {
          const events = isOfA ? of.a : of.b;
          const batch = events.slice(from % events.length).slice(0, count);
          bare.deliver(isOfA ? "a" : "b", batch);
        }
        bare.deliver("b", of.b);
        bare.deliver("a", of.a);
      });
      expect(wild.book).toEqual(plain.book);
      expect(wild.totals).toEqual(plain.totals);
      expect(wild.bare.mesh.counters.rejectedEvents).toBe(0);
      wild.bare.commit();
      expect(wild.bare.store.violations).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
