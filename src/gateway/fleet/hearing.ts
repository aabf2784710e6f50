/**
 * Pure: does the gateway itself hear NATS, and was it on time (V2)? Liveness of nodes is judged only while both hold;
 * after the gateway's own restart, reconnect or stall every node has the grace period.
 */
import type { Limits } from "#shared/limits.ts";

export type Hearing = {
  /** When the oldest probe that has not come back was sent; undefined when all have. */
  readonly probeSentMs: number | undefined;
  readonly isHearing: boolean;
  readonly tickedMs: number;
};

export type HearingJudgement = { readonly hearing: Hearing; readonly isGrace: boolean };

/** What a tick shows: late ticks are stalls, probes that stay away mean deafness. */
export function judgeTick(
  hearing: Hearing,
  now: { readonly nowMs: number; readonly tickMs: number; readonly isConnected: boolean },
  limits: Limits,
): HearingJudgement {
  const hasStalled = now.nowMs - hearing.tickedMs > now.tickMs + limits.stallMs;
  const probeSentMs = hearing.probeSentMs ?? now.nowMs;
  // A stall delays the probe's return as it delays everything: it is asked anew.
  const isDeaf = !now.isConnected || (!hasStalled && now.nowMs - probeSentMs > limits.stallMs);
  return {
    hearing: {
      probeSentMs: hasStalled ? now.nowMs : probeSentMs,
      isHearing: hearing.isHearing && !isDeaf,
      tickedMs: now.nowMs,
    },
    isGrace: hasStalled,
  };
}

/** The gateway's own probe came back. */
export function hearProbe(hearing: Hearing): HearingJudgement {
  return {
    hearing: { ...hearing, probeSentMs: undefined, isHearing: true },
    isGrace: !hearing.isHearing,
  };
}
