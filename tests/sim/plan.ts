/** What a seed means: its nodes, runs, network and faults, all drawn before anything happens. */
import type { NewRun } from "#gateway/core.ts";
import type { Capabilities } from "#proto/hello.ts";
import { RunId, TestKey } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { drawFaults, type Fault, stageFaults } from "./fault-plan.ts";
import type { Random } from "./random.ts";

/** What a test does when it is run, by the seed's will. */
export type Nature = {
  readonly kind: "passes" | "fails" | "flaky" | "poison" | "lossy" | "all_skipped";
  readonly durationMs: number;
};

export type NodePlan = {
  readonly name: string;
  readonly slots: number;
  readonly capabilities: Capabilities;
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
  readonly network: NetworkProfile;
  readonly faults: readonly Fault[];
  /** When all faults end and the network is calm. */
  readonly healMs: number;
};

export function drawPlan(seed: number, random: Random): SimPlan {
  const secret = `hush-${seed}-hush`;
  const nodes = Array.from({ length: random.int(2, 4) }, (_, index) => drawNode(index, random));
  const isStaged = random.chance(0.3);
  const runs = Array.from({ length: random.int(1, 3) }, (_, index) =>
    drawRun(index, { secret, isStaged }, random),
  );
  const healMs = isStaged ? 30_000 : random.int(6_000, 28_000);
  const scope = { nodeCount: nodes.length, runIds: runs.map((one) => one.run.runId), healMs };
  return {
    secret,
    nodes,
    runs,
    network: drawNetwork(random),
    faults: isStaged ? stageFaults(scope, random) : drawFaults(scope, random),
    healMs,
  };
}

function drawNode(index: number, random: Random): NodePlan {
  const hasWeb = index === 0 || random.chance(0.4);
  return {
    name: `n${index}`,
    slots: random.int(1, 3),
    capabilities: {
      able: [
        { platform: "http" },
        ...(hasWeb ? [{ platform: "web", browser: "chromium" } as const] : []),
      ],
      unable: [],
      labels: index === 1 ? ["rare"] : [],
      os: "linux",
      arch: "x64",
      cpuCount: 2,
      memoryBytes: 1e9,
    },
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

type RunMood = {
  readonly secret: string;
  /** Long tests, and enough of them that a fault meets some. */
  readonly isStaged: boolean;
};

function drawRun(index: number, { secret, isStaged }: RunMood, random: Random): RunPlan {
  const isShort = !isStaged && random.chance(0.45);
  const testCount = isShort ? random.int(8, 30) : isStaged ? random.int(5, 10) : random.int(1, 9);
  const natures = new Map<string, Nature>();
  const definitions = Array.from({ length: testCount }, (_, testIndex) => {
    const definition = drawTest(`s${index} › t${testIndex}`, random);
    natures.set(definition.key, drawNature(isShort, random));
    return definition;
  });
  return {
    atMs: index === 0 ? random.int(0, 2_000) : random.int(0, 12_000),
    natures,
    run: {
      runId: RunId.parse(`run-${index + 1}`),
      definitions,
      options: {
        tags: [],
        allowEmpty: false,
        skipUnsupported: false,
        waitForNodesMs: random.int(4_000, 20_000),
        ...(random.chance(0.08) ? { runTimeoutMs: random.int(3_000, 20_000) } : {}),
      },
      secrets: { TOKEN: secret },
      sealedSecrets: sealSecrets({ TOKEN: secret }),
      idempotencyKey: undefined,
      bodySha256: `${index}`,
    },
  };
}

/** Stands for AES: what is kept does not show the value (K1). */
export const sealSecrets = (secrets: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(secrets)).toString("base64");
export const unsealSecrets = (sealed: string): Record<string, string> =>
  JSON.parse(Buffer.from(sealed, "base64").toString());

function drawTest(key: string, random: Random): TestDefinition {
  const stepCount = random.int(1, 4);
  return {
    key: TestKey.parse(key),
    name: key,
    suite: "s",
    file: "s.yaml",
    line: 1,
    tags: [],
    platform: random.chance(0.2) ? "web" : "http",
    timeoutMs: random.pick([10_000, 60_000]),
    stepTimeoutMs: 10_000,
    retries: random.pick([0, 0, 1, 2]),
    viewport: { width: 800, height: 600, touch: false },
    needs: { labels: random.chance(0.1) ? ["rare"] : [] },
    ...(random.chance(0.06) ? { skip: "Not today" } : {}),
    steps: Array.from({ length: stepCount }, (_, line) => ({
      name: `step ${line}`,
      kind: "wait",
      phase: "main" as const,
      line: line + 1,
      column: 1,
      args: {},
    })),
    files: [],
    secrets: random.chance(0.5) ? ["TOKEN"] : [],
  };
}

function drawNature(isShort: boolean, random: Random): Nature {
  const roll = random.next();
  const durationMs = isShort ? random.int(1, 180) : random.pick([20, 300, 1_500, 4_000, 9_000]);
  if (roll < 0.62) return { kind: "passes", durationMs };
  if (roll < 0.76) return { kind: "fails", durationMs };
  if (roll < 0.88) return { kind: "flaky", durationMs };
  if (roll < 0.95) return { kind: "lossy", durationMs };
  if (roll < 0.98) return { kind: "poison", durationMs };
  return { kind: "all_skipped", durationMs };
}
