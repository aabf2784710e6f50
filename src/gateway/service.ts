/**
 * What the gateway can be asked, apart from how it is asked: http/ turns requests into these calls, an embedded mesh
 * composes the same. Implemented by gateway.ts over the scheduler, the fleet, the merge and the store.
 */
import type { NodeSummary, NumberedNotice, RunSummary, SubmitRun } from "#proto/api.ts";
import type { RunId, Sha256 } from "#proto/ids.ts";
import type { PlanRun, RunForecast } from "#proto/plan.ts";
import type { Report, ReportTest } from "#proto/report.ts";
import type { RerunOutlook, RerunRun, RerunTests } from "#proto/rerun.ts";
import type { TestWhy } from "#proto/why.ts";
import type { BaselineService } from "./baselines/baseline-service.ts";
import type { NodeOrders } from "./fleet/node-orders.ts";
import type { QuotaService } from "./fleet/quotas.ts";
import type { HistoryService } from "./history/history-service.ts";
import type { QuarantineService } from "./quarantine/quarantine-service.ts";

export type SubmitOutcome =
  | { readonly kind: "created"; readonly run: RunSummary; readonly warnings: readonly string[] }
  /** The same idempotency key and body were submitted before. */
  | { readonly kind: "repeated"; readonly run: RunSummary }
  | {
      readonly kind: "refused";
      readonly code:
        | "suite_invalid"
        | "no_matching_node"
        | "nothing_to_run"
        | "disk_full"
        | "too_large"
        | "conflict";
      readonly reason: string;
      /** `FILE:LINE:COLUMN message`, one a fault. */
      readonly faults: readonly string[];
    };

export type PlanOutcome =
  | { readonly kind: "planned"; readonly forecast: RunForecast }
  | Extract<SubmitOutcome, { kind: "refused" }>;

export type NoticeListener = (notice: NumberedNotice) => void;
/** An attempt that runs. It has no number in the stream: it may be lost, and may be told again. */
export type Start = {
  readonly testIndex: number;
  readonly key: string;
  readonly attempt: number;
  readonly node: string;
};
export type LiveListener = (start: Start) => void;

export type TestsPage = { readonly tests: readonly ReportTest[]; readonly count: number };

export type GatewayService = NodeOrders & {
  readonly submit: (body: SubmitRun, idempotencyKey: string | undefined) => Promise<SubmitOutcome>;
  /** Makes a run of tests of a run that has ended; undefined when there is no such run. */
  readonly rerun: (
    id: RunId,
    body: RerunRun,
    idempotencyKey: string | undefined,
  ) => Promise<SubmitOutcome | undefined>;
  /** What that would run; undefined when there is no such run. */
  readonly rerunOutlook: (id: RunId, tests: RerunTests) => RerunOutlook | undefined;
  /** What a submit would take, on the nodes as they are or on stated ones; makes no run. */
  readonly plan: (body: PlanRun) => Promise<PlanOutcome>;
  /** Newest first; `before` is a run id of the page before. */
  readonly runs: (page: {
    readonly limit: number;
    readonly before?: RunId;
  }) => readonly RunSummary[];
  readonly run: (id: RunId) => RunSummary | undefined;
  /** Why a test waits, where it runs, or what it came to; undefined when the run has no such test. */
  readonly why: (id: RunId, key: string) => TestWhy | undefined;
  /** Resolves when the cancel is committed; the run closes within the protocol's bound. */
  readonly cancel: (id: RunId, reason: string) => Promise<RunSummary | undefined>;
  /** Some of the report's tests, by their index, and how many there are. */
  readonly tests: (
    id: RunId,
    page: { readonly start: number; readonly limit: number },
  ) => TestsPage | undefined;
  /** The report as it is now, of a running run too. */
  readonly report: (id: RunId) => Report | undefined;
  /** Notices after number `after`, in order. */
  readonly notices: (id: RunId, after: number) => readonly NumberedNotice[];
  /** Calls for every notice committed from now on; returns how to stop it. */
  readonly watchNotices: (id: RunId, listener: NoticeListener) => () => void;
  /** Calls at once for every attempt that runs now, and for each start from now on; returns how to stop it. */
  readonly watchStarts: (id: RunId, listener: LiveListener) => () => void;
  readonly nodes: () => readonly NodeSummary[];
  /** Called after a blob is on disk (fsync, rename), so that reports can say `stored` (R3). */
  readonly blobStored: (sha256: Sha256, bytes: number) => Promise<void>;
  /** A node that owed a blob says why it will not come: the report's reason, unless it comes after all. */
  readonly blobMissed: (sha256: Sha256, reason: string) => Promise<void>;
  readonly history: HistoryService;
  readonly baselines: BaselineService;
  readonly quotas: QuotaService;
  readonly quarantine: QuarantineService;
  readonly health: () => { readonly isReady: boolean; readonly reason?: string };
  readonly metrics: () => Promise<string>;
};
