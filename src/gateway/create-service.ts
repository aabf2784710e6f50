/** The gateway's service over its core: reads answer from the books, writes are decisions that resolve when committed. */
import type { RunSummary } from "#proto/api.ts";
import type { RunId, Sha256 } from "#proto/ids.ts";
import type { Report } from "#proto/report.ts";
import { createBaselineService } from "./baselines/baseline-service.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { GatewayCore } from "./core.ts";
import { explainTest } from "./explain/explain-test.ts";
import { shownNodes } from "./fleet/life.ts";
import { createNodeOrders } from "./fleet/node-orders.ts";
import { nodeSummary } from "./fleet/node-summary.ts";
import { createQuotaService } from "./fleet/quotas.ts";
import { createHistoryService } from "./history/history-service.ts";
import { flakinessIn } from "./history/run-flakiness.ts";
import type { RunListeners } from "./listeners.ts";
import { nodeName } from "./mesh/mesh.ts";
import { activeLease, type RunState } from "./mesh/run-state.ts";
import { summarize } from "./mesh/summary.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { createQuarantineService } from "./quarantine/quarantine-service.ts";
import { type BytesState, type ReportInput, reportModel, testModels } from "./reports/model.ts";
import { cancelRun } from "./scheduler/cancel.ts";
import type { GatewayService, Start, TestsPage } from "./service.ts";
import type { GatewayStore } from "./store/gateway-store.ts";

export type ServiceParts = {
  readonly core: GatewayCore;
  readonly store: GatewayStore;
  readonly listeners: RunListeners;
  readonly blobs: Pick<BlobStore, "isWhole">;
  readonly metrics: GatewayMetrics;
  readonly submit: GatewayService["submit"];
  readonly plan: GatewayService["plan"];
  readonly reruns: Pick<GatewayService, "rerun" | "rerunOutlook">;
};

export function createService(parts: ServiceParts): GatewayService {
  const { core, store, listeners } = parts;
  const { mesh } = core;
  const findRun = (id: RunId): RunState | undefined => mesh.runs.get(id) ?? mesh.recallRun(id);
  return {
    submit: parts.submit,
    plan: parts.plan,
    ...parts.reruns,
    runs: (page) => listRuns(parts, page),
    run: (id) => summaryOf(parts, core.shownRun(id)),
    cancel: async (id, reason) => {
      const run = findRun(id);
      if (run === undefined) return undefined;
      await core.decide(() => cancelRun(mesh, run, { code: "cancelled", reason }));
      return summaryOf(parts, core.shownRun(id));
    },
    why: (id, key) => {
      core.settle();
      const run = findRun(id);
      const test = run?.tests.find(({ definition }) => definition.key === key);
      return run === undefined || test === undefined ? undefined : explainTest(mesh, run, test);
    },
    tests: (id, page) => pageOf(parts, core.shownRun(id), page),
    report: (id) => reportOf(parts, core.shownRun(id)),
    notices: (id, after) => store.notices(id, after),
    watchNotices: listeners.watchNotices,
    watchStarts: (id, listener) => {
      for (const start of runningStarts(parts, core.shownRun(id))) listener(start);
      return listeners.watchStarts(id, listener);
    },
    nodes: () => {
      core.settle();
      return shownNodes(mesh).map((node) => nodeSummary(mesh, node));
    },
    ...createNodeOrders(core),
    blobStored: (sha256, bytes) =>
      store.blobBytes(sha256) === undefined
        ? core.decide(() => mesh.turn.save({ kind: "blob_stored", sha256, bytes }))
        : Promise.resolve(),
    blobMissed: (sha256, reason) =>
      store.blobBytes(sha256) === undefined
        ? core.decide(() => mesh.turn.save({ kind: "blob_missed", sha256, reason }))
        : Promise.resolve(),
    history: createHistoryService(core, store),
    baselines: createBaselineService(core, store, parts.blobs),
    quotas: createQuotaService(core),
    quarantine: createQuarantineService(core, store),
    health: () => healthOf(core),
    metrics: parts.metrics.text,
  };
}

function summaryOf({ core }: ServiceParts, run: RunState | undefined): RunSummary | undefined {
  return run === undefined ? undefined : summarize(run, core.mesh.clock.wallMs());
}

/** What started before somebody watched, and runs: nobody else would tell of it. */
function runningStarts({ core }: ServiceParts, run: RunState | undefined): Start[] {
  if (run === undefined || run.end !== undefined) return [];
  return run.tests.flatMap((test) => {
    const lease = activeLease(test);
    if (lease?.attempt === undefined) return [];
    const node = nodeName(core.mesh, lease.nodeId);
    const { key } = test.definition;
    return [{ testIndex: test.index, key, attempt: lease.attemptNumber, node }];
  });
}

function listRuns(
  parts: ServiceParts,
  page: { readonly limit: number; readonly before?: RunId },
): readonly RunSummary[] {
  const { core } = parts;
  const nowWallMs = core.mesh.clock.wallMs();
  const open = [...core.mesh.runs.keys()]
    .filter((id) => page.before === undefined || id < page.before)
    .flatMap((id) => core.shownRun(id) ?? [])
    .filter((run) => run.end === undefined);
  const ended = parts.store.endedRuns(page);
  // Run ids are time-ordered (UUID version 7), so their order is the order of creation.
  return [...open.map((run) => summarize(run, nowWallMs)), ...ended]
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, page.limit);
}

/** A blob that was stored and is not on the disk any more is missing: never a link to nothing. */
function bytesState({ store, blobs }: ServiceParts, sha256: Sha256): BytesState | undefined {
  if (store.blobBytes(sha256) !== undefined) {
    if (blobs.isWhole(sha256)) return { state: "stored" };
    return {
      state: "missing",
      reason: "Its bytes were on the gateway, and are gone from its disk",
    };
  }
  const reason = store.whyMissing(sha256);
  return reason === undefined ? undefined : { state: "missing", reason };
}

function reportOf(parts: ServiceParts, run: RunState | undefined): Report | undefined {
  return run === undefined ? undefined : reportModel(reportInput(parts, run));
}

/** A page costs what it shows: the reader of a hundred pages does not make a hundred reports. */
function pageOf(
  parts: ServiceParts,
  run: RunState | undefined,
  { start, limit }: { readonly start: number; readonly limit: number },
): TestsPage | undefined {
  if (run === undefined) return undefined;
  const tests = testModels(reportInput(parts, run), start, start + limit);
  return { tests, count: run.tests.length };
}

function reportInput(parts: ServiceParts, run: RunState): ReportInput {
  const { mesh } = parts.core;
  const nowWallMs = mesh.clock.wallMs();
  const isWaitOver =
    run.end !== undefined && nowWallMs - run.end.wallMs > mesh.limits.artifactsAfterMs;
  return {
    run,
    nowWallMs,
    flakinessOf: flakinessIn(parts.store, run),
    node: (nodeId) => mesh.nodes.get(nodeId)?.record,
    bytesOf: (sha256) => bytesState(parts, sha256),
    mayStillCome: (nodeId) =>
      !isWaitOver && (mesh.nodes.get(nodeId)?.life.kind ?? "gone") !== "gone",
  };
}

function healthOf(core: GatewayCore): { readonly isReady: boolean; readonly reason?: string } {
  const failure = core.failure();
  if (failure !== undefined) return { isReady: false, reason: failure.message };
  if (!core.isHearing()) return { isReady: false, reason: "The gateway does not hear NATS" };
  return { isReady: true };
}
