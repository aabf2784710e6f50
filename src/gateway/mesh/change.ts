/**
 * What a turn decided, as rows to commit: the only way anything reaches the store. One commit holds whole turns, so
 * the store never shows half of a decision. Effects (offers, confirmations, replies) run only after the commit (E2, L1).
 */
import type { NumberedNotice, RunOptions } from "#proto/api.ts";
import type { Baseline, BaselinePlace } from "#proto/baseline.ts";
import type { NodeEvent } from "#proto/event.ts";
import type { Hello } from "#proto/hello.ts";
import type { HistoryOutcome, TestHistory } from "#proto/history.ts";
import type {
  BootId,
  Epoch,
  LeaseId,
  NodeId,
  RunId,
  Sha256,
  StoreId,
  TestKey,
} from "#proto/ids.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { RunOrigin, RunStatus } from "#proto/report.ts";
import type { Platform, TestDefinition } from "#proto/test.ts";
import type { CancelCode, Settlement, TestClosing } from "./run-state.ts";

export type NodeDrain = {
  readonly reason?: string | undefined;
  /** When its running attempts are ended, gateway's wall clock: a restart does not stretch it. Absent: never. */
  readonly deadlineWallMs?: number | undefined;
};

export type NodeCordon = { readonly reason: string };

/** A node as the store knows it; kept for ever, so that old reports can name it. */
export type NodeRecord = {
  readonly nodeId: NodeId;
  readonly name: string;
  readonly bootId: BootId;
  readonly storeId: StoreId;
  readonly epoch: Epoch;
  readonly isGone: boolean;
  /** Told by a person on the gateway. */
  readonly isDrained: boolean;
  /** Why it is drained, and when what runs there is ended; absent: nothing was said of either. */
  readonly drain?: NodeDrain | undefined;
  /** A person gives it no new leases; it keeps what it has. */
  readonly cordon?: NodeCordon | undefined;
  /** Gateway's wall clock minus the node's at its last hello, milliseconds: events may come before the next (C5). */
  readonly offsetMs: number;
  readonly hello: Hello;
};

export type Change =
  | {
      readonly kind: "run_created";
      readonly runId: RunId;
      readonly createdWallMs: number;
      readonly options: RunOptions;
      readonly origin?: RunOrigin | undefined;
      readonly definitions: readonly TestDefinition[];
      /** Sealed JSON of the secrets' values; undefined when there are none. */
      readonly sealedSecrets: string | undefined;
      readonly idempotencyKey: string | undefined;
      readonly bodySha256: string;
      /** The list that held when it was created; absent: none. */
      readonly quarantine?: readonly QuarantineEntry[] | undefined;
    }
  | {
      readonly kind: "run_cancelling";
      readonly runId: RunId;
      readonly code: CancelCode;
      readonly reason: string;
    }
  | {
      readonly kind: "run_ended";
      readonly runId: RunId;
      readonly status: RunStatus;
      readonly exitCode: number;
      readonly reason: string | undefined;
      readonly wallMs: number;
      /** JSON of the RunSummary, for lists. */
      readonly summary: string;
    }
  | {
      readonly kind: "test_closed";
      readonly runId: RunId;
      readonly testIndex: number;
      readonly code: TestClosing["code"];
      readonly reason: string;
    }
  | {
      readonly kind: "lease_issued";
      readonly leaseId: LeaseId;
      readonly nodeId: NodeId;
      readonly attemptNumber: number;
    }
  | { readonly kind: "lease_settled"; readonly leaseId: LeaseId; readonly settlement: Settlement }
  | {
      readonly kind: "event_taken";
      readonly storeId: StoreId;
      readonly number: number;
      readonly event: NodeEvent;
      /** Gateway's wall clock minus the node's, milliseconds (C5). */
      readonly offsetMs: number;
    }
  | {
      readonly kind: "event_rejected";
      readonly storeId: StoreId;
      readonly number: number;
      readonly reason: string;
    }
  | {
      readonly kind: "store_advanced";
      readonly storeId: StoreId;
      readonly nodeId: NodeId;
      readonly confirmed: number;
    }
  | { readonly kind: "node_saved"; readonly node: NodeRecord }
  /** Absent: the project has no bound any more. */
  | { readonly kind: "quota_set"; readonly project: string; readonly slots?: number | undefined }
  | { readonly kind: "notice_said"; readonly runId: RunId; readonly notice: NumberedNotice }
  | { readonly kind: "blob_stored"; readonly sha256: Sha256; readonly bytes: number }
  /** A node that owed it says why it will not come. */
  | { readonly kind: "blob_missed"; readonly sha256: Sha256; readonly reason: string }
  /** Its file was collected: no run names it. */
  | { readonly kind: "blob_dropped"; readonly sha256: Sha256 }
  /** An attempt's outcome, for the test's history. */
  | {
      readonly kind: "outcome_noted";
      readonly key: TestKey;
      readonly platform: Platform;
      readonly outcome: HistoryOutcome;
    }
  /** On the list, in the place of one with its key. */
  | { readonly kind: "quarantine_put"; readonly entry: QuarantineEntry }
  | { readonly kind: "quarantine_removed"; readonly key: string }
  /** Histories from elsewhere: the newest outcomes of both are kept. */
  | { readonly kind: "history_merged"; readonly tests: readonly TestHistory[] }
  /** Of more tests than this those are forgotten that ran longest ago. */
  | { readonly kind: "history_trimmed"; readonly keep: number }
  /** In the place of one with its test, browser, system and name. */
  | { readonly kind: "baseline_set"; readonly baseline: Baseline }
  | {
      readonly kind: "baseline_removed";
      readonly baseline: BaselinePlace & { readonly name: string };
    }
  /** What a node's speed is made from (history/pace.ts). */
  | { readonly kind: "node_paced"; readonly nodeId: NodeId; readonly ratios: readonly number[] };

/** What a turn does to the world once its changes are on disk. Must not throw; a lost effect is repeated (L5). */
export type Effect = () => void;

/** Collects what one or more decisions want saved and done. */
export type Turn = {
  readonly save: (change: Change) => void;
  readonly afterCommit: (effect: Effect) => void;
};
