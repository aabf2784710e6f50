/** A suite file as a tree that knows where each key and value stands. Free of the YAML library, which only yaml-tree.ts knows. */

import type { Json } from "#proto/matcher.ts";
import { isJsonList } from "#shared/json-kind.ts";
import type { Position } from "./fault-log.ts";

export type LocatedScalar = Position & {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written, for numbers whose zeros count where text is due. */
  readonly source: string;
  /** It came out of a `${…}`: text of digits may stand for a number there, since environment and CSV know only text. */
  readonly isFilled: boolean;
};
type LocatedList = Position & { readonly kind: "list"; readonly items: readonly Located[] };
export type LocatedEntry = { readonly key: string; readonly at: Position; readonly value: Located };
export type LocatedMapping = Position & {
  readonly kind: "mapping";
  readonly entries: readonly LocatedEntry[];
};
export type Located = LocatedScalar | LocatedList | LocatedMapping;

/** The value of a key; undefined when the mapping does not have it. */
export function entryOf(mapping: LocatedMapping, key: string): LocatedEntry | undefined {
  return mapping.entries.find((entry) => entry.key === key);
}

/** The tree as plain JSON. */
export function jsonOf(node: Located): Json {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(jsonOf);
    default:
      return Object.fromEntries(node.entries.map((entry) => [entry.key, jsonOf(entry.value)]));
  }
}

/** Plain JSON as a tree that stands where the `${…}` stood from which it came. */
export function locateJson(value: Json, at: Position): Located {
  const { line, column } = at;
  if (value === null || typeof value !== "object") {
    return { kind: "scalar", value, source: String(value), isFilled: true, line, column };
  }
  if (isJsonList(value))
    return { kind: "list", items: value.map((item) => locateJson(item, at)), line, column };
  const entries = Object.entries(value).map(([key, item]) => ({
    key,
    at,
    value: locateJson(item, at),
  }));
  return { kind: "mapping", entries, line, column };
}

/** What was found, for a message: short, and never more than a line. */
export function describeFound(node: Located): string {
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : "a list";
  if (node.kind === "mapping") return node.entries.length === 0 ? "an empty mapping" : "a mapping";
  if (node.value === null) return "nothing";
  if (typeof node.value !== "string") return node.source;
  const text = JSON.stringify(node.value);
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}
