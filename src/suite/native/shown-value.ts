/** Values as people see them. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList } from "#shared/json-kind.ts";
import { displayTemplate } from "#shared/template.ts";

/** A value for a key, a name, or whatever no node fills in: escapes undone. */
export function shownValue(value: Json): Json {
  if (typeof value === "string") return displayTemplate(value);
  if (value === null || typeof value !== "object") return value;
  if (isJsonList(value)) return value.map(shownValue);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shownValue(item)]));
}
