/**
 * A part of a seed's world: some of its nodes, tests and faults, everything else as it was drawn. What a failing seed
 * shrinks to, and what the command line can ask for: `--keep "nodes=0-2 tests=0.1,1.4-6 faults=3"`.
 */
import type { TestDefinition } from "#proto/test.ts";
import type { NodePlan, RunPlan, SimPlan } from "./plan.ts";

/** Indexes in the plan as it is drawn, ascending. */
export type Keep = {
  readonly nodes: readonly number[];
  /** Of each run, by its index. */
  readonly tests: readonly (readonly number[])[];
  readonly faults: readonly number[];
};

const indexesOf = (items: readonly unknown[]): number[] => items.map((_, index) => index);

export function keepAll(plan: SimPlan): Keep {
  return {
    nodes: indexesOf(plan.nodes),
    tests: plan.runs.map(({ run }) => indexesOf(run.definitions)),
    faults: indexesOf(plan.faults),
  };
}

/** The plan without what is not kept; runs without tests are left out, and who comes after a test that is gone forgets it. */
export function cutPlan(plan: SimPlan, keep: Keep): SimPlan {
  return {
    ...plan,
    nodes: keep.nodes.flatMap((index): NodePlan[] => plan.nodes.slice(index, index + 1)),
    runs: plan.runs.flatMap((run, index) => cutRun(run, keep.tests[index] ?? [])),
    faults: keep.faults.flatMap((index) => plan.faults.slice(index, index + 1)),
  };
}

function cutRun(plan: RunPlan, kept: readonly number[]): RunPlan[] {
  const { definitions, estimates } = plan.run;
  if (kept.length === 0) return [];
  const left = kept.flatMap((index) => definitions.slice(index, index + 1));
  const names = new Set(left.map(({ name }) => name));
  return [
    {
      ...plan,
      run: {
        ...plan.run,
        definitions: left.map((definition) => cutAfter(definition, names)),
        estimates: estimates && kept.flatMap((index) => estimates.slice(index, index + 1)),
      },
    },
  ];
}

function cutAfter(definition: TestDefinition, names: ReadonlySet<string>): TestDefinition {
  const { after, ...schedule } = definition.schedule ?? {};
  if (after === undefined) return definition;
  const left = after.filter((name) => names.has(name));
  return { ...definition, schedule: left.length === 0 ? schedule : { ...schedule, after: left } };
}

/** `nodes=0-2 tests=0.1,1.4-6 faults=3`. */
export function keepInWords({ nodes, tests, faults }: Keep): string {
  const ofRuns = tests.flatMap((kept, run) => rangesOf(kept).map((range) => `${run}.${range}`));
  return `nodes=${rangesOf(nodes).join(",")} tests=${ofRuns.join(",")} faults=${rangesOf(faults).join(",")}`;
}

function rangesOf(indexes: readonly number[]): string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const index of indexes) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === index - 1) range.last = index;
    else ranges.push({ first: index, last: index });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
}

/** Reads what `keepInWords` wrote. */
export function parseKeep(text: string): Keep {
  const parts = new Map(
    text.split(" ").map((part) => part.split("=", 2) as [string, string | undefined]),
  );
  const listOf = (name: string) => (parts.get(name) ?? "").split(",").filter((one) => one !== "");
  const tests: number[][] = [];
  for (const one of listOf("tests")) {
    const [run = "", range = ""] = one.split(".");
    const runIndex = Number(run);
    while (tests.length <= runIndex) tests.push([]);
    tests[runIndex]?.push(...readRange(range));
  }
  return {
    nodes: listOf("nodes").flatMap(readRange),
    tests,
    faults: listOf("faults").flatMap(readRange),
  };
}

function readRange(text: string): number[] {
  const [first = 0, last = first] = text.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
