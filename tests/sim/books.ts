/** The oracle's books of what the gateway committed: kept by ledger-oracle.ts, judged by node-words.ts and test-words.ts. */
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { LeaseId, NodeId, RunId } from "#proto/ids.ts";
import type { Verdict } from "#proto/report.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { SimContext } from "./context.ts";
import type { SimNode } from "./node-shape.ts";
import type { LeaseBook, TestBook } from "./reference-verdict.ts";

export type RunBook = {
  readonly id: RunId;
  readonly waitForNodesMs: number;
  readonly tests: readonly TestBook[];
  isCancelling: boolean;
  ended: ChangeOf<"run_ended"> | undefined;
  /** What its tests were when it ended, in their order (R1). */
  verdicts: readonly (Verdict | undefined)[];
  /** Its end was judged: what comes now is late. */
  isOver: boolean;
};

export type LedgerOptions = {
  readonly nodes: readonly SimNode[];
  readonly context: SimContext;
  readonly nodeOf: (nodeId: NodeId) => SimNode | undefined;
  readonly ownerOf: (storeId: string) => SimNode | undefined;
};

export type Books = LedgerOptions & {
  readonly runs: Map<RunId, RunBook>;
  readonly numbers: Map<string, number>;
  /** By the gateway's last word on each node. */
  readonly gone: Set<NodeId>;
  /** Of each node, as last committed (I2). */
  readonly epochs: Map<NodeId, number>;
  /** When it was last seen drained on a node's row, virtual milliseconds; it may be so still. */
  readonly drainedMs: Map<NodeId, number>;
};

export type Place = {
  readonly run: RunBook;
  readonly test: TestBook;
  readonly lease: LeaseBook;
};

export function placeOf(books: Books, leaseId: LeaseId): Place | undefined {
  const parts = leasePartsOf(leaseId);
  const run = books.runs.get(parts.runId);
  const test = run?.tests[parts.testIndex];
  const lease = test?.leases.find((one) => one.number === parts.number);
  return run === undefined || test === undefined || lease === undefined
    ? undefined
    : { run, test, lease };
}
