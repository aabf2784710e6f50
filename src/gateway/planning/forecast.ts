/**
 * Pure: what a run is expected to take. It is played through by the scheduler's own turn, on a mesh whose clock goes from
 * one end of an attempt to the next: order, groups, locks, precedence and bounds are what they are in a run, and nothing
 * of them is told a second time here. Every attempt takes what is expected of it and passes.
 *
 * What it leaves out: the wire, offers ahead of a slot and their recall, other runs, failures and losses.
 */
import { openNodeCount, whyNotBegun } from "#gateway/fleet/min-nodes.ts";
import { medianOf } from "#gateway/history/estimate.ts";
import type { Change } from "#gateway/mesh/change.ts";
import { createMesh, newNodeState, newRunState } from "#gateway/mesh/create.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { LeaseState, RunState, TestState } from "#gateway/mesh/run-state.ts";
import { expectedMsOf } from "#gateway/scheduler/expected.ts";
import { releaseLease } from "#gateway/scheduler/held-lease.ts";
import { dropLocks } from "#gateway/scheduler/locks.ts";
import { lookAtAll, takeTurn } from "#gateway/scheduler/loop.ts";
import { explainNodeless } from "#gateway/scheduler/nodeless.ts";
import { queueRun, reviewTest } from "#gateway/scheduler/settle.ts";
import { type LeaseId, MeshId, RunId } from "#proto/ids.ts";
import type { PlannedTest, RunForecast } from "#proto/plan.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import { leasePartsOf } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { createEndings, type Endings } from "./endings.ts";
import type { ForecastNode } from "./stated-fleet.ts";
import type { EstimatedPlan } from "./take-slice.ts";

export type ForecastInput = {
  readonly plan: EstimatedPlan;
  readonly nodes: readonly ForecastNode[];
  /** Slots at once by project. */
  readonly quotas?: ReadonlyMap<string, number>;
  readonly isStated: boolean;
};

/** Ends of attempts between two breaths. */
const STRIDE = 200;

/** Plays a run through, with a breath between pieces of it so that whoever calls can do something else. */
export function* playForecast(input: ForecastInput): Generator<undefined, RunForecast> {
  const play = begin(input);
  for (let count = 1; ; count += 1) {
    takeTurn(play.mesh);
    startIssued(play);
    const next = play.endings.take();
    if (next === undefined) return tell(play, input);
    play.time.nowMs = next.atMs;
    for (const lease of next.items) endAttempt(play, lease);
    if (count % STRIDE === 0) yield;
  }
}

/** The same without a breath. */
export function forecastRun(input: ForecastInput): RunForecast {
  const play = playForecast(input);
  for (;;) {
    const step = play.next();
    if (step.done === true) return step.value;
  }
}

type Play = {
  readonly mesh: Mesh;
  readonly run: RunState;
  readonly time: { nowMs: number };
  /** Issued and not looked at yet. */
  readonly issued: LeaseId[];
  readonly endings: Endings<LeaseState>;
  /** In the order of their starts. */
  readonly started: Map<TestState, Started>;
  /** What is assumed of a test of which nothing is known, milliseconds. */
  readonly assumedMs: number;
};

type Started = { readonly node: string; readonly startMs: number; readonly endMs: number };

/** Of a run of which nothing is known: only its order is told. */
const NOTHING_KNOWN_MS = 1_000;

function begin({ plan, nodes, quotas }: ForecastInput): Play {
  const time = { nowMs: 0 };
  const issued: LeaseId[] = [];
  const clock: Clock = {
    wallMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    after: () => ({ cancel: () => undefined }),
  };
  const mesh = quietMesh(clock, issued);
  for (const [project, slots] of quotas ?? []) mesh.quotas.set(project, slots);
  for (const { record, speed } of nodes) {
    const node = newNodeState(record, { kind: "alive", heardMs: 0 });
    node.speed = speed;
    mesh.nodes.set(record.nodeId, node);
  }
  const run = newRunState({ ...NO_SUBMIT, ...plan, definitions: plan.tests }, clock);
  mesh.runs.set(run.id, run);
  lookAtAll(mesh);
  queueRun(mesh, run);
  const known = plan.estimates.flatMap(({ expectedMs }) => expectedMs ?? []);
  const assumedMs = known.length === 0 ? NOTHING_KNOWN_MS : medianOf(known);
  return { mesh, run, time, issued, endings: createEndings(), started: new Map(), assumedMs };
}

const NO_SUBMIT = {
  runId: RunId.parse("run-forecast"),
  secrets: {},
  sealedSecrets: undefined,
  idempotencyKey: undefined,
  bodySha256: "",
} as const;

/** A mesh that nobody hears: its turns are played, and nothing of them is kept or sent but which leases they issue. */
function quietMesh(clock: Clock, issued: LeaseId[]): Mesh {
  const save = (change: Change) => {
    if (change.kind === "lease_issued") issued.push(change.leaseId);
  };
  return createMesh(
    {
      meshId: MeshId.parse("mesh-forecast"),
      clock,
      bus: NO_BUS,
      // Offers ahead are the wire's: here no slot ever waits for it.
      limits: { ...DEFAULT_LIMITS, prefetchPerSlotMax: 0 },
      listener: {
        onNotice: () => undefined,
        onStart: () => undefined,
        onRunEnded: () => undefined,
      },
    },
    { turn: { save, afterCommit: () => undefined }, act: (decide) => decide() },
    () => undefined,
  );
}

