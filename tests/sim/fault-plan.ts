/** The faults of a seed as data: what, when, to whom, for how long. How each is done is in faults.ts. */
import type { Effect } from "#node/membership/effects.ts";
import type { RunId } from "#proto/ids.ts";
import type { Random } from "./random.ts";

/** Where a node's process dies: at once, before an effect of a decision, or around a transaction of its store. */
export type NodeKillPoint = "now" | Effect["kind"] | "before_save" | "after_save";
/** Where the gateway's process dies: at once, around its commit, or after some of the effects that follow it. */
export type GatewayKillPoint =
  | "now"
  | "before_commit"
  | "after_commit"
  /** After a commit that holds new leases: nobody is offered them. */
  | "after_issue"
  | "amid_effects";

type Timed = { readonly atMs: number; readonly forMs: number };
type OfNode = Timed & { readonly nodeIndex: number };

export type Fault =
  | (OfNode & { readonly kind: "kill_node"; readonly point: NodeKillPoint })
  | (OfNode & { readonly kind: "freeze_node" | "cut_node" | "disconnect_node" | "fill_node_disk" })
  | (OfNode & {
      readonly kind: "wipe_node" | "restore_node" | "stop_node" | "drain_node" | "recall_leases";
    })
  /** It goes for good: gracefully, or without a word. */
  | (OfNode & { readonly kind: "leave_node"; readonly isGraceful: boolean })
  /** Its machine's wall clock jumps. */
  | (OfNode & { readonly kind: "shift_clock"; readonly byMs: number })
  /** Nodes that the gateway and nobody else can reach, in a room whose cable is pulled. */
  | (Timed & { readonly kind: "cut_group"; readonly nodeIndexes: readonly number[] })
  | (Timed & { readonly kind: "kill_gateway"; readonly point: GatewayKillPoint })
  | (Timed & {
      readonly kind: "freeze_gateway" | "cut_gateway" | "disconnect_gateway" | "fill_gateway_disk";
    })
  | (Timed & { readonly kind: "stop_nats" })
  | (Timed & { readonly kind: "cancel_run"; readonly runId: RunId });

export type FaultScope = {
  readonly nodeCount: number;
  readonly runIds: readonly RunId[];
  readonly healMs: number;
};

const KINDS: readonly (readonly [kind: Fault["kind"], weight: number, forMs: readonly number[]])[] =
  [
    ["kill_node", 6, [60, 900, 2_500, 6_000]],
    ["freeze_node", 3, [200, 1_500, 5_000, 11_000]],
    ["cut_node", 3, [300, 3_000, 9_500, 18_000]],
    ["disconnect_node", 3, [20, 400, 2_000, 7_000]],
    ["fill_node_disk", 3, [1_000, 4_000]],
    ["wipe_node", 1, [100, 3_000]],
    ["restore_node", 1, [100, 3_000]],
    ["stop_node", 1, [500, 3_000]],
    ["drain_node", 1.5, [1_000, 6_000, 60_000]],
    ["recall_leases", 3, [0, 300, 2_000]],
    ["kill_gateway", 6, [50, 1_000, 3_000, 9_000, 17_000]],
    ["freeze_gateway", 2.5, [300, 1_600, 5_000, 11_000]],
    ["cut_gateway", 1, [300, 2_000, 9_000]],
    ["disconnect_gateway", 1.5, [100, 1_500, 9_000]],
    ["fill_gateway_disk", 1.5, [500, 4_000]],
    ["stop_nats", 3, [300, 3_000, 10_000, 18_000]],
    ["cancel_run", 0.7, [0]],
    ["leave_node", 0.7, [0]],
    ["shift_clock", 1.5, [0]],
    ["cut_group", 2, [300, 3_000, 9_500, 18_000]],
  ];

const NODE_POINTS: readonly NodeKillPoint[] = [
  "now",
  "now",
  "before_save",
  "after_save",
  "save_accepted",
  "enqueue",
  "reply_offer",
  "start_next",
  "give_back",
  "reply_outcomes",
  "become_member",
  "resume_outbox",
  "send_heartbeat",
];
const GATEWAY_POINTS: readonly GatewayKillPoint[] = [
  "now",
  "before_commit",
  "after_commit",
  "after_issue",
  "amid_effects",
];

/** Faults that seldom meet their row of the fault table by chance, as they take long or must hit a moment. */
const STAGED: readonly (readonly [kind: Fault["kind"], forMs: number])[] = [
  ["freeze_node", 11_000],
  ["cut_node", 11_000],
  ["stop_nats", 10_500],
  ["kill_gateway", 1_000],
  ["fill_node_disk", 4_000],
];

