/** The one door to JSONPath (RFC 9535): the suite reader checks paths by it, the node evaluates them. */
import { compile, type JSONPathQuery } from "json-p3";
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "./errors.ts";

/** What a path found: a path that can only name one place gives its value, any other the list of what it found. */
export type JsonPathResult =
  | { readonly found: Json; readonly list?: never; readonly nothing?: never }
  | { readonly list: readonly Json[]; readonly found?: never; readonly nothing?: never }
  | { readonly nothing: true; readonly found?: never; readonly list?: never };

/** Says what is wrong with a path; undefined when nothing is. */
export function checkJsonPath(path: string): string | undefined {
  if (!path.startsWith("$")) return `a JSON path starts with $, for example $.name`;
  try {
    compile(path);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown).replace(/ \('.*'?:?\d*\)$/s, "");
  }
}

/**
 * Evaluates a path.
 *
 * @throws {Error} When the path is not a JSON path; check it by `checkJsonPath` first.
 */
export function queryJsonPath(path: string, value: Json): JsonPathResult {
  const query = compile(path);
  const values = valuesOf(query, value);
  if (!query.singularQuery()) return { list: values };
  const [found] = values;
  return found === undefined ? { nothing: true } : { found };
}

/** The library's types want mutable JSON; it does not change what it is given. */
function valuesOf(query: JSONPathQuery, value: Json): Json[] {
  return query.query(value as Parameters<JSONPathQuery["query"]>[0]).values() as Json[];
}
