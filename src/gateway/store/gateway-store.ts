/**
 * The seam of the gateway's truth: libsql-store.ts keeps it in a file, tests/kit in memory. It takes whole turns
 * (change.ts) and gives back what rebuild.ts needs to stand where the last commit stood.
 */

import type { Change, NodeRecord } from "#gateway/mesh/change.ts";
import type { Settlement } from "#gateway/mesh/run-state.ts";
import type { NumberedNotice, RunSummary } from "#proto/api.ts";
import type { Baseline, BaselineFile, BaselinePlace } from "#proto/baseline.ts";
import type { NodeEvent } from "#proto/event.ts";
import type { LeaseId, NodeId, RunId, Sha256, StoreId, TestKey } from "#proto/ids.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { Platform } from "#proto/test.ts";

/** Keeps what tests do from whoever reads the file without the folder's key (`seal.ts`). */
export type TextSeal = {
  readonly closeText: (text: string) => string;
  readonly openText: (sealed: string) => string;
};

export type ChangeOf<K extends Change["kind"]> = Extract<Change, { kind: K }>;

export type LoadedLease = {
  readonly leaseId: LeaseId;
  readonly nodeId: NodeId;
  readonly attemptNumber: number;
  readonly settlement: Settlement | undefined;
};

export type LoadedRun = {
  readonly created: ChangeOf<"run_created">;
  readonly cancelling: ChangeOf<"run_cancelling"> | undefined;
  readonly ended: ChangeOf<"run_ended"> | undefined;
  readonly closed: readonly ChangeOf<"test_closed">[];
  /** By test index, then number. */
  readonly leases: readonly LoadedLease[];
  /** Each store's in the order of its numbers. */
  readonly events: readonly { readonly event: NodeEvent; readonly offsetMs: number }[];
  readonly noticeCount: number;
};

export type LoadedMesh = {
  readonly nodes: readonly NodeRecord[];
  readonly stores: readonly {
    readonly storeId: StoreId;
    readonly nodeId: NodeId;
    readonly confirmed: number;
  }[];
  /** What the speeds of nodes are made from. */
  readonly paces: readonly { readonly nodeId: NodeId; readonly ratios: readonly number[] }[];
  /** Slots at once by project. */
  readonly quotas: readonly { readonly project: string; readonly slots: number }[];
  /** Runs without an end. */
  readonly openRuns: readonly LoadedRun[];
};

/** What a baseline is known by. */
export type BaselineMark = BaselinePlace & { readonly name: string };

/** What a history is known by. */
export type HistoryName = { readonly key: TestKey; readonly platform: Platform };
/** With its outcomes as text of history/outcomes.ts. */
export type HistoryRow = HistoryName & { readonly outcomes: string };
export type HistoryPlace = { readonly limit: number; readonly after?: HistoryName };

export type GatewayStore = {
  /** All or nothing, and durable when it returns. @throws {MeshError} `disk_full` or `store_failed`; nothing was changed. */
  readonly commit: (changes: readonly Change[]) => void;
  readonly load: () => LoadedMesh;
  readonly loadRun: (runId: RunId) => LoadedRun | undefined;
  /** Ended runs, newest first. */
  readonly endedRuns: (page: {
    readonly limit: number;
    readonly before?: RunId;
  }) => readonly RunSummary[];
  readonly runByIdempotencyKey: (
    key: string,
  ) => { readonly runId: RunId; readonly bodySha256: string } | undefined;
  /** In order, a bounded number of them: the reader asks again from the last. */
  readonly notices: (runId: RunId, after: number) => readonly NumberedNotice[];
  /** The slices of the newest run of a slicing (`slicingName`) that was made since; undefined when there is none. */
  readonly slices: (
    slicing: string,
    sinceWallMs: number,
  ) => readonly (readonly string[])[] | undefined;
  /** The last outcomes of each test, in the order of the names; text of history/outcomes.ts, empty when there are none. */
  readonly histories: (names: readonly HistoryName[]) => readonly string[];
  /** By key in the order of code points, then platform; after the one that is named. */
  readonly historyPage: (place: HistoryPlace) => readonly HistoryRow[];
  /** The quarantine list, by key in the order of code points. */
  readonly quarantine: () => readonly QuarantineEntry[];
  /** What a test's pictures are compared with on one browser: those whose bytes are here. */
  readonly baselines: (place: BaselinePlace) => readonly BaselineFile[];
  /** By key, browser, system and name in the order of code points; after the one that is named. */
  readonly baselinePage: (page: {
    readonly limit: number;
    readonly after?: BaselineMark | undefined;
  }) => readonly Baseline[];
  /** Binds a key to a node that has none; returns the one that is bound, durably. @throws {MeshError} As `commit`. */
  readonly bindNodeKey: (nodeId: NodeId, publicKey: string) => string;
  readonly blobBytes: (sha256: Sha256) => number | undefined;
  /** Whether a run names it (by an artifact that was taken, or as a file of a suite), or it is a baseline. */
  readonly isBlobNamed: (sha256: Sha256) => boolean;
  /** Why it will not come, as the node said that owed it; undefined when none did, or it came after all. */
  readonly whyMissing: (sha256: Sha256) => string | undefined;
  readonly close: () => void;
};