/** One fault, in the middle of the work, for as long as its row needs; a second one half of the times. */
export function stageFaults(scope: FaultScope, random: Random): readonly Fault[] {
  const [kind, forMs] = random.pick(STAGED);
  return Array.from({ length: random.int(1, 2) }, (_, index) => {
    const timed = {
      atMs: random.int(1_500, 4_000) + index * (forMs + random.int(500, 3_000)),
      forMs: forMs + random.int(0, 1_500),
    };
    const nodeIndex = random.int(0, scope.nodeCount - 1);
    if (kind === "kill_gateway") return { ...timed, kind, point: "after_issue" } as const;
    if (kind === "stop_nats") return { ...timed, kind };
    return { ...timed, kind, nodeIndex } as Fault;
  });
}

/** Draws from none to a dozen faults; a third of the seeds have one kind only, so that each is also seen alone. */
export function drawFaults(scope: FaultScope, random: Random): readonly Fault[] {
  const count = random.pick([0, 1, 2, 3, 4, 6, 8, 12]);
  const only = random.chance(0.33) ? drawKind(random) : undefined;
  return Array.from({ length: count }, () => drawFault(only ?? drawKind(random), scope, random));
}

/** For thousands of nodes: some in every hundred are in trouble, rooms of them are cut off, the gateway dies. */
export function drawManyFaults(scope: FaultScope, random: Random): readonly Fault[] {
  const count = Math.round(scope.nodeCount * random.pick([0.02, 0.05]));
  const faults = Array.from({ length: count }, () => drawFault(drawKind(random), scope, random));
  let gatewayLeft = GATEWAY_FAULTS_MAX;
  // It has but one gateway: if each of a hundred faults met it, nothing would ever run.
  return faults.filter((fault) => {
    if ("nodeIndex" in fault) return true;
    gatewayLeft -= 1;
    return gatewayLeft >= 0;
  });
}

const GATEWAY_FAULTS_MAX = 4;
const CLOCK_JUMPS_MS = [-86_400_000, -5_000, 700, 90_000, 3_600_000];

function drawKind(random: Random): (typeof KINDS)[number] {
  let left = random.next() * KINDS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const entry of KINDS) {
    left -= entry[1];
    if (left < 0) return entry;
  }
  return random.pick(KINDS);
}

function drawFault(
  [kind, , lengths]: (typeof KINDS)[number],
  scope: FaultScope,
  random: Random,
): Fault {
  const longest = random.pick(lengths);
  const timed = {
    atMs: random.int(100, scope.healMs - 1),
    forMs: Math.round(longest * (0.7 + random.next() * 0.6)),
  };
  const nodeIndex = random.int(0, scope.nodeCount - 1);
  switch (kind) {
    case "kill_node":
      return { ...timed, kind, nodeIndex, point: random.pick(NODE_POINTS) };
    case "kill_gateway":
      return { ...timed, kind, point: random.pick(GATEWAY_POINTS) };
    case "cancel_run":
      return { ...timed, kind, runId: random.pick(scope.runIds) };
    case "leave_node":
      return { ...timed, kind, nodeIndex, isGraceful: random.chance(0.5) };
    case "shift_clock":
      return { ...timed, kind, nodeIndex, byMs: random.pick(CLOCK_JUMPS_MS) };
    case "cut_group":
      return { ...timed, kind, nodeIndexes: drawRoom(scope.nodeCount, random) };
    case "freeze_gateway":
    case "cut_gateway":
    case "disconnect_gateway":
    case "fill_gateway_disk":
    case "stop_nats":
      return { ...timed, kind };
    default:
      return { ...timed, kind, nodeIndex };
  }
}

/** Neighbours, from one node to half of all. */
function drawRoom(nodeCount: number, random: Random): readonly number[] {
  const size = random.int(1, Math.max(1, Math.floor(nodeCount / 2)));
  const first = random.int(0, nodeCount - 1);
  return Array.from({ length: size }, (_, index) => (first + index) % nodeCount);
}

/** A node is cut off until it is gone, and for longer; half of the times the gateway dies meanwhile. */
export function stageSiege(random: Random): readonly Fault[] {
  const timed = { atMs: random.int(2_500, 5_000), forMs: random.int(12_000, 25_000) };
  const cut: Fault = { ...timed, kind: "cut_node", nodeIndex: random.int(0, 1) };
  const kill: Fault = { kind: "kill_gateway", point: "now", atMs: 15_500, forMs: 1_000 };
  return random.chance(0.5) ? [cut, kill] : [cut];
}
