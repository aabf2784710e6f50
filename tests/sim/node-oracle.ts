/**
 * Witness beside a node's disk: what was saved under which number, which leases started, what it gave back.
 * Built from the transactions themselves, not from what membership thinks.
 */
import type { NodeStore } from "#node/store/node-store.ts";
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId } from "#proto/ids.ts";
import type { SimContext } from "./context.ts";

/** JSON of the events by number; more than one version after a restore, since the number was taken twice. */
type SavedStore = Map<number, string[]>;

export type NodeOracle = {
  readonly onSaved: (storeId: string, number: number, event: NodeEvent) => void;
  readonly onStart: (leaseId: LeaseId) => void;
  readonly onGiveBack: (leaseIds: readonly LeaseId[]) => void;
  readonly onRenew: (store: NodeStore) => void;
  /** The disk holds another truth from now on. */
  readonly onLoss: (store: NodeStore) => void;
  /** A process of the node died: whoever ran then has a strike (C4). */
  readonly onDeath: (running: readonly LeaseId[]) => void;
  readonly onRecovered: (store: NodeStore) => void;
  /** Whether an event of this store was ever saved with this number and content. */
  readonly wasSaved: (storeId: string, number: number, event: unknown) => boolean;
  readonly hasStarted: (leaseId: LeaseId) => boolean;
  readonly deathsWith: (leaseIds: readonly LeaseId[]) => number;
};

export function createNodeOracle({ fail, plan }: Pick<SimContext, "fail" | "plan">): NodeOracle {
  const saved = new Map<string, SavedStore>();
  const started = new Map<LeaseId, number>();
  const givenBack = new Map<LeaseId, number>();
  const deaths = new Set<LeaseId>();
  let generation = 0;

  const keep = (storeId: string, number: number, event: unknown) => {
    const store = saved.get(storeId) ?? new Map<number, string[]>();
    saved.set(storeId, store);
    const text = canonical(event);
    if (text.includes(plan.secret)) fail("K1", `A node saved the value of a secret: ${text}`);
    store.set(number, [...(store.get(number) ?? []), text]);
  };
  return {
    onSaved: keep,
    onStart: (leaseId) => {
      if (started.get(leaseId) === generation) fail("L2", `Lease ${leaseId} started twice`);
      if (givenBack.get(leaseId) === generation)
        fail("L3", `Lease ${leaseId} started after it was given back`);
      started.set(leaseId, generation);
    },
    onGiveBack: (leaseIds) => {
      for (const leaseId of leaseIds) {
        if (started.get(leaseId) === generation)
          fail("L3", `Lease ${leaseId} was given back after it started`);
        givenBack.set(leaseId, generation);
      }
    },
    onRenew: (store) => {
      for (const { number, event } of store.eventsAfter(0, { countMax: 1e9, bytesMax: 1e12 })) {
        keep(store.storeId(), number, event);
      }
    },
    onLoss: () => {
      generation += 1;
    },
    onDeath: (running) => {
      for (const leaseId of running) deaths.add(leaseId);
    },
    onRecovered: (store) => {
      const left = store
        .leases()
        .filter((row) => row.state === "running" || row.state === "accepted");
      if (left.length > 0)
        fail("L6", `A new process left lease ${left[0]?.leaseId} as ${left[0]?.state}`);
    },
    wasSaved: (storeId, number, event) =>
      saved.get(storeId)?.get(number)?.includes(canonical(event)) ?? false,
    hasStarted: (leaseId) => started.has(leaseId),
    deathsWith: (leaseIds) => leaseIds.filter((leaseId) => deaths.has(leaseId)).length,
  };
}

/** JSON with its keys in order: a schema may have turned them around on the way. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
