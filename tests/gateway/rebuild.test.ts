/** Where a restart stands: a run rebuilt from what was committed is the run that was in memory, after whatever happened. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { declareGone } from "#gateway/fleet/registry.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { cancelRun, closeCancelled, timeOutRuns } from "#gateway/scheduler/cancel.ts";
import { closeNodeless } from "#gateway/scheduler/nodeless.ts";
import type { NodeEvent } from "#proto/event.ts";
import { BootId, type LeaseId } from "#proto/ids.ts";
import { type BareMesh, bookOf, createBareMesh } from "./bare-mesh.ts";
import { definitionOf, runId } from "./make.ts";

const NAMES = ["a", "b"] as const;

type Happening =
  | { readonly kind: "turn" }
  | { readonly kind: "say"; readonly pick: number; readonly end: End }
  | { readonly kind: "rubbish"; readonly pick: number }
  | { readonly kind: "gone"; readonly name: string; readonly cause: "node_died" | "node_silent" }
  | {
      readonly kind: "hello";
      readonly name: string;
      readonly boot: number;
      readonly holds: boolean;
    }
  | { readonly kind: "cancel" }
  | { readonly kind: "wait"; readonly ms: number };

type End = "start" | "passed" | "failed" | "lost" | "crashed" | "cancelled";

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "turn" as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      pick: fc.nat(20),
      end: fc.constantFrom<End>("start", "passed", "failed", "lost", "crashed", "cancelled"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rubbish" as const), pick: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("gone" as const),
      name: fc.constantFrom(...NAMES),
      cause: fc.constantFrom("node_died" as const, "node_silent" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("hello" as const),
      name: fc.constantFrom(...NAMES),
      boot: fc.nat(2),
      holds: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(500, 6_000, 70_000),
    }),
  },
);

type Play = {
  readonly bare: BareMesh;
  readonly run: RunState;
  /** Number of the last event said, by node. */
  readonly said: Map<string, number>;
};

function happen(play: Play, what: Happening): void {
  const { bare, run } = play;
  switch (what.kind) {
    case "turn":
      return void bare.turn();
    case "say":
      return say(play, what.pick, what.end);
    case "rubbish":
      return tell(play, what.pick, (leaseId) => [{ kind: "step_ended", leaseId }]);
    case "gone":
      return declareGone(bare.mesh, bare.node(what.name), what.cause);
    case "hello":
      return hello(play, what);
    case "cancel":
      return cancelRun(bare.mesh, run, { code: "cancelled", reason: "By a person" });
    case "wait":
      bare.clock.advance(what.ms);
      timeOutRuns(bare.mesh);
      closeCancelled(bare.mesh);
      closeNodeless(bare.mesh);
      return;
  }
}

function hello({ bare, run, said }: Play, what: Happening & { kind: "hello" }): void {
  const node = bare.mesh.nodes.get(bare.node(what.name).record.nodeId);
  const leases = run.tests.flatMap((one) => one.leases);
  const mine = leases.filter((lease) => lease.nodeId === node?.record.nodeId);
  bare.clock.advance(2_000); // else it would be taken for a second live process
  bare.hello(what.name, {
    bootId: BootId.parse(`boot-${what.name}-${what.boot}`),
    held: what.holds ? mine.slice(-2).map(({ id }) => ({ leaseId: id, state: "running" })) : [],
    lastEvent: said.get(what.name) ?? 0,
  });
}

function say(play: Play, pick: number, end: End): void {
  tell(play, pick, (leaseId) => {
    const start = {
      kind: "attempt_started",
      leaseId,
      attemptNumber: 1,
      slotIndex: 0,
      wallMs: 1_700_000_000_000,
    } as const;
    if (end === "start") return [start];
    const step: NodeEvent = {
      kind: "step_ended",
      leaseId,
      stepIndex: 0,
      status: end === "failed" ? "failed" : "passed",
      durationMs: 2,
    };
    const status = end === "crashed" ? "lost" : end;
    const loss = end === "crashed" ? { loss: "crashed" as const } : {};
    return [start, step, { kind: "attempt_ended", leaseId, status, durationMs: 5, ...loss }];
  });
}

/** Delivers events of one of the leases, from its own node. Repeated starts are rejected, as they would be. */
function tell({ bare, run, said }: Play, pick: number, make: (id: LeaseId) => unknown[]): void {
  const leases = run.tests.flatMap((one) => one.leases);
  const lease = leases[pick % Math.max(1, leases.length)];
  if (lease === undefined) return;
  const name = lease.nodeId.replace("node-", "");
  const last = said.get(name) ?? 0;
  const events = make(lease.id).map((event, index) => ({ number: last + 1 + index, event }));
  bare.deliver(name, events);
  said.set(name, last + events.length);
}

test("rebuildRun() after any committed history is the run in memory: verdicts, settlements, attempts, end", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), fc.nat(2), (history, retries) => {
      const bare = createBareMesh({ lostBudget: 3 });
      for (const name of NAMES) bare.hello(name);
      const run = bare.createRun(
        Array.from({ length: 5 }, (_, index) =>
          definitionOf(index, { retries, ...(index === 4 ? { skip: "No" } : {}) }),
        ),
        { runTimeoutMs: 200_000 },
      );
      const play: Play = { bare, run, said: new Map() };
      bare.commit();
      for (const what of history) {
        happen(play, what);
        bare.commit();
        const rebuilt = bare.rebuild(runId);
        if (rebuilt === undefined) throw new Error("The run was not committed");
        expect(bookOf(rebuilt)).toEqual(bookOf(run));
        expect(rebuilt.noticeCount).toBe(run.noticeCount);
      }
      expect(bare.store.violations).toEqual([]);
    }),
    { numRuns: 250 },
  );
});

test("the ledger is complete at every end: a run ends when, and only when, each of its tests has a verdict", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (history) => {
      const bare = createBareMesh({ lostBudget: 2 });
      for (const name of NAMES) bare.hello(name);
      const run = bare.createRun([definitionOf(0), definitionOf(1)]);
      const play: Play = { bare, run, said: new Map() };
      for (const what of history) {
        happen(play, what);
        const decided = run.tests.filter((one) => one.decided !== undefined).length;
        expect(run.openCount).toBe(run.tests.length - decided);
        expect(run.end !== undefined).toBe(decided === run.tests.length);
        for (const node of bare.mesh.nodes.values()) {
          const known = new Set(run.tests.flatMap((one) => one.leases));
          expect([...node.active].every((lease) => known.has(lease))).toBe(true);
        }
        // No test on two leases at once, and none both queued and leased.
        for (const one of run.tests) {
          const active = [...bare.mesh.nodes.values()].flatMap((node) =>
            [...node.active].filter((lease) => lease.testIndex === one.index),
          );
          expect(active.length).toBeLessThanOrEqual(1);
          if (bare.mesh.queue.members.has(one)) expect(active).toEqual([]);
        }
      }
    }),
    { numRuns: 150 },
  );
});
