/** How flaky the tests of a run are, by their outcomes up to its end: a report says the same whenever it is read. */
import type { RunState } from "#gateway/mesh/run-state.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { TestDefinition } from "#proto/test.ts";
import { flakinessOf } from "./flakiness.ts";
import { historyNameOf } from "./learn.ts";
import { outcomesIn } from "./outcomes.ts";

/** Reads one history for each test that is asked for. */
export function flakinessIn(
  store: Pick<GatewayStore, "histories">,
  { end }: RunState,
): (definition: TestDefinition) => number {
  const untilMs = end?.wallMs ?? Number.POSITIVE_INFINITY;
  return (definition) => {
    const [text = ""] = store.histories([historyNameOf(definition)]);
    return flakinessOf(outcomesIn(text).filter(({ wallMs }) => wallMs <= untilMs));
  };
}
