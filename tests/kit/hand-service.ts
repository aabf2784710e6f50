/** A second implementation of `GatewayService`, in memory and driven by hand: what a test says happened, happened. */

import type {
  GatewayService,
  LiveListener,
  NoticeListener,
  SubmitOutcome,
} from "#gateway/service.ts";
import {
  type NodeSummary,
  type NumberedNotice,
  type RunNotice,
  type RunSummary,
  SubmitRun,
} from "#proto/api.ts";
import type { DrainNode, QuotaList } from "#proto/fleet.ts";
import { RunId, type Sha256 } from "#proto/ids.ts";
import type { RunForecast } from "#proto/plan.ts";
import type { Report, ReportTest, RunStatus, Totals } from "#proto/report.ts";

type HandRun = {
  summary: RunSummary;
  readonly body: string;
  readonly notices: NumberedNotice[];
  readonly tests: ReportTest[];
  readonly noticeListeners: Set<NoticeListener>;
  readonly startListeners: Set<LiveListener>;
};

export type HandService = GatewayService & {
  /** Makes a run that is there already. */
  readonly addRun: (tests?: readonly ReportTest[]) => RunId;
  readonly notify: (id: RunId, notice: RunNotice) => void;
  readonly start: (id: RunId, start: Parameters<LiveListener>[0]) => void;
  /** Ends a run with its `run_ended` notice. */
  readonly end: (id: RunId, status?: RunStatus) => void;
  readonly addNode: (name: string) => void;
  /** The next submit is answered with it. */
  readonly refuseNext: (outcome: Extract<SubmitOutcome, { kind: "refused" }>) => void;
  /** The next submit throws it. */
  readonly failNext: (thrown: unknown) => void;
  readonly setHealth: (health: { readonly isReady: boolean; readonly reason?: string }) => void;
  readonly storedBlobs: Map<Sha256, number>;
  readonly missedBlobs: Map<Sha256, string>;
  readonly drains: DrainNode[];
  readonly submitted: SubmitRun[];
  readonly cancelReasons: string[];
  /** How many listeners watch now. */
  readonly watcherCount: () => number;
};

const NO_FORECAST: RunForecast = {
  tests: [],
  skipped: 0,
  nodes: [],
  isStated: false,
  unknown: 0,
  warnings: [],
};
const HAND_SUITE = { file: "s.yaml", text: "again" };
const NO_TOTALS: Totals = { planned: 0, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };

