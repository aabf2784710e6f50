/** Pure: a run, running or ended, as the report that people read (interface.md, report.json). */

import { lossReason } from "#gateway/merge/verdict.ts";
import type { NodeRecord } from "#gateway/mesh/change.ts";
import {
  type AttemptState,
  isActive,
  isCounted,
  isLate,
  type LeaseState,
  type RunState,
  type Settlement,
  type StepResult,
  type TestState,
} from "#gateway/mesh/run-state.ts";
import { concludeRun, totalsOf } from "#gateway/mesh/summary.ts";
import { quarantineShown } from "#gateway/quarantine/excuse.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { NodeId, Sha256 } from "#proto/ids.ts";
import {
  NOT_ENDED_REASON,
  REPORT_SCHEMA_VERSION,
  type Report,
  type ReportArtifact,
  type ReportAttempt,
  type ReportNode,
  type ReportStep,
  type ReportTest,
  RUNNING_CODE,
  type RunOrigin,
} from "#proto/report.ts";
import type { TestDefinition } from "#proto/test.ts";
import { roundMs } from "#shared/round-ms.ts";

export type BytesState =
  | { readonly state: "stored" }
  | { readonly state: "missing"; readonly reason: string };

export type ReportInput = {
  readonly run: RunState;
  readonly node: (nodeId: NodeId) => NodeRecord | undefined;
  /** What became of an artifact's bytes as far as the gateway knows (R3): on its disk, or why not; undefined: not here yet. */
  readonly bytesOf: (sha256: Sha256) => BytesState | undefined;
  /** Whether the node may still bring bytes: it is not gone, and the wait after the run is not over. */
  readonly mayStillCome: (nodeId: NodeId) => boolean;
  /** By the outcomes up to the end of the run; default: nothing is known. */
  readonly flakinessOf?: (definition: TestDefinition) => number;
  readonly nowWallMs: number;
};

export function reportModel(input: ReportInput): Report {
  const { run } = input;
  const conclusion = run.end ?? {
    ...concludeRun(run),
    status: "incomplete" as const,
    exitCode: 3,
    reason: NOT_ENDED_REASON,
  };
  const durationMs = Math.max(0, (run.end?.wallMs ?? input.nowWallMs) - run.createdWallMs);
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    run: {
      id: run.id,
      status: conclusion.status,
      exitCode: conclusion.exitCode,
      ...(conclusion.reason === undefined ? {} : { reason: conclusion.reason }),
      startedAt: timeText(run.createdWallMs),
      durationMs: Math.round(durationMs),
      ...originOf(run),
    },
    totals: totalsOf(run),
    nodes: nodesOf(input),
    tests: testModels(input),
  };
}

/** Its tests from one index on, up to another. Default: all. */
export function testModels(input: ReportInput, start = 0, end?: number): ReportTest[] {
  return input.run.tests.slice(start, end).map((test) => testModel(input, test));
}

