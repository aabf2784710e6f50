/** How flaky the tests of a run are, by their outcomes up to its end: a report says the same whenever it is read. */
import type { RunState } from "#gateway/mesh/run-state.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { TestDefinition } from "#proto/test.ts";
import { flakinessOf } from "./flakiness.ts";
import { historyNameOf } from "./learn.ts";
import { outcomesIn } from "./outcomes.ts";

/** Histories that are read at once. */
const CHUNK = 500;

/** Reads the histories of all tests of the run; what is not one of them is not flaky. */
export function flakinessIn(
  store: Pick<GatewayStore, "histories">,
  { end, tests }: RunState,
): (definition: TestDefinition) => number {
  const untilMs = end?.wallMs ?? Number.POSITIVE_INFINITY;
  const flaky = new Map<TestDefinition, number>();
  for (let start = 0; start < tests.length; start += CHUNK) {
    const chunk = tests.slice(start, start + CHUNK).map(({ definition }) => definition);
    for (const [index, text] of store.histories(chunk.map(historyNameOf)).entries()) {
      const definition = chunk[index];
      const outcomes = outcomesIn(text).filter(({ wallMs }) => wallMs <= untilMs);
      if (definition !== undefined) flaky.set(definition, flakinessOf(outcomes));
    }
  }
  return (definition) => flaky.get(definition) ?? 0;
}