/** Makes an empty service that is ready. */
export function createHandService(): HandService {
  const runs = new Map<RunId, HandRun>();
  const keys = new Map<string, RunId>();
  const nodes: NodeSummary[] = [];
  const storedBlobs = new Map<Sha256, number>();
  const missedBlobs = new Map<Sha256, string>();
  const quotas = new Map<string, QuotaList["quotas"][number]>();
  const drains: DrainNode[] = [];
  const submitted: SubmitRun[] = [];
  const cancelReasons: string[] = [];
  let health: { readonly isReady: boolean; readonly reason?: string } = { isReady: true };
  let nextRefusal: SubmitOutcome | undefined;
  let nextFailure: { readonly thrown: unknown } | undefined;

  const create = (body: string, tests: readonly ReportTest[]): HandRun => {
    const id = RunId.parse(`run-${runs.size + 1}`);
    const run: HandRun = {
      summary: newSummary(id, tests.length),
      body,
      notices: [],
      tests: [...tests],
      noticeListeners: new Set(),
      startListeners: new Set(),
    };
    runs.set(id, run);
    return run;
  };
  const notify = (id: RunId, notice: RunNotice) => {
    const run = known(runs, id);
    const numbered = { number: run.notices.length + 1, notice };
    run.notices.push(numbered);
    for (const listener of run.noticeListeners) listener(numbered);
  };
  const end = (id: RunId, status: RunStatus = "passed") => {
    const run = known(runs, id);
    const exitCode = { passed: 0, failed: 1, incomplete: 3 }[status];
    run.summary = { ...run.summary, state: "ended", status, exitCode };
    notify(id, { kind: "run_ended", status, exitCode, totals: run.summary.totals });
  };
  const submit = async (body: SubmitRun, key: string | undefined): Promise<SubmitOutcome> => {
    if (nextFailure !== undefined) throw nextFailure.thrown;
    if (nextRefusal !== undefined) return nextRefusal;
    submitted.push(body);
    const text = JSON.stringify(body);
    const before = key === undefined ? undefined : keys.get(key);
    if (before !== undefined) {
      const run = known(runs, before);
      if (run.body === text) return { kind: "repeated", run: run.summary };
      return {
        kind: "refused",
        code: "conflict",
        reason: "Cannot use the key for another body",
        faults: [],
      };
    }
    const run = create(text, []);
    if (key !== undefined) keys.set(key, run.summary.id);
    return { kind: "created", run: run.summary, warnings: ["careful"] };
  };
  const report = (id: RunId): Report | undefined => {
    const run = runs.get(id);
    if (run === undefined) return undefined;
    const { status = "incomplete", exitCode = 3, startedAt, durationMs, totals } = run.summary;
    return {
      schemaVersion: 1,
      run: { id, status, exitCode, startedAt, durationMs },
      totals,
      nodes: [],
      tests: run.tests,
    };
  };
  return {
    submit,
    rerun: async (id, body, key) =>
      runs.has(id)
        ? submit(SubmitRun.parse({ suites: [HAND_SUITE], secrets: body.secrets }), key)
        : undefined,
    plan: async (body) => {
      if (nextRefusal?.kind === "refused") return nextRefusal;
      return { kind: "planned", forecast: { ...NO_FORECAST, isStated: body.fleet !== undefined } };
    },
    rerunOutlook: (id) => (runs.has(id) ? { count: 1, secrets: ["KEY"] } : undefined),
    runs: ({ limit, before }) => {
      const newestFirst = [...runs.values()].map((run) => run.summary).reverse();
      const start =
        before === undefined ? 0 : newestFirst.findIndex((run) => run.id === before) + 1;
      return newestFirst.slice(start, start + limit);
    },
    run: (id) => runs.get(id)?.summary,
    cancel: async (id, reason) => {
      cancelReasons.push(reason);
      if (runs.get(id)?.summary.state === "running") end(id, "incomplete");
      return runs.get(id)?.summary;
    },
    report,
    tests: (id, { start, limit }) => {
      const all = runs.get(id)?.tests;
      return all && { tests: all.slice(start, start + limit), count: all.length };
    },
    why: (id, key) => {
      const found = runs.get(id)?.tests.find((test) => test.key === key);
      if (found === undefined) return undefined;
      const reasons = [{ code: "decided" as const, text: "It has passed" }];
      return { key, state: "decided", verdict: found.verdict, reasons };
    },
    notices: (id, after) => known(runs, id).notices.slice(after),
    watchNotices: (id, listener) => addTo(known(runs, id).noticeListeners, listener),
    watchStarts: (id, listener) => addTo(known(runs, id).startListeners, listener),
    nodes: () => nodes,
    setDrained: async (name, isDrained, wish) => {
      if (wish !== undefined) drains.push(wish);
      const index = nodes.findIndex((node) => node.id === name || node.name === name);
      const node = nodes[index];
      if (node === undefined) return undefined;
      nodes[index] = { ...node, isDraining: isDrained };
      return nodes[index];
    },
    cordon: async (name, reason) => {
      const index = nodes.findIndex((node) => node.id === name || node.name === name);
      const node = nodes[index];
      if (node === undefined) return undefined;
      nodes[index] = { ...node, cordon: { reason } };
      return nodes[index];
    },
    blobStored: async (sha256, bytes) => void storedBlobs.set(sha256, bytes),
    blobMissed: async (sha256, reason) => void missedBlobs.set(sha256, reason),
    history: {
      page: () => ({ tests: [] }),
      exportPage: () => ({ format: "panoptic-history", version: 1, tests: [] }),
      merge: async () => undefined,
    },
    baselines: {
      page: () => ({ baselines: [] }),
      put: async () => undefined,
      remove: async () => 0,
    },
    quarantine: { list: () => [], put: async () => undefined, remove: async () => false },
    quotas: {
      list: () => ({ quotas: [...quotas.values()] }),
      set: async (project, slots) => {
        if (slots === undefined) quotas.delete(project);
        else quotas.set(project, { project, slots, busy: 0 });
        return { quotas: [...quotas.values()] };
      },
    },
    health: () => health,
    metrics: async () => "# TYPE panoptic_runs gauge\npanoptic_runs 0\n",
    addRun: (tests = []) => create("", tests).summary.id,
    notify,
    start: (id, start) => {
      for (const listener of known(runs, id).startListeners) listener(start);
    },
    end,
    addNode: (name) => void nodes.push(newNode(name)),
    refuseNext: (outcome) => {
      nextRefusal = outcome;
    },
    failNext: (thrown) => {
      nextFailure = { thrown };
    },
    setHealth: (given) => {
      health = given;
    },
    storedBlobs,
    missedBlobs,
    drains,
    submitted,
    cancelReasons,
    watcherCount: () =>
      [...runs.values()].reduce(
        (sum, run) => sum + run.noticeListeners.size + run.startListeners.size,
        0,
      ),
  };
}

function known(runs: ReadonlyMap<RunId, HandRun>, id: RunId): HandRun {
  const run = runs.get(id);
  if (run === undefined) throw new Error(`The test names an unknown run: ${id}`);
  return run;
}

function addTo<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => void set.delete(item);
}

function newSummary(id: RunId, planned: number): RunSummary {
  const startedAt = "2026-01-02T03:04:05.000Z";
  const totals = { ...NO_TOTALS, planned, passed: planned };
  return { id, state: "running", startedAt, durationMs: 0, totals, finished: 0, running: 0 };
}

function newNode(name: string): NodeSummary {
  return {
    id: `node-${name}`,
    name,
    state: "alive",
    isDraining: false,
    epoch: 1,
    version: "0.0.0",
    platform: "linux x64",
    slots: 1,
    busy: 0,
    labels: [],
    able: ["http"],
    unable: [],
  };
}