const NO_BUS: Bus = {
  publish: () => undefined,
  request: () => Promise.reject(new Error("A forecast asks nobody")),
  subscribe: () => () => undefined,
  watch: () => () => undefined,
  isConnected: () => true,
  payloadBytesMax: () => Number.POSITIVE_INFINITY,
  close: () => Promise.resolve(),
};

/** Every lease starts at once: it was issued for a free slot. */
function startIssued({ mesh, run, time, issued, endings, started, assumedMs }: Play): void {
  for (const leaseId of issued.splice(0)) {
    const test = run.tests[leasePartsOf(leaseId).testIndex];
    const lease = test?.leases.at(-1);
    const node = lease && mesh.nodes.get(lease.nodeId);
    if (test === undefined || lease === undefined || node === undefined) continue;
    const tookMs = (expectedMsOf(run, test) ?? assumedMs) * node.speed;
    const endMs = time.nowMs + tookMs;
    started.set(test, { node: node.record.name, startMs: time.nowMs, endMs });
    endings.put(endMs, lease);
  }
}

/** As when its node had told that it passed. */
function endAttempt({ mesh, run, started }: Play, lease: LeaseState): void {
  const test = run.tests[lease.testIndex];
  if (test === undefined) return;
  const { startMs, endMs } = started.get(test) ?? { startMs: 0, endMs: 0 };
  const durationMs = endMs - startMs;
  lease.attempt = {
    startedWallMs: startMs,
    slotIndex: 0,
    steps: new Map([[0, { status: "passed", durationMs }]]),
    artifacts: [],
    end: { status: "passed", durationMs },
  };
  releaseLease(mesh, run, lease);
  dropLocks(mesh.locks, lease.id);
  reviewTest(mesh, run, test);
}

function tell(play: Play, { plan, nodes, isStated }: ForecastInput): RunForecast {
  const { run, started, assumedMs } = play;
  const isKnown = plan.estimates.some(({ expectedMs }) => expectedMs !== undefined);
  const planned = [...started].map(([test, at]): PlannedTest => {
    const { node, ...times } = at;
    return { key: test.definition.key, node, ...(isKnown ? times : {}), ...expectedOf(test) };
  });
  const idle = run.tests.filter((test) => test.decided === undefined && !started.has(test));
  const unplanned = idle.map(
    (test): PlannedTest => ({
      key: test.definition.key,
      ...expectedOf(test),
      reason: whyIdle(play, test),
    }),
  );
  const all = [...started.keys()];
  return {
    tests: [...planned, ...unplanned],
    skipped: run.tests.length - planned.length - unplanned.length,
    nodes: nodes.map(({ record, speed }) => ({
      name: record.name,
      slots: record.hello.slots,
      speed,
    })),
    isStated,
    ...(isKnown ? boundsOf(play, all) : {}),
    unknown: [...all, ...idle].filter(({ estimate }) => estimate?.expectedMs === undefined).length,
    ...(isKnown ? { assumedMs } : {}),
    warnings: [...plan.warnings],
  };
}

function expectedOf({ estimate }: TestState): Pick<PlannedTest, "expectedMs"> {
  return estimate?.expectedMs === undefined ? {} : { expectedMs: estimate.expectedMs };
}

function whyIdle({ mesh, run }: Play, { definition }: TestState): string {
  const notBegun = whyNotBegun(run, openNodeCount(mesh));
  if (notBegun !== undefined) return notBegun;
  const nodeless = explainNodeless([...mesh.nodes.values()], definition);
  return nodeless ?? "It waits for a test that would not run";
}

/** The lower bound: the longest test on the fastest node, or all of them spread over the slots as if they could be cut. */
function boundsOf(
  { run, started, assumedMs, mesh }: Play,
  tests: readonly TestState[],
): Pick<RunForecast, "makespanMs" | "lowerBoundMs"> {
  let makespanMs = 0;
  for (const { endMs } of started.values()) makespanMs = Math.max(makespanMs, endMs);
  let longestMs = 0;
  let totalMs = 0;
  for (const test of tests) {
    const expectedMs = expectedMsOf(run, test) ?? assumedMs;
    longestMs = Math.max(longestMs, expectedMs);
    totalMs += expectedMs;
  }
  let slots = 0;
  let fastest = Number.POSITIVE_INFINITY;
  for (const { record, speed } of mesh.nodes.values()) {
    slots += record.hello.slots / speed;
    fastest = Math.min(fastest, speed);
  }
  if (tests.length === 0) return { makespanMs: 0, lowerBoundMs: 0 };
  return { makespanMs, lowerBoundMs: Math.max(longestMs * fastest, totalMs / slots) };
}
