/** The runs of a seed: their tests, what these do when they are run, and what history says of them. What they say of when and beside what they run is drawn in draw-schedule.ts. */
import type { RunOptions } from "#proto/api.ts";
import { RunId, TestKey } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { drawRunShare, drawSchedules, SCHEDULES_ARE_DRAWN } from "./draw-schedule.ts";
import type { Nature, RunPlan } from "./plan.ts";
import type { Random } from "./random.ts";

export type RunMood = {
  readonly index: number;
  readonly secret: string;
  /** `staged`: long tests, and enough of them that a fault meets some. `still`: nothing is lost. */
  readonly mood: "staged" | "still" | "stormy";
  /** Runs that only share slots: short tests that any node can run, nothing said of their schedule. */
  readonly isShared: boolean;
  /** Absent: as many as a small world has. */
  readonly testCount: number | undefined;
};

/** A run of long tests and a high priority, and a short one without. */
export function drawCrowd(secret: string, random: Random): readonly RunPlan[] {
  const crowded = { secret, mood: "still", isShared: true } as const;
  return [40, 5].map((testCount, index) => {
    const plan = drawRun({ ...crowded, index, testCount }, random);
    const { estimates: _none, ...run } = plan.run;
    const durationMs = index === 0 ? 9_000 : 300;
    return {
      ...plan,
      natures: new Map([...plan.natures].map(([key, one]) => [key, { ...one, durationMs }])),
      run: { ...run, options: { ...run.options, priority: index === 0 ? 5 : 0 } },
    };
  });
}

/** Tests of which one runs at a time, each for half a minute and more. */
export function drawHeld(secret: string, random: Random): RunPlan {
  const held = { secret, mood: "staged", isShared: false, index: 0, testCount: 4 } as const;
  const plan = drawRun(held, random);
  const definitions = plan.run.definitions.map(({ skip: _none, ...definition }) => ({
    ...definition,
    platform: "http" as const,
    needs: { labels: [] },
    timeoutMs: 60_000,
    schedule: { locks: [{ name: "device", limit: 1 }] },
  }));
  const options = { tags: [], allowEmpty: false, skipUnsupported: false, waitForNodesMs: 60_000 };
  return {
    ...plan,
    natures: new Map(
      definitions.map(({ key }) => [key, { kind: "passes", durationMs: 18_000, failCount: 0 }]),
    ),
    run: { ...plan.run, definitions, options },
  };
}

type Pace = "short" | "long";

export function drawRun(run: RunMood, random: Random): RunPlan {
  const { index, mood, secret } = run;
  const isEqual = mood === "still" && run.isShared;
  const pace: Pace = isEqual || (mood !== "staged" && random.chance(0.45)) ? "short" : "long";
  const count = drawCount(run, { pace, isEqual }, random);
  const bare = Array.from({ length: count }, (_, testIndex) =>
    drawTest({ key: `s${index} › t${testIndex}`, isEqual }, random),
  );
  const hasSchedule = SCHEDULES_ARE_DRAWN && !isEqual && random.chance(0.5);
  const definitions = hasSchedule ? drawSchedules(bare, random) : bare;
  const natures = new Map(
    definitions.map(({ key }) => [key, drawNature({ pace, isEqual, mood }, random)]),
  );
  return {
    atMs: index === 0 || isEqual ? random.int(0, 2_000) : random.int(0, 12_000),
    natures,
    run: {
      runId: RunId.parse(`run-${index + 1}`),
      definitions,
      estimates: random.chance(0.5)
        ? drawEstimates(definitions, { natures, isEqual }, random)
        : undefined,
      options: {
        ...drawOptions(isEqual, random),
        ...drawRunShare({ testCount: count, isEqual }, random),
      },
      secrets: { TOKEN: secret },
      sealedSecrets: sealSecrets({ TOKEN: secret }),
      idempotencyKey: undefined,
      bodySha256: `${index}`,
    },
  };
}

function drawCount(
  { testCount, mood }: RunMood,
  { pace, isEqual }: { readonly pace: Pace; readonly isEqual: boolean },
  random: Random,
): number {
  if (testCount !== undefined) return testCount;
  if (isEqual) return random.int(60, 140);
  if (pace === "short") return random.int(8, 30);
  return mood === "staged" ? random.int(5, 10) : random.int(1, 9);
}

function drawOptions(isEqual: boolean, random: Random): RunOptions {
  return {
    tags: [],
    allowEmpty: false,
    skipUnsupported: false,
    waitForNodesMs: random.int(4_000, 20_000),
    ...(!isEqual && random.chance(0.08) ? { runTimeoutMs: random.int(3_000, 20_000) } : {}),
  };
}

/** Stands for AES: what is kept does not show the value (K1). */
export const sealSecrets = (secrets: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(secrets)).toString("base64");
export const unsealSecrets = (sealed: string): Record<string, string> =>
  JSON.parse(Buffer.from(sealed, "base64").toString());

function drawTest(
  { key, isEqual }: { readonly key: string; readonly isEqual: boolean },
  random: Random,
): TestDefinition {
  const stepCount = random.int(1, 4);
  return {
    key: TestKey.parse(key),
    name: key,
    suite: "s",
    file: "s.yaml",
    line: 1,
    tags: [],
    platform: !isEqual && random.chance(0.2) ? "web" : "http",
    timeoutMs: random.pick([10_000, 60_000]),
    stepTimeoutMs: 10_000,
    retries: random.pick([0, 0, 1, 2]),
    viewport: { width: 800, height: 600, touch: false },
    needs: { labels: !isEqual && random.chance(0.1) ? ["rare"] : [] },
    ...(random.chance(0.06) ? { skip: "Not today" } : {}),
    steps: Array.from({ length: stepCount }, (_, line) => ({
      name: `step ${line}`,
      kind: "goto",
      phase: "main" as const,
      line: line + 1,
      column: 1,
      args: {},
    })),
    files: [],
    secrets: random.chance(0.5) ? ["TOKEN"] : [],
  };
}

type NatureMood = Pick<RunMood, "mood"> & { readonly pace: Pace; readonly isEqual: boolean };

function drawNature({ pace, isEqual, mood }: NatureMood, random: Random): Nature {
  const durationMs = isEqual
    ? random.int(40, 200)
    : pace === "short"
      ? random.int(1, 180)
      : random.pick([20, 300, 1_500, 4_000, 9_000]);
  return { kind: drawKind(mood, random), durationMs, failCount: random.int(1, 2) };
}

function drawKind(mood: RunMood["mood"], random: Random): Nature["kind"] {
  const roll = random.next();
  if (roll < 0.62) return "passes";
  if (roll < 0.76) return "fails";
  if (roll < 0.88) return "flaky";
  if (roll < 0.98 && mood === "still") return "passes";
  if (roll < 0.95) return "lossy";
  return roll < 0.98 ? "poison" : "all_skipped";
}

/** History that is right, wrong or silent, test by test; right where shares are compared, which are charged by it. */
function drawEstimates(
  definitions: readonly TestDefinition[],
  known: { readonly natures: ReadonlyMap<string, Nature>; readonly isEqual: boolean },
  random: Random,
) {
  return definitions.map(({ key }) => {
    const { durationMs = 1, kind = "passes" } = known.natures.get(key) ?? {};
    const isKnown = random.chance(0.75);
    const wrongMs = known.isEqual ? durationMs : random.int(1, 20_000);
    const expectedMs = random.pick([durationMs, durationMs, wrongMs]);
    return {
      ...(isKnown ? { expectedMs } : {}),
      hasFailedLast: kind === "fails" || random.chance(0.1),
    };
  });
}
