/** A small plan in words, for whoever looks at a seed that was shrunk. */
import type { TestDefinition } from "#proto/test.ts";
import type { Nature, RunPlan, SimPlan } from "./plan.ts";

const TESTS_SHOWN_MAX = 40;

/** One line each: network, nodes, runs with their tests, faults. */
export function planInWords(plan: SimPlan): readonly string[] {
  return [
    `network ${JSON.stringify(plan.network)}, heal at ${plan.healMs} ms, quotas ${JSON.stringify(plan.quotas)}`,
    ...plan.nodes.map(
      ({ name, slots, speed, skewMs, joinMs, capabilities }) =>
        `node ${name}: ${slots} slots, speed ${speed}, skew ${skewMs} ms, joins at ${joinMs} ms, ${capabilities.able.map(({ platform }) => platform).join(" ")} ${capabilities.labels.join(" ")}`,
    ),
    ...plan.runs.flatMap(runInWords),
    ...plan.faults.map((fault) => `fault ${JSON.stringify(fault)}`),
  ];
}

function runInWords({ atMs, run, natures }: RunPlan): readonly string[] {
  const shown = run.definitions.slice(0, TESTS_SHOWN_MAX);
  const left = run.definitions.length - shown.length;
  return [
    `${run.runId} at ${atMs} ms: ${JSON.stringify(run.options)}`,
    ...shown.map((definition) => `  ${testInWords(definition, natures.get(definition.key))}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ];
}

function testInWords(
  { key, retries, platform, needs, schedule, skip }: TestDefinition,
  nature: Nature | undefined,
): string {
  const parts = [
    `${nature?.kind} ${nature?.durationMs} ms`,
    `retries ${retries}`,
    platform,
    ...needs.labels,
    ...(schedule === undefined ? [] : [JSON.stringify(schedule)]),
    ...(skip === undefined ? [] : ["skipped by its suite"]),
  ];
  return `${key}: ${parts.join(", ")}`;
}

/** What a plan has of what the scheduler obeys, in words for `--only`. */
export function featuresOf({ runs, isStill, faults, quotas }: SimPlan): ReadonlySet<string> {
  const schedules = runs.flatMap(({ run }) =>
    run.definitions.flatMap(({ schedule }) => schedule ?? []),
  );
  const options = runs.map(({ run }) => run.options);
  const has: Readonly<Record<string, boolean>> = {
    still: isStill && runs.length > 1,
    faults: faults.length > 0,
    /** A node is silent for so long that it is gone. */
    silence: faults.some(
      ({ kind, forMs }) => (kind === "cut_node" || kind === "freeze_node") && forMs > 8_000,
    ),
    disk: faults.some(({ kind }) => kind === "fill_node_disk"),
    /** Nothing but weights tells the runs apart. */
    equal: schedules.length === 0 && options.every(({ priority }) => priority === undefined),
    /** All tests hold a lock. */
    locked: runs.every(({ run }) => run.definitions.every(({ schedule }) => schedule?.locks)),
    locks: schedules.some(({ locks }) => locks !== undefined),
    group: schedules.some(({ group }) => group !== undefined),
    serial: schedules.some(({ group }) => group?.isSerial === true),
    after: schedules.some(({ after }) => after !== undefined),
    frames: schedules.some(({ role }) => role !== undefined),
    quota: options.some(({ project }) => project !== undefined && quotas[project] !== undefined),
    maxInFlight: options.some(({ maxInFlight }) => maxInFlight !== undefined),
    maxFailures: options.some(({ maxFailures }) => maxFailures !== undefined),
    weight: options.some(({ weight }) => weight !== undefined),
    priority: options.some(({ priority }) => priority !== undefined),
  };
  return new Set(Object.keys(has).filter((name) => has[name]));
}
