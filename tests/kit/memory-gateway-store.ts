/**
 * The gateway's truth in memory, for simulations: it outlives a gateway that is killed, as a disk does. It also is the
 * simulator's witness: it refuses what no store may ever be asked to keep (a gap, a repeat, a second end).
 */

import type { Change, NodeRecord } from "#gateway/mesh/change.ts";
import { slicingName } from "#gateway/planning/slices.ts";
import type {
  BaselineMark,
  ChangeOf,
  GatewayStore,
  LoadedLease,
  LoadedRun,
} from "#gateway/store/gateway-store.ts";
import type { RunSummary } from "#proto/api.ts";
import type { Baseline } from "#proto/baseline.ts";
import type { NodeId, RunId, StoreId } from "#proto/ids.ts";
import { leasePartsOf } from "#shared/ids.ts";
import { createMemoryHistories } from "./memory-histories.ts";

type RunRows = {
  created: ChangeOf<"run_created">;
  cancelling?: ChangeOf<"run_cancelling">;
  ended?: ChangeOf<"run_ended">;
  readonly closed: ChangeOf<"test_closed">[];
  readonly leases: Map<string, LoadedLease>;
  readonly events: ChangeOf<"event_taken">[];
  readonly notices: ChangeOf<"notice_said">[];
};

export type MemoryGatewayStore = GatewayStore & {
  readonly runs: ReadonlyMap<RunId, RunRows>;
  /** Committed numbers by node store. */
  readonly confirmed: ReadonlyMap<StoreId, number>;
  /** What was asked that no store may keep, one text each. */
  readonly violations: readonly string[];
};

const markOf = ({ key, browser, os, name }: BaselineMark): string =>
  [key, browser, os, name].join("\0");

function namesBlob({ created, events }: RunRows, sha256: string): boolean {
  const isTaken = ({ event }: ChangeOf<"event_taken">) =>
    event.kind === "artifact_found" &&
    event.artifact.sha256 === sha256 &&
    event.artifact.missing === undefined;
  return (
    events.some(isTaken) ||
    created.definitions.some(({ files }) => files.some((file) => file.sha256 === sha256))
  );
}

