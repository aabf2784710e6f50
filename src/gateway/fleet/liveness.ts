/**
 * Pure: is a node alive, suspect or gone (V1, V2)?
 *
 * alive    heard within `suspectAfterMs`. Gets offers.
 * suspect  silent for longer, or a request found nobody. No new offers, nothing re-queued, probed.
 * gone     two "no responders" `probeGapMs` apart, or silent for `goneAfterMs`. Its leases are lost; only hello brings it back.
 *
 * V2: after the gateway's own restart, reconnect or stall a node has `graceMs` to be heard again before it can be gone.
 */
import type { Limits } from "#shared/limits.ts";

export type NodeLife =
  | { readonly kind: "alive"; readonly heardMs: number }
  | {
      readonly kind: "suspect";
      readonly heardMs: number;
      /** The first of two "no responders". */
      readonly unansweredMs?: number | undefined;
      readonly graceUntilMs: number;
    }
  | { readonly kind: "gone" };

export type LifeJudgement = {
  readonly life: NodeLife;
  readonly act: "none" | "probe" | "declare_died" | "declare_silent";
};

/** What the passing of time means for a node; called on each tick while the gateway itself hears NATS (V2). */
export function judgeLife(life: NodeLife, nowMs: number, limits: Limits): LifeJudgement {
  if (life.kind === "gone") return { life, act: "none" };
  const silentMs = nowMs - life.heardMs;
  if (life.kind === "alive") {
    if (silentMs < limits.suspectAfterMs) return { life, act: "none" };
    return { life: { kind: "suspect", heardMs: life.heardMs, graceUntilMs: 0 }, act: "probe" };
  }
  if (nowMs < life.graceUntilMs) return { life, act: "probe" };
  if (silentMs >= limits.goneAfterMs) return { life: { kind: "gone" }, act: "declare_silent" };
  return { life, act: "probe" };
}

/** Nobody answered a request to the node: its connection is gone, or was for a moment. */
export function judgeUnanswered(life: NodeLife, nowMs: number, limits: Limits): LifeJudgement {
  if (life.kind === "gone") return { life, act: "none" };
  if (life.kind === "alive") {
    return {
      life: { kind: "suspect", heardMs: life.heardMs, unansweredMs: nowMs, graceUntilMs: 0 },
      act: "none",
    };
  }
  if (life.unansweredMs === undefined)
    return { life: { ...life, unansweredMs: nowMs }, act: "none" };
  const isGrace = nowMs < life.graceUntilMs;
  if (isGrace || nowMs - life.unansweredMs < limits.probeGapMs) return { life, act: "none" };
  return { life: { kind: "gone" }, act: "declare_died" };
}

/** Any message of the node's current term. A gone node stays gone until its hello. */
export function hearNode(life: NodeLife, nowMs: number): NodeLife {
  return life.kind === "gone" ? life : { kind: "alive", heardMs: nowMs };
}

/** After restart, reconnect or stall: what was not heard was perhaps not audible (V2). */
export function graceNode(life: NodeLife, nowMs: number, limits: Limits): NodeLife {
  if (life.kind === "gone") return life;
  return { kind: "suspect", heardMs: nowMs, graceUntilMs: nowMs + limits.graceMs };
}
