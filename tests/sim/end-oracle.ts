/**
 * Judges the end, when all faults are over: every run ended once with the verdicts of the books, every outbox is empty,
 * the store gives back the same run (rebuild), and any interleaving of the events with repeats gives it again (E6).
 */

import { ingestBatch } from "#gateway/merge/ingest.ts";
import { judgeTest } from "#gateway/merge/verdict.ts";
import { createMesh } from "#gateway/mesh/create.ts";
import { createJournal } from "#gateway/mesh/journal.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { rebuildRun } from "#gateway/mesh/rebuild.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import type { LoadedRun } from "#gateway/store/gateway-store.ts";
import type { MemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import type { NumberedNotice } from "#proto/api.ts";
import type { EventBatch } from "#proto/event.ts";
import type { MeshId, NodeId, RunId, StoreId } from "#proto/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import type { SimContext } from "./context.ts";
import type { LedgerOracle } from "./ledger-oracle.ts";
import type { SimNode } from "./node-shape.ts";

export type EndOptions = {
  readonly context: SimContext;
  readonly meshId: MeshId;
  readonly store: MemoryGatewayStore;
  readonly ledger: LedgerOracle;
  readonly nodes: readonly SimNode[];
  readonly mesh: Mesh;
};

export function judgeEnd(options: EndOptions): void {
  const { store, context, mesh } = options;
  for (const violation of store.violations) context.fail("store", violation);
  for (const node of options.nodes) judgeOutbox(options, node);
  for (const { run } of context.plan.runs) {
    const book = options.ledger.runs.get(run.runId);
    const loaded = store.loadRun(run.runId);
    if (book === undefined || loaded === undefined) {
      context.fail("ledger", `Run ${run.runId} was never committed`);
      continue;
    }
    if (book.ended === undefined) context.fail("ledger", `Run ${run.runId} has no end`);
    const inMemory = mesh.runs.get(run.runId);
    const rebuilt = rebuild(loaded, loaded.events, store.notices(run.runId, 0));
    const verdicts = rebuilt.tests.map((test) => test.decided?.verdict);
    same(context, "R1", { runId: run.runId, a: book.verdicts, b: verdicts });
    if (inMemory !== undefined)
      same(context, "rebuild", { runId: run.runId, a: viewOf(inMemory), b: viewOf(rebuilt) });
    same(context, "E6", {
      runId: run.runId,
      a: factsOf(rebuilt),
      b: factsOf(refold(options, loaded)),
    });
  }
}

function judgeOutbox({ context, ledger }: EndOptions, node: SimNode): void {
  if (node.hasLeft()) return;
  const store = node.disk.store();
  const committed = ledger.committed(store.storeId());
  if (store.confirmed() === store.lastNumber() && committed === store.lastNumber()) return;
  context.fail(
    "outbox",
    `${node.name} saved ${store.lastNumber()} events in ${store.storeId()}: ${store.confirmed()} confirmed, ${committed} committed`,
  );
}

const rebuild = (
  loaded: LoadedRun,
  events: LoadedRun["events"],
  told: readonly NumberedNotice[],
): RunState =>
  rebuildRun({ ...loaded, events }, { secrets: {}, nowMs: 0, budgets: DEFAULT_LIMITS, told });

/** The run as a plain value: what the store must be able to give back. */
function viewOf(run: RunState) {
  return {
    ...factsOf(run),
    end: run.end,
    openCount: run.openCount,
    noticeCount: run.noticeCount,
    decided: run.tests.map((test) => test.decided),
    closed: run.tests.map((test) => test.closed),
    started: run.tests.map((test) => test.leases.map((lease) => lease.attempt?.startedWallMs)),
  };
}

/** What nodes reported, without the clocks' offsets: they belong to the moment of arrival. */
function factsOf(run: RunState) {
  return run.tests.map((test) => ({
    leases: test.leases.map(({ id, nodeId, attemptNumber, settlement, attempt }) => ({
      id,
      nodeId,
      attemptNumber,
      settlement,
      attempt: attempt && {
        steps: [...attempt.steps],
        artifacts: attempt.artifacts,
        end: attempt.end,
        slotIndex: attempt.slotIndex,
      },
    })),
    outcome: judgeTest(test, DEFAULT_LIMITS),
  }));
}

type Compared = { readonly runId: RunId; readonly a: unknown; readonly b: unknown };

function same({ fail }: SimContext, invariant: string, { runId, a, b }: Compared): void {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  fail(
    invariant,
    `Run ${runId} differs: …${left.slice(Math.max(0, at - 150), at + 150)}… and …${right.slice(Math.max(0, at - 150), at + 150)}…`,
  );
}

/** E6: a new mesh takes the events of all stores by the real ingest, in batches that overlap, repeat and come too early. */
function refold(options: EndOptions, loaded: LoadedRun): RunState {
  const { context, meshId } = options;
  const random = context.random.fork(`refold ${loaded.created.runId}`);
  const run = rebuild(loaded, [], []);
  const mesh = emptyMesh(options, run);
  const streams = streamsOf(options, loaded);
  const waiting = () => streams.filter((stream) => stream.taken < stream.events.length);
  for (let turns = 0; waiting().length > 0 && turns < 100_000; turns += 1) {
    const stream = random.pick(waiting());
    const from = Math.max(0, stream.taken - random.int(0, 4) + (random.chance(0.2) ? 3 : 0));
    const events = stream.events.slice(from, from + random.int(1, 6));
    if (events.length === 0) continue;
    const batch: EventBatch = { meshId, nodeId: stream.nodeId, storeId: stream.storeId, events };
    const reply = ingestBatch(mesh, batch);
    if (reply.kind === "confirmed") stream.taken = reply.number;
  }
  return run;
}

type Stream = {
  readonly nodeId: NodeId;
  readonly storeId: StoreId;
  readonly events: EventBatch["events"];
  taken: number;
};

/**
 * One stream a node: a node that lost or restored its store has several, whose order is that of their opening, since
 * a lease may have events in two of them.
 */
function streamsOf({ ledger, store }: EndOptions, loaded: LoadedRun): readonly Stream[] {
  const streams = new Map<
    NodeId,
    {
      nodeId: NodeId;
      storeId: StoreId;
      events: { number: number; event: unknown }[];
      taken: number;
    }
  >();
  for (const taken of store.runs.get(loaded.created.runId)?.events ?? []) {
    const nodeId = ledger.lease(taken.event.leaseId)?.nodeId as NodeId;
    const stream = streams.get(nodeId) ?? { nodeId, storeId: taken.storeId, events: [], taken: 0 };
    streams.set(nodeId, stream);
    stream.events.push({ number: stream.events.length + 1, event: taken.event });
  }
  return [...streams.values()];
}

function emptyMesh({ context, meshId, mesh }: EndOptions, run: RunState): Mesh {
  const nothing = () => undefined;
  const onFault = (thrown: unknown) =>
    context.fail("fault", `The refold faulted: ${String(thrown)}`);
  const { clock } = context;
  const journal = createJournal({
    commit: nothing,
    clock,
    defer: nothing,
    beforeCommit: nothing,
    onFault,
  });
  const listener = { onNotice: nothing, onStart: nothing, onRunEnded: nothing };
  const parts = { meshId, bus: mesh.bus, clock, limits: DEFAULT_LIMITS, listener };
  const made = createMesh(parts, journal, nothing);
  made.runs.set(run.id, run);
  return made;
}
