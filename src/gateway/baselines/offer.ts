/** What a lease's offer says of baselines. */
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { LeaseState, RunState } from "#gateway/mesh/run-state.ts";
import type { LeaseOffer } from "#proto/lease.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { baselinePlace } from "./place.ts";

/** Nothing for a test that compares no pictures. */
export function offeredBaselines(
  mesh: Mesh,
  run: RunState,
  lease: LeaseState,
): Pick<LeaseOffer, "baselines" | "updateBaselines"> {
  const definition = run.tests[lease.testIndex]?.definition;
  const node = mesh.nodes.get(lease.nodeId);
  if (definition === undefined || node === undefined || !comparesPictures(definition)) return {};
  const place = baselinePlace(definition, node.record);
  const baselines = place === undefined ? [] : mesh.baselines(place);
  return {
    ...(baselines.length > 0 && { baselines: [...baselines] }),
    ...(run.options.updateBaselines === true && { updateBaselines: true }),
  };
}

const KNOWN = new WeakMap<TestDefinition, boolean>();

/** Asked for each offer: found out once a test. */
function comparesPictures(definition: TestDefinition): boolean {
  const known = KNOWN.get(definition);
  if (known !== undefined) return known;
  const found = definition.platform === "web" && hasLooks(definition.steps as unknown as Json);
  KNOWN.set(definition, found);
  return found;
}

/** Steps may hold steps, at any depth. */
function hasLooks(value: Json): boolean {
  if (isJsonList(value)) return value.some(hasLooks);
  if (!isJsonMapping(value)) return false;
  return value["of"] === "screenshot" || Object.values(value).some(hasLooks);
}
