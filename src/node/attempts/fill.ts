/** Fills in what only the node knows: `${saved.…}`, `${secrets.X}`, `${run.id}`, `${attempt.number}`. */
import type { LeaseOffer } from "#proto/lease.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { MeshError } from "#shared/errors.ts";
import { fillTemplate, reachInto, type TemplateLookup } from "#shared/template.ts";
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

/** A `${` after a `$` is an escaped one (src/shared/template.ts). */
const SECRET = /(?<!\$)\$\{\s*secrets\s*\./;

/** Whether a step, its parts or the base URL refers to a secret, so that what the test shows may show it. */
export function refersToSecrets({
  baseUrl,
  steps,
}: Pick<TestDefinition, "baseUrl" | "steps">): boolean {
  return SECRET.test(
    JSON.stringify([baseUrl ?? "", steps.map(({ args, around }) => [args, around ?? {}])]),
  );
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
