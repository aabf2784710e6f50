/** Fills in what only the node knows: `${saved.…}`, `${secrets.X}`, `${run.id}`, `${attempt.number}`. */
import type { LeaseOffer } from "#proto/lease.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { fillTemplate, reachInto, scanTemplate, type TemplateLookup } from "#shared/template.ts";
import { StepError } from "../drivers/driver.ts";

/** What the attempt has saved so far, by key. */
export type SavedValues = Readonly<Record<string, Json>>;

/** @throws {StepError} `failed` when a name is unknown. */
export function fillValues(offer: LeaseOffer, saved: SavedValues, value: Json): Json {
  try {
    return fillTemplate(value, lookupOf(offer, saved));
  } catch (thrown) {
    if (!(thrown instanceof MeshError)) throw thrown;
    throw new StepError("failed", thrown.code, thrown.message);
  }
}

/** Whether a step, its parts or the base URL refers to a secret, so that what the test shows may show it. */
export function refersToSecrets({
  baseUrl,
  steps,
}: Pick<TestDefinition, "baseUrl" | "steps">): boolean {
  return refersIn([baseUrl ?? "", ...steps.map(({ args, around }) => [args, around ?? {}])]);
}

/** Asks the scanner that fills the values in, so that no spelling of a reference is missed. */
function refersIn(value: Json): boolean {
  if (typeof value === "string")
    return scanTemplate(value).some(
      (part) => part.kind === "reference" && part.scope === "secrets",
    );
  if (isJsonList(value)) return value.some(refersIn);
  if (!isJsonMapping(value)) return false;
  return Object.entries(value).some(([key, item]) => refersIn(key) || refersIn(item));
}

function lookupOf(offer: LeaseOffer, saved: SavedValues): TemplateLookup {
  return (scope, path) => {
    switch (scope) {
      case "saved":
        return reachInto(saved, path);
      case "secrets":
        return offer.secrets[path.join(".")];
      case "run":
        return path.join(".") === "id" ? offer.runId : undefined;
      case "attempt":
        return path.join(".") === "number" ? offer.attemptNumber : undefined;
    }
  };
}
