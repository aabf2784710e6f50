/** What a seed means: its nodes, runs, network and faults, all drawn before anything happens. Runs are drawn in draw-run.ts. */
import type { NewRun } from "#gateway/core.ts";
import type { Capabilities } from "#proto/hello.ts";
import { drawCrowd, drawHeld, drawRun } from "./draw-run.ts";
import { drawFaults, drawManyFaults, type Fault, stageFaults, stageSiege } from "./fault-plan.ts";
import type { Random } from "./random.ts";

/** What a test does when it is run, by the seed's will: the same for every attempt of that number, wherever it runs. */
export type Nature = {
  readonly kind: "passes" | "fails" | "flaky" | "poison" | "lossy" | "all_skipped";
  /** On a node of speed 1, before chance. */
  readonly durationMs: number;
  /** A flaky test's attempts up to this number fail. */
  readonly failCount: number;
};

export type NodePlan = {
  readonly name: string;
  readonly slots: number;
  readonly capabilities: Capabilities;
  /** How much longer its attempts take. */
  readonly speed: number;
  /** How far its wall clock is ahead of the gateway's at the start. */
  readonly skewMs: number;
  /** When it is started first. */
  readonly joinMs: number;
};

export type RunPlan = {
  readonly atMs: number;
  readonly run: NewRun;
  readonly natures: ReadonlyMap<string, Nature>;
};

export type NetworkProfile = {
  /** Messages of one party to another stay in order, as on a NATS connection. */
  readonly isOrdered: boolean;
  readonly delayMsMax: number;
  readonly dropChance: number;
  readonly repeatChance: number;
  readonly spikeChance: number;
  readonly spikeMsMax: number;
};

export type SimPlan = {
  readonly secret: string;
  readonly nodes: readonly NodePlan[];
  readonly runs: readonly RunPlan[];
  /** Slots at once by project. */
  readonly quotas: Readonly<Record<string, number>>;
  readonly network: NetworkProfile;
  readonly faults: readonly Fault[];
  /** Nothing goes wrong by itself: no loss, no drop, no fault. Shares and outcomes are then exact. */
  readonly isStill: boolean;
  /** When all faults end and the network is calm. */
  readonly healMs: number;
};

/** `large`: thousands of nodes and tests. */
export type SimSize = "usual" | "large";

type Mood = "staged" | "still" | "stormy";
type Scale = {
  readonly nodes: number;
  readonly runs: number;
  /** Of all runs together. */
  readonly tests: number | undefined;
};

export function drawPlan(
  seed: number,
  { size, random }: { readonly size: SimSize; readonly random: Random },
): SimPlan {
  const secret = `hush-${seed}-hush`;
  const scale = drawScale(size, random);
  const mood = drawMood(scale, random);
  const healMs = mood === "staged" ? 30_000 : random.int(6_000, 28_000);
  const isElastic = mood === "stormy" && random.chance(0.25);
  const nodes = Array.from({ length: scale.nodes }, (_, index) =>
    drawNode({ index, isStill: mood === "still", lateMs: isElastic ? healMs : 0 }, random),
  );
  const isShared = random.chance(0.5);
  if (mood === "still" && size === "usual" && random.chance(0.15))
    return crowd(secret, nodes.slice(0, 2), random);
  if (mood === "staged" && random.chance(0.15)) return besieged(secret, nodes.slice(0, 2), random);
  const runs = Array.from({ length: scale.runs }, (_, index) =>
    drawRun({ index, secret, mood, isShared, testCount: testCountOf(scale) }, random),
  );
  const runIds = runs.map((one) => one.run.runId);
  const scope = { nodeCount: nodes.length, runIds, healMs };
  return {
    secret,
    nodes,
    runs,
    quotas: random.chance(0.3) ? { a: random.int(1, 2 + scale.nodes), b: scale.nodes } : {},
    network: mood === "still" ? STILL_NETWORK : drawNetwork(random),
    faults: faultsOf(mood, size)(scope, random),
    isStill: mood === "still",
    healMs: mood === "still" ? STILL_MS : healMs,
  };
}

