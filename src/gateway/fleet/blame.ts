/** Pure: whether a lease that is over speaks for or against its node (breaker.ts, B1, B2). */
import type { LeaseState, SettlementCause } from "#gateway/mesh/run-state.ts";
import type { LossCode } from "#proto/event.ts";

export type Blame =
  /** It says nothing of the node: given back, cancelled, drained, or lost by another's fault. */
  | { readonly kind: "none" }
  /** It ran to an end: passed or failed. */
  | { readonly kind: "well" }
  | {
      readonly kind: "lost";
      /** The node's whole process was lost, by this cause: what else went with it is the same loss (B2). */
      readonly wholeNode?: string;
    };

const BY_SETTLEMENT: Readonly<Record<SettlementCause, Blame["kind"] | "whole_node">> = {
  node_died: "whole_node",
  node_silent: "whole_node",
  missing: "whole_node",
  event_rejected: "lost",
  recalled: "none",
  refused: "none",
  cancelled: "none",
  drained: "none",
};

const BY_LOSS: Readonly<Record<LossCode, Blame["kind"] | "whole_node">> = {
  crashed: "whole_node",
  browser_crash: "lost",
  disk_full: "lost",
  driver_fault: "lost",
  event_rejected: "lost",
  // What the gateway does not have no node can fetch.
  file_missing: "none",
  node_stopped: "none",
  drained: "none",
};

/** @param lease One that has just ended or was just settled. */
export function blameOf({ attempt, settlement }: LeaseState): Blame {
  const end = attempt?.end;
  if (end?.status === "passed" || end?.status === "failed") return { kind: "well" };
  if (attempt === undefined || end?.status === "cancelled") return { kind: "none" };
  if (end !== undefined) return toBlame(BY_LOSS[end.loss ?? "driver_fault"], end.loss);
  if (settlement === undefined) return { kind: "none" };
  return toBlame(BY_SETTLEMENT[settlement.cause], settlement.cause);
}

function toBlame(word: Blame["kind"] | "whole_node", cause: string | undefined): Blame {
  if (word !== "whole_node") return { kind: word };
  return cause === undefined ? { kind: "lost" } : { kind: "lost", wholeNode: cause };
}
