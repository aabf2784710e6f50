/** How the virtual network treats each message: late, lost, repeated, out of order, as the seed's profile says. */
import type { HandMessage, HandPolicy } from "#kit/hand-bus.ts";
import type { NetworkProfile } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Rows } from "./rows.ts";

export type NetworkPolicy = {
  readonly policy: HandPolicy;
  /** No faults of the network from now on. */
  readonly calm: () => void;
};

/** A batch of events may be repeated this much later: E2 has to know it by its numbers alone. */
const STALE_BATCH_MS = 5_000;

export type PolicyOptions = {
  readonly profile: NetworkProfile;
  readonly random: Random;
  readonly nowMs: () => number;
  /** Sees each message as it is sent. */
  readonly tap: (message: HandMessage) => void;
  readonly rows: Rows;
};

/** An answer that the fault table has a row for. */
function noteLost(rows: Rows, { kind, subject, data }: HandMessage): void {
  if (kind !== "reply") return;
  const text = Buffer.from(data).toString();
  if (subject.endsWith(".offer") && text.includes('"accepted"'))
    rows.play("offer accepted, reply lost");
  if (subject.includes(".events.") && text.includes('"confirmed"')) rows.play("confirm lost");
}

export function createNetworkPolicy(options: PolicyOptions): NetworkPolicy {
  const { profile, random, nowMs } = options;
  const lastAtMs = new Map<string, number>();
  let isCalm = false;

  const delayOf = (): number => {
    const delayMs = random.int(0, profile.delayMsMax * 10) / 10;
    return !isCalm && random.chance(profile.spikeChance)
      ? delayMs + random.int(0, profile.spikeMsMax)
      : delayMs;
  };
  const inOrder = (message: HandMessage, delayMs: number): number => {
    if (!profile.isOrdered) return delayMs;
    const pair = `${message.from}>${message.to}`;
    const atMs = Math.max(nowMs() + delayMs, lastAtMs.get(pair) ?? 0);
    lastAtMs.set(pair, atMs);
    return atMs - nowMs();
  };
  const repeatDelay = (message: HandMessage): number => {
    const isBatch = message.kind === "request" && message.subject.includes(".events.");
    return isBatch && !profile.isOrdered
      ? random.int(0, STALE_BATCH_MS)
      : inOrder(message, delayOf());
  };
  return {
    policy: (message) => {
      options.tap(message);
      if (!isCalm && random.chance(profile.dropChance)) {
        noteLost(options.rows, message);
        return [];
      }
      const delays = [inOrder(message, delayOf())];
      if (!isCalm && random.chance(profile.repeatChance)) delays.push(repeatDelay(message));
      return delays;
    },
    calm: () => {
      isCalm = true;
    },
  };
}
