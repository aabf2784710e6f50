/** Brings the histories of a run's tests from the store to its ledger, in pieces that stall nobody. */
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { TestState } from "#gateway/mesh/run-state.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { TestDefinition } from "#proto/test.ts";
import { type Estimate, estimateOf, type SpeedOf } from "./estimate.ts";
import { historyNameOf } from "./learn.ts";
import { nodeMark, outcomesIn } from "./outcomes.ts";

/** Tests whose histories are read at once: about two milliseconds. */
const CHUNK = 250;

type Shelf = Pick<GatewayStore, "histories">;

/** What nothing is known of. */
const UNKNOWN: Estimate = { hasFailedLast: false };

/** An estimate for each test, in their order; between the pieces whatever else waits has its turn. */
export async function recollect(
  mesh: Pick<Mesh, "nodes">,
  store: Shelf,
  definitions: readonly TestDefinition[],
): Promise<Estimate[]> {
  const speedOf = speedsByMark(mesh);
  const estimates: Estimate[] = [];
  for (let start = 0; start < definitions.length; start += CHUNK) {
    if (start > 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    estimates.push(...estimate(store, definitions.slice(start, start + CHUNK), speedOf));
  }
  return estimates;
}

/** The same for the tests of a run that comes back with its gateway, at once: nobody waits yet. */
export function recallEstimates(
  mesh: Pick<Mesh, "nodes">,
  store: Shelf,
  tests: readonly TestState[],
): void {
  const speedOf = speedsByMark(mesh);
  for (let start = 0; start < tests.length; start += CHUNK) {
    const chunk = tests.slice(start, start + CHUNK);
    const estimates = estimate(
      store,
      chunk.map(({ definition }) => definition),
      speedOf,
    );
    for (const [index, test] of chunk.entries()) test.estimate = estimates[index] ?? UNKNOWN;
  }
}

function estimate(
  store: Shelf,
  definitions: readonly TestDefinition[],
  speedOf: SpeedOf,
): Estimate[] {
  return store
    .histories(definitions.map(historyNameOf))
    .map((text) => estimateOf(outcomesIn(text), speedOf) ?? UNKNOWN);
}

/** The speed factors of the mesh's nodes, by the marks that histories have of them. */
export function speedsByMark({ nodes }: Pick<Mesh, "nodes">): SpeedOf {
  const speeds = new Map<string, number>();
  for (const { record, speed } of nodes.values())
    if (speed !== 1) speeds.set(nodeMark(record.nodeId), speed);
  return (mark) => speeds.get(mark) ?? 1;
}