export function createMemoryGatewayStore(): MemoryGatewayStore {
  const runs = new Map<RunId, RunRows>();
  const nodes = new Map<string, NodeRecord>();
  const stores = new Map<StoreId, ChangeOf<"store_advanced">>();
  const confirmed = new Map<StoreId, number>();
  const lastEvent = new Map<StoreId, number>();
  const blobs = new Map<string, number>();
  const missing = new Map<string, string>();
  const nodeKeys = new Map<NodeId, string>();
  const histories = createMemoryHistories();
  const paces = new Map<NodeId, readonly number[]>();
  const quotas = new Map<string, number>();
  const baselines = new Map<string, Baseline>();
  const violations: string[] = [];

  const settle = (change: ChangeOf<"lease_settled">): void => {
    const run = runs.get(leasePartsOf(change.leaseId).runId);
    const lease = run?.leases.get(change.leaseId);
    if (lease !== undefined)
      run?.leases.set(change.leaseId, { ...lease, settlement: change.settlement });
  };

  const keepEvent = (change: ChangeOf<"event_taken" | "event_rejected">): void => {
    const last = lastEvent.get(change.storeId) ?? 0;
    if (change.number <= last)
      violations.push(`event ${change.number} of ${change.storeId} taken again after ${last} (E2)`);
    lastEvent.set(change.storeId, Math.max(last, change.number));
    if (change.kind === "event_taken")
      runs.get(leasePartsOf(change.event.leaseId).runId)?.events.push(change);
  };

  const apply = (change: Change): void => {
    switch (change.kind) {
      case "run_created":
        runs.set(change.runId, {
          created: change,
          closed: [],
          leases: new Map(),
          events: [],
          notices: [],
        });
        return;
      case "lease_issued": {
        const run = runs.get(leasePartsOf(change.leaseId).runId);
        if (run?.leases.has(change.leaseId))
          violations.push(`lease ${change.leaseId} issued twice`);
        const { leaseId, nodeId, attemptNumber } = change;
        run?.leases.set(leaseId, { leaseId, nodeId, attemptNumber, settlement: undefined });
        return;
      }
      case "lease_settled":
        return settle(change);
      case "event_taken":
      case "event_rejected":
        return keepEvent(change);
      case "store_advanced": {
        const before = confirmed.get(change.storeId) ?? 0;
        if (change.confirmed < before)
          violations.push(`n of ${change.storeId} fell from ${before} to ${change.confirmed} (E2)`);
        confirmed.set(change.storeId, change.confirmed);
        stores.set(change.storeId, change);
        return;
      }
      case "run_cancelling":
      case "run_ended":
      case "test_closed":
      case "notice_said":
        return applyToRun(change);
      case "node_saved":
        nodes.set(change.node.nodeId, change.node);
        return;
      case "quota_set":
        if (change.slots === undefined) quotas.delete(change.project);
        else quotas.set(change.project, change.slots);
        return;
      case "blob_stored":
        blobs.set(change.sha256, change.bytes);
        missing.delete(change.sha256);
        return;
      case "blob_missed":
        missing.set(change.sha256, change.reason);
        return;
      case "blob_dropped":
        blobs.delete(change.sha256);
        return;
      case "baseline_set":
        baselines.set(markOf(change.baseline), change.baseline);
        return;
      case "baseline_removed":
        baselines.delete(markOf(change.baseline));
        return;
      case "outcome_noted":
      case "history_merged":
      case "history_trimmed":
      case "quarantine_put":
      case "quarantine_removed":
        return histories.apply(change);
      case "node_paced":
        paces.set(change.nodeId, change.ratios);
        return;
    }
  };

  const applyToRun = (
    change: ChangeOf<"run_cancelling" | "run_ended" | "test_closed" | "notice_said">,
  ): void => {
    const run = runs.get(change.runId);
    if (run === undefined) return;
    if (change.kind === "run_cancelling") run.cancelling = change;
    if (change.kind === "test_closed") run.closed.push(change);
    if (change.kind === "notice_said") run.notices.push(change);
    if (change.kind !== "run_ended") return;
    if (run.ended !== undefined) violations.push(`run ${change.runId} ended twice (R1)`);
    run.ended = change;
    run.created = { ...run.created, sealedSecrets: undefined };
  };

  const toLoaded = (run: RunRows): LoadedRun => ({
    created: run.created,
    cancelling: run.cancelling,
    ended: run.ended,
    closed: run.closed,
    leases: [...run.leases.values()].sort(
      (a, b) =>
        leasePartsOf(a.leaseId).testIndex - leasePartsOf(b.leaseId).testIndex ||
        leasePartsOf(a.leaseId).number - leasePartsOf(b.leaseId).number,
    ),
    events: [...run.events]
      .sort((a, b) => a.storeId.localeCompare(b.storeId) || a.number - b.number)
      .map(({ event, offsetMs }) => ({ event, offsetMs })),
    noticeCount: run.notices.length,
  });

  return {
    runs,
    confirmed,
    violations,
    // Copied through JSON, as a disk would: nothing in memory is shared with a gateway that was killed.
    commit: (changes) => {
      for (const change of JSON.parse(JSON.stringify(changes)) as Change[]) apply(change);
    },
    load: () => ({
      nodes: [...nodes.values()],
      stores: [...stores.values()],
      paces: [...paces].map(([nodeId, ratios]) => ({ nodeId, ratios })),
      quotas: [...quotas].map(([project, slots]) => ({ project, slots })),
      openRuns: [...runs.values()].filter((run) => run.ended === undefined).map(toLoaded),
    }),
    loadRun: (runId) => {
      const run = runs.get(runId);
      return run === undefined ? undefined : toLoaded(run);
    },
    endedRuns: ({ limit, before }) =>
      [...runs.values()]
        .flatMap((run) =>
          run.ended === undefined ? [] : [JSON.parse(run.ended.summary) as RunSummary],
        )
        .filter(({ id }) => before === undefined || id < before)
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    runByIdempotencyKey: (key) => {
      const found = [...runs.values()].find((run) => run.created.idempotencyKey === key);
      return found === undefined
        ? undefined
        : { runId: found.created.runId, bodySha256: found.created.bodySha256 };
    },
    notices: (runId, after) =>
      (runs.get(runId)?.notices ?? [])
        .map((said) => said.notice)
        .filter((notice) => notice.number > after),
    slices: (slicing, sinceWallMs) =>
      [...runs.values()]
        .filter(({ created }) => created.createdWallMs >= sinceWallMs)
        .flatMap(({ created }) => created.origin?.shard ?? [])
        .filter((shard) => slicingName({ ...shard, keys: shard.slices.flat() }) === slicing)
        .at(-1)?.slices,
    histories: histories.histories,
    historyPage: histories.historyPage,
    quarantine: histories.quarantine,
    baselines: (place) =>
      [...baselines.values()]
        .filter(
          ({ key, browser, os, sha256 }) =>
            key === place.key && browser === place.browser && os === place.os && blobs.has(sha256),
        )
        .map(({ name, sha256 }) => ({ name, sha256, bytes: blobs.get(sha256) ?? 0 }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    baselinePage: ({ limit, after }) =>
      [...baselines]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .filter(([mark]) => after === undefined || mark > markOf(after))
        .slice(0, limit)
        .map(([, baseline]) => baseline),
    bindNodeKey: (nodeId, publicKey) => {
      const bound = nodeKeys.get(nodeId) ?? publicKey;
      nodeKeys.set(nodeId, bound);
      return bound;
    },
    blobBytes: (sha256) => blobs.get(sha256),
    isBlobNamed: (sha256) =>
      [...runs.values()].some((run) => namesBlob(run, sha256)) ||
      [...baselines.values()].some((baseline) => baseline.sha256 === sha256),
    whyMissing: (sha256) => missing.get(sha256),
    close: () => undefined,
  };
}
