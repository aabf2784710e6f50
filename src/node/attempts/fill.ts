/** Fills in what only the node knows: `${saved.…}`, `${secrets.X}`, `${run.id}`, `${attempt.number}`, and the names that loops give. */
import type { LeaseOffer } from "#proto/lease.ts";
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { fillTemplate, reachInto, scanTemplate, type TemplateLookup } from "#shared/template.ts";
import { StepError } from "../drivers/driver.ts";

/** What the attempt has saved so far, by key. */
export type SavedValues = Readonly<Record<string, Json>>;

/** What the steps of an attempt have to say, beside what its offer says. */
export type KnownValues = {
  readonly saved: SavedValues;
  /** What the loops around a step give it, by their names. */
  readonly names: SavedValues;
};

/** Before the first step. */
export const NOTHING_KNOWN: KnownValues = { saved: {}, names: {} };

/** @throws {StepError} `failed` when a name is unknown. */
export function fillValues(offer: LeaseOffer, known: KnownValues, value: Json): Json {
  try {
    return fillTemplate(value, lookupOf(offer, known));
  } catch (thrown) {
    if (!(thrown instanceof MeshError)) throw thrown;
    throw new StepError("failed", thrown.code, thrown.message);
  }
}

/** Whether a step, its parts, the steps inside it, the base URL or the browser's setup refers to a secret, so that what the test shows may show it. */
export function refersToSecrets({
  baseUrl,
  browser,
  steps,
}: Pick<TestDefinition, "baseUrl" | "browser" | "steps">): boolean {
  return refersIn([baseUrl ?? "", browser ?? {}]) || steps.some(refersInStep);
}

function refersInStep({ args, around, blocks }: PlannedStep): boolean {
  if (refersIn([args, around ?? {}])) return true;
  return Object.values(blocks ?? {}).some((steps) => steps.some(refersInStep));
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

function lookupOf(offer: LeaseOffer, { saved, names }: KnownValues): TemplateLookup {
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
      default:
        return Object.hasOwn(names, scope) ? reachInto(names[scope] ?? null, path) : undefined;
    }
  };
}