/** Long tests that hold one lock, and the node of one of them cut off until it is gone: the lock must outlast that. */
function besieged(secret: string, nodes: readonly NodePlan[], random: Random): SimPlan {
  return {
    secret,
    nodes: nodes.map((node) => ({ ...node, speed: 2 })),
    runs: [drawHeld(secret, random)],
    quotas: {},
    network: STILL_NETWORK,
    faults: stageSiege(random),
    isStill: false,
    healMs: 40_000,
  };
}

/** When all nodes of a still world are there. */
const STILL_MS = 1_600;

/** Two slots, a run that has them for minutes, and one behind it that only its age helps. */
function crowd(secret: string, nodes: readonly NodePlan[], random: Random): SimPlan {
  return {
    secret,
    nodes: nodes.map((node) => ({ ...node, slots: 1 })),
    runs: drawCrowd(secret, random),
    quotas: {},
    network: STILL_NETWORK,
    faults: [],
    isStill: true,
    healMs: STILL_MS,
  };
}

const STILL_NETWORK: NetworkProfile = {
  isOrdered: true,
  delayMsMax: 1,
  dropChance: 0,
  repeatChance: 0,
  spikeChance: 0,
  spikeMsMax: 0,
};

/** Most seeds are small: they are the ones that meet rare moments often. */
function drawScale(size: SimSize, random: Random): Scale {
  if (size === "large")
    return {
      nodes: random.pick([1_000, 2_000, 3_000]),
      runs: random.int(3, 6),
      tests: random.pick([3_000, 5_000, 8_000]),
    };
  const roll = random.next();
  if (roll < 0.82) return { nodes: random.int(2, 4), runs: random.int(1, 3), tests: undefined };
  const runs = random.int(1, 4);
  if (roll < 0.96) return { nodes: random.int(3, 8), runs, tests: random.int(20, 80) };
  return { nodes: random.int(9, 20), runs, tests: random.int(80, 200) };
}

const testCountOf = ({ tests, runs }: Scale): number | undefined =>
  tests === undefined ? undefined : Math.ceil(tests / runs);

function drawMood({ nodes }: Scale, random: Random): Mood {
  const roll = random.next();
  if (roll < 0.25 && nodes <= 8) return "staged";
  return roll < 0.35 ? "still" : "stormy";
}

function faultsOf(mood: Mood, size: SimSize) {
  if (mood === "still") return () => [];
  if (mood === "staged") return stageFaults;
  return size === "large" ? drawManyFaults : drawFaults;
}

type NodeMood = {
  readonly index: number;
  readonly isStill: boolean;
  /** Nodes but the first two may join until then. */
  readonly lateMs: number;
};

function drawNode({ index, isStill, lateMs }: NodeMood, random: Random): NodePlan {
  const hasWeb = index === 0 || isStill || random.chance(0.4);
  const isLate = lateMs > 0 && index > 1 && random.chance(0.5);
  return {
    name: `n${index}`,
    slots: random.int(1, 3),
    capabilities: {
      able: [
        { platform: "http" },
        ...(hasWeb ? [{ platform: "web", browser: "chromium" } as const] : []),
      ],
      unable: [],
      labels: index % 20 === 1 || isStill ? ["rare"] : [],
      os: "linux",
      arch: "x64",
      cpuCount: 2,
      memoryBytes: 1e9,
    },
    speed: isStill ? 1 : random.pick([0.5, 1, 1, 1, 2, 4]),
    skewMs: random.pick([0, 0, 250, -4_000, 3_600_000, -86_400_000]),
    joinMs: isLate ? random.int(2_000, lateMs) : random.int(0, 1_500),
  };
}

function drawNetwork(random: Random): NetworkProfile {
  const isOrdered = random.chance(0.6);
  const isClean = random.chance(0.3);
  return {
    isOrdered,
    delayMsMax: random.pick([1, 5, 30]),
    dropChance: isClean ? 0 : random.pick([0, 0.01, 0.05, 0.12]),
    repeatChance: isClean ? 0 : random.pick([0, 0.02, 0.1]),
    spikeChance: isClean ? 0 : random.pick([0, 0.02, 0.1]),
    spikeMsMax: isOrdered ? random.pick([200, 1_200]) : 400,
  };
}
