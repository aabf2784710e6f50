/** A matcher in the name of a step, short: `contains "a", below 5`. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping } from "#shared/json-kind.ts";

/** Words for a matcher in its normal form; an empty text for anything else. */
export function matcherText(value: Json | undefined): string {
  if (value === undefined || !isJsonMapping(value)) return "";
  return Object.entries(value)
    .map(
      ([key, condition]) =>
        `${key} ${key === "not" ? matcherText(condition) : JSON.stringify(condition)}`,
    )
    .join(", ");
}
