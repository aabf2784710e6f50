/** The mesh's books with real decisions and no loop around them: a test says what happens, turn by turn. Offers leave for nowhere. */

import { receiveHello } from "#gateway/fleet/registry.ts";
import { ingestBatch } from "#gateway/merge/ingest.ts";
import type { Change, Effect } from "#gateway/mesh/change.ts";
import { createMesh, newRunState } from "#gateway/mesh/create.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { rebuildRun } from "#gateway/mesh/rebuild.ts";
import type { LeaseState, RunState } from "#gateway/mesh/run-state.ts";
import { takeTurn } from "#gateway/scheduler/loop.ts";
import { queueRun } from "#gateway/scheduler/settle.ts";
import { createHandNetwork } from "#kit/hand-bus.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { createMemoryGatewayStore } from "#kit/memory-gateway-store.ts";
import { RunOptions } from "#proto/api.ts";
import type { EventReply, NumberedEvent } from "#proto/event.ts";
import type { Hello, HelloReply } from "#proto/hello.ts";
import { BootId, MeshId, NodeId, type RunId, StoreId } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import { DEFAULT_LIMITS, type Limits } from "#shared/limits.ts";
import { capabilitiesOf, runId } from "./make.ts";

const meshId = MeshId.parse("mesh-1");

export type BareMesh = ReturnType<typeof createBareMesh>;

export const nodeIdOf = (name: string) => NodeId.parse(`node-${name}`);
export const storeIdOf = (name: string) => StoreId.parse(`store-${name}`);

export function helloOf(name: string, own: Partial<Hello> = {}): Hello {
  return {
    versions: { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
    meshId,
    nodeId: nodeIdOf(name),
    bootId: BootId.parse(`boot-${name}`),
    storeId: storeIdOf(name),
    name,
    programVersion: "0.1.0",
    capabilities: capabilitiesOf(),
    slots: 2,
    isDraining: false,
    held: [],
    lastEvent: 0,
    wallMs: 1_700_000_000_000,
    ...own,
  };
}

export function createBareMesh(limits: Partial<Limits> = {}) {
  const clock = createHandClock();
  const store = createMemoryGatewayStore();
  let changes: Change[] = [];
  let effects: Effect[] = [];
  const turn = {
    save: (change: Change) => void changes.push(change),
    afterCommit: (effect: Effect) => void effects.push(effect),
  };
  const act = (decide: () => void) => decide();
  const journal = {
    turn,
    act,
    decide: async (decide: () => void) => decide(),
    propose: async (decide: () => void) => decide(),
    flush: () => undefined,
    settle: () => true,
    failure: () => undefined,
    close: () => undefined,
  };
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  const options = {
    meshId,
    bootId: BootId.parse("boot-gateway"),
    bus: createHandNetwork({ clock }).join("gateway").bus,
    clock,
    store,
    limits: allLimits,
    listener: {
      onNotice: () => undefined,
      onStart: () => undefined,
      onRunEnded: () => undefined,
    },
    defer: () => undefined,
    unseal: () => ({}),
    onFault: (thrown: unknown) => {
      throw thrown;
    },
  };
  const rebuild = (id: RunId): RunState | undefined => {
    const loaded = store.loadRun(id);
    const told = store.notices(id, 0);
    return loaded && rebuildRun(loaded, { secrets: {}, nowMs: 0, budgets: allLimits, told });
  };
  const mesh: Mesh = createMesh(options, journal, rebuild);

  /** Commits what was decided; its effects never happen, as if the gateway was killed before each. */
  const commit = (): readonly Change[] => {
    const committed = changes;
    store.commit(committed);
    changes = [];
    effects = [];
    return committed;
  };
  const createRun = (definitions: readonly TestDefinition[], own: Partial<RunOptions> = {}) => {
    const created = {
      runId,
      definitions,
      options: RunOptions.parse(own),
      secrets: {},
      sealedSecrets: undefined,
      idempotencyKey: undefined,
      bodySha256: "0",
    };
    const run = newRunState(created, clock);
    mesh.runs.set(run.id, run);
    const { secrets: _memoryOnly, ...rest } = created;
    turn.save({ ...rest, kind: "run_created", createdWallMs: run.createdWallMs });
    queueRun(mesh, run);
    return run;
  };
  return {
    mesh,
    store,
    clock,
    commit,
    createRun,
    rebuild,
    hello: (name: string, own: Partial<Hello> = {}): HelloReply =>
      receiveHello(mesh, helloOf(name, own)),
    node: (name: string) => {
      const node = mesh.nodes.get(nodeIdOf(name));
      if (node === undefined) throw new Error(`There is no node ${name}`);
      return node;
    },
    /** One turn of the scheduler; returns the leases that it issued. */
    turn: (): readonly LeaseState[] => {
      const before = new Set(leasesOf(mesh));
      takeTurn(mesh);
      return leasesOf(mesh).filter((lease) => !before.has(lease));
    },
    deliver: (name: string, events: readonly NumberedEvent[], store = name): EventReply =>
      ingestBatch(mesh, {
        meshId,
        nodeId: nodeIdOf(name),
        storeId: storeIdOf(store),
        events: [...events],
      }),
  };
}

function leasesOf(mesh: Mesh): LeaseState[] {
  return [...mesh.runs.values()].flatMap((run) => run.tests.flatMap((test) => test.leases));
}

/** What the store keeps of a run, without what a restart forgets or learns anew. */
export function bookOf(run: RunState): unknown {
  return {
    tests: run.tests.map((test) => ({
      closed: test.closed,
      decided: test.decided && { verdict: test.decided.verdict, reason: test.decided.reason },
      leases: test.leases.map((lease) => ({
        id: lease.id,
        nodeId: lease.nodeId,
        attemptNumber: lease.attemptNumber,
        settlement: lease.settlement,
        attempt: lease.attempt && {
          ...lease.attempt,
          steps: [...lease.attempt.steps].sort(([a], [b]) => a - b),
        },
      })),
    })),
    cancel: run.cancel && { code: run.cancel.code, reason: run.cancel.reason },
    end: run.end,
    openCount: run.openCount,
  };
}
