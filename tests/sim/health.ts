/**
 * The oracle's own record of when a node was in trouble (dead, joining, cut off, frozen, disconnected), kept from what
 * the simulation did to it: the gateway's view is judged by it (V1, V2).
 */

/** Troubles closer than this are one: between them the node may not have been heard. */
const MERGE_MS = 2_500;
/** A trouble that ended this long ago may still be in the gateway's eyes: delays, a heartbeat, its own pause. */
const MEMORY_MS = 3_000;
/** Two "no responders" 0.5 s apart, less what delays take away. */
const DIED_MS = 400;
/** 8 s of silence, less a heartbeat, delays and what got lost. */
const SILENT_MS = 5_000;

export type Health = {
  /** The node can be reached and answers, or not any more. */
  readonly set: (isWell: boolean) => void;
  readonly isWell: () => boolean;
  /** How long it has been well without a break, milliseconds. */
  readonly wellForMs: () => number;
  /** Whether the gateway may call it gone now. */
  readonly mayBeGone: (how: "died" | "silent") => boolean;
};

export function createHealth(nowMs: () => number): Health {
  let isWell = false;
  // Before its first hello nobody expects anything of it.
  let sinceMs = nowMs();
  let endedMs = Number.NEGATIVE_INFINITY;
  let changedMs = nowMs();
  return {
    set: (value) => {
      if (value === isWell) return;
      isWell = value;
      changedMs = nowMs();
      if (value) endedMs = nowMs();
      else if (nowMs() - endedMs > MERGE_MS) sinceMs = nowMs();
    },
    isWell: () => isWell,
    wellForMs: () => (isWell ? nowMs() - changedMs : 0),
    mayBeGone: (how) => {
      const untilMs = isWell ? endedMs : nowMs();
      if (nowMs() - untilMs > MEMORY_MS) return false;
      return untilMs - sinceMs >= (how === "died" ? DIED_MS : SILENT_MS);
    },
  };
}
