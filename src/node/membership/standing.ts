/** Where a node stands with its gateway: state, term, last contact, and why it is closed to new leases. The only place that changes them. */
import type { Epoch, LeaseId } from "#proto/ids.ts";
import type { Closed } from "./decide-offer.ts";
import type { Refusal, Welcome } from "./effects.ts";
import type { MembershipOptions, MembershipState } from "./options.ts";

export type Standing = {
  readonly state: () => MembershipState;
  readonly epoch: () => Epoch | undefined;
  readonly heartbeatMs: () => number;
  readonly welcome: (welcome: Welcome) => void;
  readonly refuse: (refusal: Refusal) => void;
  /** False when it is stopping already, or over. */
  readonly beginStop: () => boolean;
  readonly close: () => void;
  readonly setDrained: (isDrained: boolean) => void;
  readonly isDrained: () => boolean;
  readonly cordon: (reason: string) => void;
  readonly liftCordon: () => void;
  readonly isCordoned: () => boolean;
  /** Why new leases are refused; undefined when they are not (V3). */
  readonly closed: () => Closed | undefined;
  /** The same for heartbeats, where joining is no reason. */
  readonly isClosedToLeases: () => boolean;
  /** Why it takes none by its own decision, in words for people. */
  readonly closedReason: () => string | undefined;
  /** The gateway was heard. */
  readonly touch: () => void;
  readonly silentMs: () => number;
  /** Silent for so long that unstarted leases end (L2). */
  readonly isContactLost: () => boolean;
  readonly fence: (leaseIds: readonly LeaseId[]) => void;
  readonly isFenced: (leaseId: LeaseId) => boolean;
};

/** The fence only has to outlive offers that are under way: those of an older term are refused by its epoch. */
const FENCED_MAX = 20_000;

const MOVES: Readonly<Record<MembershipState["kind"], readonly MembershipState["kind"][]>> = {
  joining: ["member", "stopping", "refused", "closed"],
  member: ["member", "stopping", "refused", "closed"],
  stopping: ["stopping", "refused", "closed"],
  refused: ["closed"],
  closed: ["closed"],
};

type Facts = Pick<MembershipOptions, "clock" | "limits" | "load" | "tempFault">;

export function createStanding({ clock, limits, load, tempFault }: Facts): Standing {
  let state: MembershipState = { kind: "joining" };
  let settings = { heartbeatMs: limits.heartbeatMs, unstartedLeaseMs: limits.unstartedLeaseMs };
  let contactAtMs = clock.monotonicMs();
  let isDrained = false;
  let cordonReason: string | undefined;
  const fenced = new Set<LeaseId>();

  const move = (next: MembershipState) => {
    if (!MOVES[state.kind].includes(next.kind)) {
      throw new Error(`Cannot go from ${state.kind} to ${next.kind}: no such move`);
    }
    state = next;
  };
  const ownReason = () =>
    cordonReason ?? diskFault(load().freeDiskBytes, limits.freeDiskBytesMin) ?? tempFault?.();
  const epoch = () => ("epoch" in state ? state.epoch : undefined);
  const decided = (): Closed | undefined => {
    if (state.kind !== "member") return { code: "stopping", reason: `This node is ${state.kind}` };
    if (isDrained) return { code: "draining", reason: "This node is drained" };
    const reason = ownReason();
    return reason === undefined ? undefined : { code: "disk_full", reason };
  };
  return {
    state: () => state,
    epoch,
    heartbeatMs: () => settings.heartbeatMs,
    welcome: (welcome) => {
      settings = welcome.settings;
      const kind = state.kind === "stopping" ? "stopping" : "member";
      move({ kind, epoch: welcome.epoch });
    },
    refuse: (refusal) => move({ kind: "refused", refusal }),
    beginStop: () => {
      if (state.kind !== "joining" && state.kind !== "member") return false;
      move({ kind: "stopping", epoch: epoch() });
      return true;
    },
    close: () => move({ kind: "closed" }),
    setDrained: (value) => {
      isDrained = value;
    },
    isDrained: () => isDrained,
    cordon: (reason) => {
      cordonReason = reason;
    },
    liftCordon: () => {
      cordonReason = undefined;
    },
    isCordoned: () => cordonReason !== undefined,
    closed: decided,
    isClosedToLeases: () => state.kind === "stopping" || isDrained || ownReason() !== undefined,
    closedReason: ownReason,
    touch: () => {
      contactAtMs = clock.monotonicMs();
    },
    silentMs: () => clock.monotonicMs() - contactAtMs,
    isContactLost: () => clock.monotonicMs() - contactAtMs >= settings.unstartedLeaseMs,
    fence: (leaseIds) => {
      for (const leaseId of leaseIds) fenced.add(leaseId);
      for (const leaseId of fenced) {
        if (fenced.size <= FENCED_MAX) break;
        fenced.delete(leaseId);
      }
    },
    isFenced: (leaseId) => fenced.has(leaseId),
  };
}

function diskFault(freeBytes: number, bytesMin: number): string | undefined {
  return freeBytes >= bytesMin ? undefined : `Free disk is ${freeBytes} bytes, below ${bytesMin}`;
}
