/**
 * Judges each start on a node by what runs on all nodes at that moment, whatever the gateway thinks of them:
 * S1 locks: no more attempts hold a lock than the least limit among them, those on nodes that are cut off, frozen or
 *    declared gone included.
 * S5 quotas: no more attempts of a project, or of a run with a most in flight, than are allowed. What the gateway has
 *    given up and cannot know to be over is not counted here: its slots are used by nobody else.
 */
import type { LeaseId, RunId } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { SimContext } from "./context.ts";
import type { LedgerOracle } from "./ledger-oracle.ts";
import type { RunPlan } from "./plan.ts";
import { isOpen } from "./reference-verdict.ts";

export type LockOptions = {
  readonly context: SimContext;
  readonly ledger: Pick<LedgerOracle, "lease">;
};

/** Who says nothing of it. */
const PROJECT_DEFAULT = "default";

export function watchLocks(options: LockOptions): void {
  const { truth, plan } = options.context;
  const runs = new Map<RunId, RunPlan>(plan.runs.map((run) => [run.run.runId, run]));
  const judge = { ...options, runs };
  truth.watch({
    onBegin: ({ leaseId }) => {
      judgeLocks(judge, leaseId);
      judgeShares(judge, leaseId);
    },
    onEnd: () => undefined,
  });
}

type Judge = LockOptions & { readonly runs: ReadonlyMap<RunId, RunPlan> };

function definitionOf({ runs }: Judge, leaseId: LeaseId): TestDefinition | undefined {
  const { runId, testIndex } = leasePartsOf(leaseId);
  return runs.get(runId)?.run.definitions[testIndex];
}

function judgeLocks(judge: Judge, leaseId: LeaseId): void {
  const { context, ledger } = judge;
  for (const { name } of definitionOf(judge, leaseId)?.schedule?.locks ?? []) {
    // Of a disk that was restored nobody knows what it may start.
    const holders = [...context.truth.live()].flatMap((attempt) => {
      const lock = definitionOf(judge, attempt.leaseId)?.schedule?.locks?.find(
        (one) => one.name === name,
      );
      const isTainted = ledger.lease(attempt.leaseId)?.isTainted === true;
      return lock === undefined || isTainted ? [] : [{ ...attempt, limit: lock.limit }];
    });
    const limit = Math.min(...holders.map((holder) => holder.limit));
    if (holders.length <= limit) continue;
    const who = holders.map((holder) => `${holder.leaseId} on ${holder.process}`).join(", ");
    context.fail("S1", `Lock ${name} with a limit of ${limit} is held by ${who}`);
  }
}

function judgeShares(judge: Judge, leaseId: LeaseId): void {
  const { context, runs } = judge;
  const { runId } = leasePartsOf(leaseId);
  const { maxInFlight, project = PROJECT_DEFAULT } = runs.get(runId)?.run.options ?? {};
  const quota = context.plan.quotas[project];
  if (maxInFlight === undefined && quota === undefined) return;
  const wanted = [...context.truth.live()].filter((attempt) => isWanted(judge, attempt.leaseId));
  const ofRun = wanted.filter((attempt) => leasePartsOf(attempt.leaseId).runId === runId);
  if (maxInFlight !== undefined && ofRun.length > maxInFlight)
    context.fail("S5", `${ofRun.length} attempts of ${runId} run, ${maxInFlight} may`);
  const ofProject = wanted.filter(
    (attempt) =>
      (runs.get(leasePartsOf(attempt.leaseId).runId)?.run.options.project ?? PROJECT_DEFAULT) ===
      project,
  );
  if (quota !== undefined && ofProject.length > quota)
    context.fail("S5", `${ofProject.length} attempts of project ${project} run, ${quota} may`);
}

const isWanted = ({ ledger }: Judge, leaseId: LeaseId): boolean => {
  const lease = ledger.lease(leaseId);
  return lease !== undefined && isOpen(lease) && !lease.isTainted;
};
