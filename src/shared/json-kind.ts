/** Tells the kinds of JSON values apart, with the types that `Array.isArray` alone does not give for readonly lists. */
import type { Json } from "#proto/matcher.ts";

export type JsonList = readonly Json[];
export type JsonMapping = { readonly [key: string]: Json };

/** Whether a value is a list. */
export function isJsonList(value: Json | undefined): value is JsonList {
  return Array.isArray(value);
}

/** Whether a value is a mapping: an object that is no list and not null. */
export function isJsonMapping(value: Json | undefined): value is JsonMapping {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
