/** What every store of the gateway's truth promises; run over each of them by gateway-store.test.ts. */
import { describe, expect, test } from "vitest";
import type { Change, NodeRecord } from "#gateway/mesh/change.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import { RunOptions } from "#proto/api.ts";
import type { NodeEvent } from "#proto/event.ts";
import { BootId, Epoch, MeshId, NodeId, RunId, Sha256, StoreId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { capabilitiesOf, definitionOf } from "../gateway/make.ts";

export type StoreUnderTest = {
  readonly store: GatewayStore;
  /** Closes it and opens the same truth again, as a gateway that starts does. */
  readonly reopen: () => GatewayStore;
};

const run = RunId.parse("run-0001");
const other = RunId.parse("run-0002");
const nodeId = NodeId.parse("node-1");
const storeId = StoreId.parse("store-1");
const leaseOf = (testIndex: number, number: number, runId = run) =>
  leaseIdOf({ runId, testIndex, number });

export function runCreated(runId = run, own: Partial<Change & { kind: "run_created" }> = {}) {
  return {
    kind: "run_created",
    runId,
    createdWallMs: 1_700_000_000_000,
    options: RunOptions.parse({ tags: ["smoke"], retries: 2 }),
    definitions: [definitionOf(0), definitionOf(1, { skip: "No" }), definitionOf(2)],
    sealedSecrets: "sealed",
    idempotencyKey: `key of ${runId}`,
    bodySha256: "a".repeat(64),
    ...own,
  } as const satisfies Change;
}

const runEnded = (runId = run, own: Partial<Change & { kind: "run_ended" }> = {}) =>
  ({
    kind: "run_ended",
    runId,
    status: "failed",
    exitCode: 1,
    reason: "Why",
    wallMs: 1_700_000_009_000,
    summary: JSON.stringify({
      id: runId,
      state: "ended",
      status: "failed",
      exitCode: 1,
      startedAt: "2026-11-21T08:00:00.000Z",
      durationMs: 9_000,
      totals: { planned: 1, passed: 0, failed: 1, flaky: 0, skipped: 0, lost: 0 },
      finished: 1,
      running: 0,
    }),
    ...own,
  }) as const satisfies Change;

const startedEvent = (testIndex: number, number: number, runId = run): NodeEvent => ({
  kind: "attempt_started",
  leaseId: leaseOf(testIndex, number, runId),
  attemptNumber: 1,
  slotIndex: 0,
  wallMs: 1_700_000_000_500,
});

const endedEvent: NodeEvent = {
  kind: "attempt_ended",
  leaseId: leaseOf(0, 1),
  status: "failed",
  durationMs: 12.5,
  error: { message: "Not found", code: "expect", line: 3 },
};

const issued = (testIndex: number, number: number): Change => ({
  kind: "lease_issued",
  leaseId: leaseOf(testIndex, number),
  nodeId,
  attemptNumber: number,
});

const taken = (number: number, event: NodeEvent): Change => ({
  kind: "event_taken",
  storeId,
  number,
  event,
  offsetMs: -250,
});

const nodeRecord = (own: Partial<NodeRecord> = {}): NodeRecord => ({
  nodeId,
  name: "a",
  bootId: BootId.parse("boot-1"),
  storeId,
  epoch: Epoch.parse(1),
  isGone: false,
  isDrained: false,
  offsetMs: -250,
  hello: {
    versions: { min: 1, max: 1 },
    meshId: MeshId.parse("mesh-1"),
    nodeId,
    bootId: BootId.parse("boot-1"),
    storeId,
    name: "a",
    programVersion: "0.1.0",
    capabilities: capabilitiesOf(),
    slots: 2,
    isDraining: false,
    held: [],
    lastEvent: 0,
    wallMs: 1_700_000_000_000,
  },
  ...own,
});

const notice = (number: number, runId = run): Change => ({
  kind: "notice_said",
  runId,
  notice: { number, notice: { kind: "waiting", reason: `Reason ${number}` } },
});

/** The store as it is, then as it is after a reopening. */
export function* views(store: GatewayStore, reopen: () => GatewayStore): Generator<GatewayStore> {
  yield store;
  yield reopen();
}

/** Holds `open` to the contract. */
export function gatewayStoreContract(name: string, open: () => StoreUnderTest): void {
  describe(name, () => {
    test("is empty at first", () => {
      const { store } = open();
      expect(store.load()).toEqual({ nodes: [], stores: [], paces: [], quotas: [], openRuns: [] });
      expect(store.loadRun(run)).toBeUndefined();
      expect(store.runByIdempotencyKey("none")).toBeUndefined();
      expect(store.notices(run, 0)).toEqual([]);
      expect(store.blobBytes(Sha256.parse("0".repeat(64)))).toBeUndefined();
      expect(store.endedRuns({ limit: 10 })).toEqual([]);
    });

    test("gives back a run as it was committed, in one turn or in many, also after a reopening", () => {
      const settlement = {
        kind: "lost",
        cause: "node_silent",
        reason: "Silent",
        wallMs: 9,
        isRevoked: false,
      } as const;
      const changes: Change[] = [
        runCreated(),
        issued(2, 1),
        issued(0, 1),
        issued(0, 2),
        taken(1, startedEvent(0, 1)),
        { kind: "lease_settled", leaseId: leaseOf(0, 1), settlement },
        {
          kind: "lease_settled",
          leaseId: leaseOf(0, 1),
          settlement: { ...settlement, isRevoked: true },
        },
        taken(2, endedEvent),
        { kind: "event_rejected", storeId, number: 3, reason: "Unreadable" },
        { kind: "store_advanced", storeId, nodeId, confirmed: 3 },
        { kind: "run_cancelling", runId: run, code: "cancelled", reason: "By a person" },
        { kind: "test_closed", runId: run, testIndex: 2, code: "cancelled", reason: "Cancelled" },
        notice(1),
        notice(2),
      ];
      const { sealedSecrets, ...created } = runCreated();
      for (const turns of [[changes], changes.map((change) => [change])]) {
        const { store, reopen } = open();
        for (const turn of turns) store.commit(turn);
        for (const current of views(store, reopen)) {
          expect(current.loadRun(run)).toEqual({
            created: { ...created, sealedSecrets },
            cancelling: changes[10],
            ended: undefined,
            closed: [changes[11]],
            leases: [
              {
                leaseId: leaseOf(0, 1),
                nodeId,
                attemptNumber: 1,
                settlement: { ...settlement, isRevoked: true },
              },
              { leaseId: leaseOf(0, 2), nodeId, attemptNumber: 2, settlement: undefined },
              { leaseId: leaseOf(2, 1), nodeId, attemptNumber: 1, settlement: undefined },
            ],
            events: [
              { event: startedEvent(0, 1), offsetMs: -250 },
              { event: endedEvent, offsetMs: -250 },
            ],
            noticeCount: 2,
          });
          expect(current.load()).toMatchObject({ stores: [{ storeId, nodeId, confirmed: 3 }] });
          expect(current.load().openRuns).toEqual([current.loadRun(run)]);
        }
      }
    });

    test("an ended run is no open run; its end is written once, and its secrets are gone (K1, R1)", () => {
      const { store, reopen } = open();
      store.commit([runCreated(), runCreated(other), runEnded()]);
      for (const current of views(store, reopen)) {
        expect(current.load().openRuns.map(({ created }) => created.runId)).toEqual([other]);
        expect(current.loadRun(run)).toMatchObject({
          ended: { status: "failed", exitCode: 1, reason: "Why", wallMs: 1_700_000_009_000 },
          created: { sealedSecrets: undefined },
        });
        expect(current.loadRun(other)?.created.sealedSecrets).toBe("sealed");
      }
    });

    test("lists ended runs newest first, in pages", () => {
      const { store } = open();
      const ids = [1, 2, 3, 4].map((n) => RunId.parse(`run-100${n}`));
      for (const id of ids) store.commit([runCreated(id), runEnded(id)]);
      store.commit([runCreated()]);
      const newest = [...ids].reverse();
      const [first, second] = newest;
      const idsOf = (page: Parameters<GatewayStore["endedRuns"]>[0]) =>
        store.endedRuns(page).map(({ id }) => id);
      expect(idsOf({ limit: 10 })).toEqual(newest);
      expect(idsOf({ limit: 2 })).toEqual([first, second]);
      expect(idsOf({ limit: 10, ...(second && { before: second }) })).toEqual(newest.slice(2));
    });

    test("finds a run by its idempotency key", () => {
      const { store, reopen } = open();
      store.commit([runCreated(), runCreated(other, { idempotencyKey: undefined })]);
      for (const current of views(store, reopen)) {
        expect(current.runByIdempotencyKey(`key of ${run}`)).toEqual({
          runId: run,
          bodySha256: "a".repeat(64),
        });
        expect(current.runByIdempotencyKey(`key of ${other}`)).toBeUndefined();
      }
    });

    test("keeps the newest record of a node, and blobs by their first size", () => {
      const { store, reopen } = open();
      const sha256 = Sha256.parse("b".repeat(64));
      store.commit([{ kind: "node_saved", node: nodeRecord() }]);
      store.commit([
        { kind: "node_saved", node: nodeRecord({ isGone: true, epoch: Epoch.parse(2) }) },
        { kind: "blob_stored", sha256, bytes: 7 },
        { kind: "blob_stored", sha256, bytes: 7 },
      ]);
      for (const current of views(store, reopen)) {
        expect(current.load().nodes).toEqual([nodeRecord({ isGone: true, epoch: Epoch.parse(2) })]);
        expect(current.blobBytes(sha256)).toBe(7);
      }
    });

    test("gives notices after a number, in order, of one run only", () => {
      const { store } = open();
      store.commit([runCreated(), runCreated(other), notice(1), notice(1, other), notice(2)]);
      store.commit([notice(3)]);
      expect(store.notices(run, 1).map(({ number }) => number)).toEqual([2, 3]);
      expect(store.notices(other, 0)).toHaveLength(1);
      expect(store.notices(run, 3)).toEqual([]);
    });

    test("gives each node store's events in the order of their numbers, however turns interleave", () => {
      const { store } = open();
      const second = StoreId.parse("store-2");
      const of = (id: StoreId, number: number, testIndex: number): Change => ({
        kind: "event_taken",
        storeId: id,
        number,
        event: startedEvent(testIndex, number),
        offsetMs: 0,
      });
      store.commit([runCreated(), of(second, 1, 1), of(storeId, 1, 0)]);
      store.commit([of(storeId, 2, 0), of(second, 2, 1)]);
      const numbersOf = (testIndex: number) =>
        (store.loadRun(run)?.events ?? [])
          .map(({ event }) => event.leaseId)
          .filter((id) => id.startsWith(`${run}:${testIndex}:`));
      expect(numbersOf(0)).toEqual([leaseOf(0, 1), leaseOf(0, 2)]);
      expect(numbersOf(1)).toEqual([leaseOf(1, 1), leaseOf(1, 2)]);
    });

    test("keeps nothing that its caller changes afterwards", () => {
      const { store } = open();
      const created = { ...runCreated(), definitions: [definitionOf(0)] };
      store.commit([created]);
      created.definitions.push(definitionOf(1));
      expect(store.loadRun(run)?.created.definitions).toHaveLength(1);
    });
  });
}
