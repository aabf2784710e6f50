/** Pure: a run as it was committed becomes the run in memory again. A restart is a replay of the same fold. */
import { countArtifact } from "#gateway/merge/artifact-caps.ts";
import { foldEvent } from "#gateway/merge/fold.ts";
import { type Budgets, judgeTest } from "#gateway/merge/verdict.ts";
import { failuresOf } from "#gateway/quarantine/excuse.ts";
import { createQuarantine } from "#gateway/quarantine/quarantine.ts";
import { createShare } from "#gateway/scheduler/share.ts";
import type { LoadedLease, LoadedRun } from "#gateway/store/gateway-store.ts";
import type { NumberedNotice } from "#proto/api.ts";
import { leasePartsOf } from "#shared/ids.ts";
import { createLease, type LeaseState, type RunState, type TestState } from "./run-state.ts";

export type RebuildOptions = {
  readonly secrets: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly budgets: Budgets;
  /** What was said of the run. */
  readonly told: readonly NumberedNotice[];
};

export function rebuildRun(loaded: LoadedRun, options: RebuildOptions): RunState {
  const { created } = loaded;
  const tests = created.definitions.map(
    (definition, index): TestState => ({ index, definition, leases: [] }),
  );
  const run: RunState = {
    id: created.runId,
    createdWallMs: created.createdWallMs,
    options: created.options,
    origin: created.origin,
    tests,
    idempotencyKey: created.idempotencyKey,
    bodySha256: created.bodySha256,
    quarantine: created.quarantine && createQuarantine(created.quarantine, created.createdWallMs),
    secrets: options.secrets,
    isWaiting: false,
    noticeCount: loaded.noticeCount,
    openCount: tests.length,
    taken: { sizes: new Map(), bytes: 0 },
    failureCount: 0,
    share: createShare(options.nowMs),
    meanMs: new Map(),
  };
  for (const lease of loaded.leases) addLease(run, lease);
  for (const { event, offsetMs } of loaded.events) {
    const lease = leaseIn(run, event.leaseId);
    if (lease !== undefined) foldEvent(lease, event, offsetMs);
    if (event.kind === "artifact_found") countArtifact(run.taken, event.artifact);
  }
  restoreDecisions(run, loaded, options);
  return run;
}

function addLease(run: RunState, loaded: LoadedLease): void {
  const parts = leasePartsOf(loaded.leaseId);
  const test = run.tests[parts.testIndex];
  if (test === undefined) return;
  const lease = createLease({
    ...parts,
    id: loaded.leaseId,
    attemptNumber: loaded.attemptNumber,
    nodeId: loaded.nodeId,
  });
  if (loaded.settlement !== undefined) lease.settlement = loaded.settlement;
  test.leases.push(lease);
}

function leaseIn(run: RunState, leaseId: LeaseState["id"]): LeaseState | undefined {
  const parts = leasePartsOf(leaseId);
  return run.tests[parts.testIndex]?.leases.find((lease) => lease.number === parts.number);
}

function restoreDecisions(run: RunState, loaded: LoadedRun, options: RebuildOptions): void {
  for (const { testIndex, code, reason } of loaded.closed) {
    const test = run.tests[testIndex];
    if (test !== undefined) test.closed = { code, reason };
  }
  if (loaded.cancelling !== undefined) {
    run.cancel = {
      code: loaded.cancelling.code,
      reason: loaded.cancelling.reason,
      sinceMs: options.nowMs,
    };
  }
  restoreVerdicts(run, loaded, options);
  const { ended } = loaded;
  if (ended === undefined) return;
  run.end = {
    status: ended.status,
    exitCode: ended.exitCode,
    reason: ended.reason,
    wallMs: ended.wallMs,
  };
}

/**
 * Verdicts by what the leases add up to, with the reasons that were told. R1: those of an ended run are the told ones,
 * whatever has arrived since.
 */
function restoreVerdicts(run: RunState, loaded: LoadedRun, options: RebuildOptions): void {
  const told = new Map<number, NonNullable<TestState["decided"]>>();
  for (const { notice } of options.told) {
    if (notice.kind === "test_ended")
      told.set(notice.testIndex, { verdict: notice.verdict, reason: notice.reason });
  }
  for (const test of run.tests) {
    const outcome = judgeTest(test, options.budgets);
    const said = told.get(test.index);
    const isSaid =
      said !== undefined &&
      (loaded.ended !== undefined ||
        (outcome.kind === "decided" && outcome.verdict === said.verdict));
    if (isSaid) test.decided = said;
    else if (outcome.kind === "decided")
      test.decided = { verdict: outcome.verdict, reason: outcome.reason };
    if (test.decided !== undefined) run.openCount -= 1;
    run.failureCount += failuresOf(run, test, test.decided?.verdict);
  }
}
