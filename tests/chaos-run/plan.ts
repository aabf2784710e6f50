/** P: what befalls the mesh, drawn from a seed before anything runs: which fault, which victim, how long, after what pause. */
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { createRandom, type Random } from "../sim/random.ts";
import type { Profile } from "./profiles.ts";

export const FAULT_KINDS = [
  "node.kill",
  "gateway.kill",
  "nats.kill",
  "browser.kill",
  "node.freeze",
  "gateway.freeze",
  "nats.freeze",
  "browser.freeze",
  "node.cut",
  "node.deaf",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A node repeats what was not answered for so long: only then does it matter that it was deaf. */
const DEAF_MS_MIN = DEFAULT_LIMITS.resendMs;

export type Fault = {
  /** 0-based place in the plan. */
  readonly index: number;
  readonly kind: FaultKind;
  /** 0-based node; of a browser the node that it belongs to. Without meaning for gateway and nats-server. */
  readonly nodeIndex: number;
  /** After the fault before it. */
  readonly pauseMs: number;
  /** How long the victim stays away, frozen, cut off or deaf. */
  readonly lengthMs: number;
  /** What is cut. A deaf node hears again over a new connection (`nats`), else over the same one. */
  readonly way: "nats" | "http" | "both";
};

/** The endless plan of a seed; the same seed and profile give the same. */
export function* planFaults(seed: number, profile: Profile): Generator<Fault, never> {
  const random = createRandom(`chaos/${seed}`);
  for (let index = 0; ; index += 1) {
    const kind = drawKind(random, profile);
    const length = random.chance(profile.longChance) ? profile.longMs : profile.shortMs;
    yield {
      index,
      kind,
      nodeIndex: random.int(0, profile.nodeCount - 1),
      pauseMs: random.int(profile.pauseMs[0], profile.pauseMs[1]),
      lengthMs: random.int(length[0], length[1]) + (kind === "node.deaf" ? DEAF_MS_MIN : 0),
      way: random.pick(["nats", "http", "both"] as const),
    };
  }
}

export const isKill = (kind: FaultKind): boolean => kind.endsWith(".kill");

/** The fault in a line, as it is printed. */
export function faultInWords({ index, kind, nodeIndex, pauseMs, lengthMs, way }: Fault): string {
  const whose = /^(node|browser)/.test(kind) ? ` of node-${nodeIndex + 1}` : "";
  const what = kind === "node.cut" ? ` (${way})` : "";
  return `#${index} ${kind}${whose}${what} after ${pauseMs} ms, for ${lengthMs} ms`;
}

function drawKind(random: Random, { weights }: Profile): FaultKind {
  const kinds = FAULT_KINDS.filter((kind) => (weights[kind] ?? 0) > 0);
  const total = kinds.reduce((sum, kind) => sum + (weights[kind] ?? 0), 0);
  let left = random.next() * total;
  for (const kind of kinds) {
    left -= weights[kind] ?? 0;
    if (left < 0) return kind;
  }
  return random.pick(kinds);
}
