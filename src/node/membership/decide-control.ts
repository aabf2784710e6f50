/** What recall, cancel, drain, resume, stop and probe do to a node, in order (L3). Pure. */
import type { LeaseId } from "#proto/ids.ts";
import type { Control } from "#proto/lease.ts";
import { unreachable } from "#shared/errors.ts";
import { epochFault, type NodeView } from "./decide-offer.ts";
import type { Effect } from "./effects.ts";
import type { EndReason } from "./executor.ts";

export type ControlView = NodeView & {
  /** Accepted and not started. */
  readonly unstarted: () => readonly LeaseId[];
  readonly running: () => readonly LeaseId[];
};

/** Decides a control message: everything is done, and saved, before it is answered. */
export function decideControl(view: ControlView, control: Control): readonly Effect[] {
  const done: Effect = {
    kind: "reply_control",
    reply: { kind: "done", bootId: view.bootId, leases: [] },
  };
  if (control.kind === "probe") return control.meshId === view.meshId ? [done] : [refusal(FOREIGN)];
  const fault = epochFault(view, control);
  if (fault?.code === "stale_epoch") return [refusal(fault), { kind: "say_hello" }];
  if (fault !== undefined) return [refusal(fault)];
  switch (control.kind) {
    case "recall":
      return [...endUnstarted(control.leaseIds), outcomes(control.leaseIds, "running")];
    case "cancel":
      return [
        ...endUnstarted(control.leaseIds),
        {
          kind: "cancel_running",
          leaseIds: control.leaseIds,
          reason: endReasonOf(control.drained),
        },
        outcomes(control.leaseIds, "cancelling"),
      ];
    case "drain":
      return [{ kind: "set_drained", isDrained: true }, ...giveBackAll(view)];
    case "resume":
      return [{ kind: "set_drained", isDrained: false }, { kind: "lift_cordon" }, done];
    case "stop":
      return [...giveBackAll(view), { kind: "begin_stop" }];
    default:
      return unreachable(control);
  }
}

/** A drained node's attempts are lost and run elsewhere; a person who cancels wants no more of them. */
const endReasonOf = (drained: string | undefined): EndReason =>
  drained === undefined
    ? { status: "cancelled", message: "Cancelled while it ran" }
    : { status: "lost", loss: "drained", message: drained };

const FOREIGN = { code: "foreign_mesh", reason: "This node belongs to another mesh" } as const;

type Fault = NonNullable<ReturnType<typeof epochFault>>;
const refusal = (fault: Fault): Effect => ({
  kind: "reply_control",
  reply: { kind: "refused", ...fault },
});

function endUnstarted(leaseIds: readonly LeaseId[]): readonly Effect[] {
  return [
    { kind: "fence", leaseIds },
    { kind: "give_back", leaseIds },
  ];
}

function giveBackAll(view: ControlView): readonly Effect[] {
  const unstarted = view.unstarted();
  return [
    { kind: "give_back", leaseIds: unstarted },
    outcomes([...unstarted, ...view.running()], "running"),
  ];
}

const outcomes = (leaseIds: readonly LeaseId[], running: "running" | "cancelling"): Effect => ({
  kind: "reply_outcomes",
  leaseIds,
  running,
});
