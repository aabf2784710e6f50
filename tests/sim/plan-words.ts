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