function originOf({ origin }: RunState): RunOrigin {
  const { shard, rerunOf } = origin ?? {};
  return {
    ...(shard === undefined ? {} : { shard }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
  };
}

function nodesOf(input: ReportInput): ReportNode[] {
  const ids = new Set(input.run.tests.flatMap((test) => test.leases.map((lease) => lease.nodeId)));
  return [...ids].flatMap((id) => {
    const record = input.node(id);
    if (record === undefined) return [];
    const { capabilities, programVersion, slots } = record.hello;
    const browsers = capabilities.able.flatMap((one) =>
      one.browser === undefined ? [] : [`${one.browser} ${one.version ?? ""}`.trim()],
    );
    const platform = `${capabilities.os} ${capabilities.arch}`;
    return [
      {
        id,
        name: record.name,
        version: programVersion,
        platform,
        slots,
        labels: capabilities.labels,
        browsers,
      },
    ];
  });
}

function testModel(input: ReportInput, test: TestState): ReportTest {
  const { definition } = test;
  const started = test.leases.filter((lease) => lease.attempt !== undefined);
  return {
    key: definition.key,
    ...(definition.historyKey === undefined ? {} : { historyKey: definition.historyKey }),
    name: definition.name,
    suite: definition.suite,
    file: definition.file,
    line: definition.line,
    platform: definition.platform,
    tags: definition.tags,
    verdict: test.decided?.verdict ?? "lost",
    ...reasonOf(test, started.at(-1)),
    ...skippedByOf(test),
    ...quarantineShown(input.run, test),
    ...flakinessShown(input.flakinessOf?.(definition) ?? 0),
    attempts: started.map((lease) => attemptModel(input, { definition, lease })),
  };
}

function flakinessShown(flakiness: number): Pick<ReportTest, "flakiness"> {
  return flakiness === 0 ? {} : { flakiness };
}

function reasonOf(test: TestState, last: LeaseState | undefined): { reason?: string } {
  if (test.decided === undefined) return { reason: NOT_ENDED_REASON };
  if (test.decided.reason !== undefined) return { reason: test.decided.reason };
  return test.decided.verdict === "lost" ? { reason: lossReason(last) } : {};
}

function skippedByOf({ decided, closed }: TestState): Pick<ReportTest, "skippedBy"> {
  if (decided?.verdict !== "skipped" || closed === undefined) return {};
  const { code } = closed;
  return code === "max_failures" || code === "after_failed" ? { skippedBy: code } : {};
}

type Telling = {
  readonly definition: TestDefinition;
  readonly lease: LeaseState;
};

function attemptModel(input: ReportInput, { definition, lease }: Telling): ReportAttempt {
  const attempt = lease.attempt;
  if (attempt === undefined) throw new Error(`Cannot tell lease ${lease.id}: it has not started`);
  const { end } = attempt;
  const status = end?.status ?? (lease.settlement?.kind === "cancelled" ? "cancelled" : "lost");
  const error = end?.error ?? lossError(lease, status);
  return {
    // Not its place among those that are known: one that is heard of late would number what follows anew (R1).
    number: lease.attemptNumber,
    status,
    counted: isCounted(lease),
    late: isLate(lease),
    node: input.node(lease.nodeId)?.name ?? lease.nodeId,
    slot: attempt.slotIndex,
    startedAt: timeText(attempt.startedWallMs),
    durationMs: roundMs(durationOf(attempt, lease.settlement)),
    ...(error === undefined ? {} : { error }),
    ...(end?.warnings === undefined ? {} : { warnings: [...end.warnings] }),
    steps: stepsOf(definition, attempt, status),
    artifacts: attempt.artifacts.map((note) => artifactModel(input, lease, note)),
  };
}

/** The node's own measure; of a lost attempt what its steps or the gateway's decision show: it ran at least so long. */
function durationOf(attempt: AttemptState, settlement: Settlement | undefined): number {
  const { end } = attempt;
  if (end !== undefined && end.durationMs > 0) return end.durationMs;
  const stepsMs = [...attempt.steps.values()].reduce((sum, step) => sum + step.durationMs, 0);
  const untilMs = end === undefined ? settlement?.wallMs : undefined;
  return Math.max(stepsMs, (untilMs ?? attempt.startedWallMs) - attempt.startedWallMs);
}

function lossError(
  lease: LeaseState,
  status: ReportAttempt["status"],
): { message: string; code: string } | undefined {
  if (status === "passed" || status === "failed") return undefined;
  if (isActive(lease)) return { message: "It has not ended", code: RUNNING_CODE };
  return { message: lossReason(lease), code: lease.settlement?.cause ?? "lost" };
}

/** All planned steps: what was not executed is skipped; of a lost attempt the one after the last told was running. */
function stepsOf(
  definition: TestDefinition,
  attempt: AttemptState,
  status: ReportAttempt["status"],
): ReportStep[] {
  const isCut = status === "lost" || status === "cancelled";
  const runningIndex = isCut
    ? definition.steps.findIndex(
        ({ skip }, index) => skip === undefined && !attempt.steps.has(index),
      )
    : -1;
  return definition.steps.map((planned, index) => {
    const told = attempt.steps.get(index);
    return {
      name: planned.name,
      kind: planned.kind,
      status: told?.status ?? (index === runningIndex ? "lost" : "skipped"),
      ...(planned.skip === undefined ? {} : { reason: planned.skip }),
      ...(planned.phase === "main" ? {} : { phase: planned.phase }),
      line: planned.line,
      durationMs: roundMs(told?.durationMs ?? 0),
      ...(planned.optional === true ? { optional: true } : {}),
      ...toldOf(told),
    };
  });
}

function toldOf(
  told: StepResult | undefined,
): Pick<ReportStep, "soft" | "warnings" | "error" | "children"> {
  const { soft, warnings = [], error, children } = told ?? {};
  return {
    ...(soft === true && { soft }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    ...(error && { error }),
    ...(children && { children }),
  };
}

function artifactModel(input: ReportInput, lease: LeaseState, note: ArtifactNote): ReportArtifact {
  const base = { name: note.name, kind: note.kind, bytes: note.bytes };
  if (note.sha256 === undefined || note.missing !== undefined)
    return { ...base, state: "missing", reason: note.missing ?? "The node has no bytes of it" };
  const named = { ...base, sha256: note.sha256 };
  const known = input.bytesOf(note.sha256);
  if (known !== undefined) return { ...named, ...known };
  if (input.mayStillCome(lease.nodeId)) return { ...named, state: "pending" };
  const node = input.node(lease.nodeId)?.name ?? lease.nodeId;
  return { ...named, state: "missing", reason: `Node ${node} did not deliver it` };
}

/** The last moment that a Date can name (ECMA-262, Time Values and Time Range). */
const DATE_MS_MAX = 8.64e15;

/** A node's clock may show anything: one that no Date can name must not cost the report. */
function timeText(wallMs: number): string {
  return new Date(Math.min(Math.max(wallMs, -DATE_MS_MAX), DATE_MS_MAX)).toISOString();
}
