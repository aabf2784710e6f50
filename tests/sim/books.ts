/** The oracle's books of what the gateway committed: kept by ledger-oracle.ts, judged by node-words.ts and test-words.ts. */
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { RunOptions } from "#proto/api.ts";
import type { LeaseId, NodeId, RunId } from "#proto/ids.ts";
import type { Verdict } from "#proto/report.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { SimContext } from "./context.ts";
import type { SimNode } from "./node-shape.ts";
import { isOpen, type LeaseBook, type TestBook } from "./reference-verdict.ts";

export type RunBook = {
  readonly id: RunId;
  readonly options: RunOptions;
  readonly waitForNodesMs: number;
  readonly tests: readonly TestBook[];
  /** Of each test that has a group: all of it, in the order of the file. */
  readonly groups: ReadonlyMap<TestBook, readonly TestBook[]>;
  /** Where each group was leased last, and when. */
  readonly groupNodes: Map<string, { readonly nodeId: NodeId; readonly atMs: number }>;
  /** What each test comes after. */
  readonly precursors: ReadonlyMap<TestBook, readonly TestBook[]>;
  /** Since when some of its tests have waited for nothing but a node, at each look of idle-oracle.ts. */
  readySinceMs: number | undefined;
  /** When it last got a lease, virtual milliseconds. */
  servedMs: number;
  /** Tests that name a lock. */
  readonly lockers: readonly TestBook[];
  /** Why it is ended before its time; false while it goes on. */
  isCancelling: false | ChangeOf<"run_cancelling">["code"];
  ended: ChangeOf<"run_ended"> | undefined;
  /** What its tests were when it ended, in their order (R1). */
  verdicts: readonly (Verdict | undefined)[];
  /** Its end was judged: what comes now is late. */
  isOver: boolean;
};

export type LedgerOptions = {
  readonly nodes: readonly SimNode[];
  readonly context: SimContext;
  readonly nodeOf: (nodeId: NodeId) => SimNode | undefined;
  readonly ownerOf: (storeId: string) => SimNode | undefined;
  /** How long nothing has ailed the gateway. */
  readonly gatewayWellForMs: () => number;
  /** How long the gateway's disk has had room, milliseconds. */
  readonly gatewayRoomForMs: () => number;
};

export type Books = LedgerOptions & {
  readonly runs: Map<RunId, RunBook>;
  readonly numbers: Map<string, number>;
  /** By the gateway's last word on each node. */
  readonly gone: Set<NodeId>;
  /** Of each node, as last committed (I2). */
  readonly epochs: Map<NodeId, number>;
  /** When it was last seen drained on a node's row, virtual milliseconds; it may be so still. */
  readonly drainedMs: Map<NodeId, number>;
  /** Leases that are neither ended nor settled. */
  readonly openByNode: Map<string, Set<LeaseBook>>;
  /** Started attempts that each node has lost. */
  readonly losses: Map<string, number>;
};

export type Place = {
  readonly run: RunBook;
  readonly test: TestBook;
  readonly lease: LeaseBook;
};

export function placeOf(books: Books, leaseId: LeaseId): Place | undefined {
  const parts = leasePartsOf(leaseId);
  const run = books.runs.get(parts.runId);
  const test = run?.tests[parts.testIndex];
  const lease = test?.leases.find((one) => one.number === parts.number);
  return run === undefined || test === undefined || lease === undefined
    ? undefined
    : { run, test, lease };
}

/** As committed when the run is made. */
export function openBook(created: ChangeOf<"run_created">): RunBook {
  const tests = created.definitions.map(
    (definition): TestBook => ({ definition, leases: [], closed: undefined }),
  );
  return {
    id: created.runId,
    options: created.options,
    waitForNodesMs: created.options.waitForNodesMs ?? 60_000,
    tests,
    groups: groupsIn(tests),
    groupNodes: new Map(),
    precursors: precursorsIn(tests),
    lockers: tests.filter(({ definition }) => definition.schedule?.locks !== undefined),
    readySinceMs: undefined,
    servedMs: 0,
    isCancelling: false,
    ended: undefined,
    verdicts: [],
    isOver: false,
  };
}

function groupsIn(tests: readonly TestBook[]): RunBook["groups"] {
  const byName = new Map<string, TestBook[]>();
  const groups = new Map<TestBook, readonly TestBook[]>();
  for (const test of tests) {
    const { suite, schedule } = test.definition;
    if (schedule?.group === undefined) continue;
    const name = `${suite} › ${schedule.group.name}`;
    const group = byName.get(name) ?? [];
    byName.set(name, group);
    group.push(test);
    groups.set(test, group);
  }
  return groups;
}

function precursorsIn(tests: readonly TestBook[]): RunBook["precursors"] {
  const named = new Map<string, TestBook[]>();
  const fullName = (suite: string, name: string) => `${suite} › ${name}`;
  for (const test of tests) {
    const name = fullName(test.definition.suite, test.definition.name);
    named.set(name, [...(named.get(name) ?? []), test]);
  }
  const openings = Map.groupBy(
    tests.filter(({ definition }) => definition.schedule?.role === "beforeAll"),
    ({ definition }) => definition.suite,
  );
  const entries = tests.flatMap((test) => {
    const { suite, schedule } = test.definition;
    const after = schedule?.after?.flatMap((name) => named.get(fullName(suite, name)) ?? []) ?? [];
    const before = schedule?.role === undefined ? (openings.get(suite) ?? []) : [];
    return after.length + before.length === 0 ? [] : [[test, [...after, ...before]] as const];
  });
  return new Map(entries);
}

/** Keeps the index of open leases right; called after whatever may have opened or ended one. */
export function indexLease(books: Books, lease: LeaseBook): void {
  const open = books.openByNode.get(lease.nodeId) ?? new Set();
  books.openByNode.set(lease.nodeId, open);
  if (isOpen(lease)) open.add(lease);
  else open.delete(lease);
}

/** So many lost attempts, and the gateway may rest a node (fleet/breaker.ts). */
export const LOSSES_FORGIVEN = 2;

/** How long nothing has kept the gateway from giving a node work: it was well, not drained, not closed; 0 when it may be rested. */
export function steadyForMs(books: Books, node: SimNode): number {
  if ((books.losses.get(node.nodeId) ?? 0) > LOSSES_FORGIVEN) return 0;
  const nowMs = books.context.clock.monotonicMs();
  const undrainedForMs = nowMs - (books.drainedMs.get(node.nodeId) ?? Number.NEGATIVE_INFINITY);
  return Math.min(node.health.wellForMs(), undrainedForMs, node.openForMs());
}
