/** What a node says of itself: hello and heartbeat. */
import type { Heartbeat, Hello } from "#proto/hello.ts";
import type { Epoch } from "#proto/ids.ts";
import type { HeldLease } from "#proto/lease.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import type { MembershipOptions } from "./options.ts";
import type { Standing } from "./standing.ts";

/** The most leases that a message carries; those that are over come last. */
const HELD_MAX = 20_000;

export function helloOf(options: MembershipOptions, standing: Standing): Hello {
  const { store, clock, identity } = options;
  return {
    versions: { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
    ...identity,
    storeId: store.storeId(),
    capabilities: options.capabilities,
    slots: options.slots,
    isDraining: standing.isClosedToLeases(),
    closed: standing.closedReason(),
    storeFault: options.storeFault,
    held: heldOf(options),
    lastEvent: store.lastNumber(),
    wallMs: clock.wallMs(),
  };
}

export type HeartbeatFacts = {
  readonly epoch: Epoch;
  readonly freeSlots: number;
  readonly isDraining: boolean;
  readonly closed: string | undefined;
};

export function heartbeatOf(options: MembershipOptions, facts: HeartbeatFacts): Heartbeat {
  const { store, identity } = options;
  return {
    meshId: identity.meshId,
    nodeId: identity.nodeId,
    bootId: identity.bootId,
    ...facts,
    storeId: store.storeId(),
    held: heldOf(options),
    lastEvent: store.lastNumber(),
    load: options.load(),
  };
}

function heldOf({ store }: MembershipOptions): HeldLease[] {
  const held = [...store.held()];
  if (held.length <= HELD_MAX) return held;
  const rank = ({ state }: HeldLease) => (state === "ended" ? 1 : 0);
  return held.sort((a, b) => rank(a) - rank(b)).slice(0, HELD_MAX);
}
