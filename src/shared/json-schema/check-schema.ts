/**
 * Says what is wrong with a JSON Schema (draft-07, 2020-12) before anything is judged by it. Pure and small: the reader of
 * suites asks it for each schema, and the validator's own meta-schema takes 300 ms to compile (two cores, 2026-11).
 */
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "../errors.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "../json-kind.ts";

/** Where in the schema, as a JSON pointer, and what. */
export type SchemaFault = { readonly pointer: string; readonly message: string };

const DIALECTS = /^https?:\/\/json-schema\.org\/(draft-07\/schema#?|draft\/2020-12\/schema#?)$/;
const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];
/** Deeper than any schema that a person reads. */
const DEPTH_MAX = 100;

const SCHEMAS = new Set([
  "additionalProperties",
  "additionalItems",
  "contains",
  "else",
  "if",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const LISTS = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const MAPS = new Set([
  "$defs",
  "definitions",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);
const COUNTS = new Set([
  "maxContains",
  "maxItems",
  "maxLength",
  "maxProperties",
  "minContains",
  "minItems",
  "minLength",
  "minProperties",
]);
const NUMBERS = new Set([
  "exclusiveMaximum",
  "exclusiveMinimum",
  "maximum",
  "minimum",
  "multipleOf",
]);

/** The first fault of a schema; undefined when there is none. `$ref` may name only a place in the schema itself. */
export function checkSchema(schema: Json): SchemaFault | undefined {
  const dialect = isJsonMapping(schema) ? schema["$schema"] : undefined;
  if (dialect !== undefined && !DIALECTS.test(String(dialect))) {
    const message = `expected the dialect of draft-07 or 2020-12, found ${JSON.stringify(dialect)}`;
    return { pointer: "/$schema", message };
  }
  return checkPart(schema, { root: schema, pointer: "", depth: 0 });
}

type Place = { readonly root: Json; readonly pointer: string; readonly depth: number };

function checkPart(part: Json | undefined, place: Place): SchemaFault | undefined {
  if (typeof part === "boolean") return undefined;
  if (!isJsonMapping(part)) return faultAt(place, "expected a schema: a mapping, true or false");
  if (place.depth > DEPTH_MAX) return faultAt(place, `expected at most ${DEPTH_MAX} levels`);
  for (const [key, value] of Object.entries(part)) {
    const fault = checkKeyword(key, value, below(place, key));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkKeyword(key: string, value: Json, place: Place): SchemaFault | undefined {
  if (SCHEMAS.has(key)) return checkPart(value, place);
  if (LISTS.has(key)) return checkList(value, place);
  if (MAPS.has(key)) return checkMap(key, value, place);
  if (COUNTS.has(key)) {
    const isCount = typeof value === "number" && Number.isInteger(value) && value >= 0;
    return isCount ? undefined : faultAt(place, "expected a whole number of at least 0");
  }
  if (NUMBERS.has(key))
    return typeof value === "number" ? undefined : faultAt(place, "expected a number");
  return checkOther(key, value, place);
}

function checkOther(key: string, value: Json, place: Place): SchemaFault | undefined {
  switch (key) {
    case "type":
      return checkType(value, place);
    case "items":
      return isJsonList(value) ? checkList(value, place) : checkPart(value, place);
    case "enum":
      return isJsonList(value) ? undefined : faultAt(place, "expected a list");
    case "required":
      return isJsonList(value) && value.every((one) => typeof one === "string")
        ? undefined
        : faultAt(place, "expected a list of names");
    case "pattern":
      return checkPattern(value, place);
    case "$ref":
    case "$dynamicRef":
      return checkReference(value, place);
    default:
      return undefined;
  }
}

function checkList(value: Json, place: Place): SchemaFault | undefined {
  if (!isJsonList(value)) return faultAt(place, "expected a list of schemas");
  for (const [index, item] of value.entries()) {
    const fault = checkPart(item, below(place, String(index)));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkMap(key: string, value: Json, place: Place): SchemaFault | undefined {
  if (!isJsonMapping(value)) return faultAt(place, "expected a mapping of schemas");
  for (const [name, item] of Object.entries(value)) {
    const inside = below(place, name);
    const fault =
      (key === "patternProperties" ? checkPattern(name, inside) : undefined) ??
      checkPart(item, inside);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkType(value: Json, place: Place): SchemaFault | undefined {
  const types = isJsonList(value) ? value : [value];
  const strange = types.find((type) => !TYPES.includes(String(type)));
  return strange === undefined
    ? undefined
    : faultAt(place, `expected one of ${TYPES.join(", ")}, found ${JSON.stringify(strange)}`);
}

function checkPattern(value: Json, place: Place): SchemaFault | undefined {
  if (typeof value !== "string") return faultAt(place, "expected a regular expression");
  try {
    new RegExp(value, "u");
    return undefined;
  } catch (thrown) {
    return faultAt(place, messageOf(thrown));
  }
}

function checkReference(value: Json, place: Place): SchemaFault | undefined {
  if (typeof value !== "string") return faultAt(place, "expected text");
  if (!value.startsWith("#"))
    return faultAt(place, `expected a place in this file such as #/$defs/x, found ${value}`);
  // An anchor is found by the validator.
  if (value === "#" || !value.startsWith("#/")) return undefined;
  return reachPointer(place.root, value) === undefined
    ? faultAt(place, `there is no ${value} in this file`)
    : undefined;
}

/** What a reference such as `#/$defs/x` names; undefined when there is nothing. */
export function reachPointer(root: JsonMapping | Json, reference: string): Json | undefined {
  let at: Json | undefined = root;
  for (const raw of reference.split("/").slice(1)) {
    const key = decodePart(raw);
    if (isJsonList(at)) at = at[Number(key)];
    else at = isJsonMapping(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function decodePart(raw: string): string {
  const plain = raw.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    // A lone % stands for itself.
    return plain;
  }
}

/** A key as a part of a JSON pointer. */
export function pointerPart(key: string): string {
  return `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

const below = (place: Place, key: string): Place => ({
  root: place.root,
  pointer: place.pointer + pointerPart(key),
  depth: place.depth + 1,
});

const faultAt = ({ pointer }: Place, message: string): SchemaFault => ({ pointer, message });
