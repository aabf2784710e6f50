/**
 * The one door to JSONPath (RFC 9535): the suite reader checks paths by it, the node evaluates them.
 *
 * A path of a stranger may ask for more than there is time for (`$..*..*..*`, a filter in a filter, `[*,*]` ten times):
 * every place that it looks at is counted, and it ends at `LOOKS_MAX`. Its regular expressions are matched by ours.
 */
import { JSONPathEnvironment, type JSONPathQuery, jsonpath } from "json-p3";
import type { Json } from "#proto/matcher.ts";
import { messageOf } from "./errors.ts";
import { toTextPattern } from "./pattern/text-pattern.ts";

/** What a path found: a path that can only name one place gives its value, any other the list of what it found. */
export type JsonPathResult =
  | { readonly found: Json; readonly list?: never; readonly nothing?: never }
  | { readonly list: readonly Json[]; readonly found?: never; readonly nothing?: never }
  | { readonly nothing: true; readonly found?: never; readonly list?: never };

/** At most 1.8 s (two cores, 2026-11); `$..id` in 10 MB of rows looks at half as many. */
const LOOKS_MAX = 2_000_000;

/** Of all regular expressions of one query together. */
const PATTERN_STEPS_MAX = 20_000_000;

/** Filled anew for each query; a query never waits, so there is only one at a time. */
const patternBudget = { stepsLeft: 0 };
const environment = createEnvironment();

/** Says what is wrong with a path; undefined when nothing is. */
export function checkJsonPath(path: string): string | undefined {
  if (!path.startsWith("$")) return `a JSON path starts with $, for example $.name`;
  try {
    environment.compile(path);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown).replace(/ \('.*'?:?\d*\)$/s, "");
  }
}

/**
 * Evaluates a path.
 *
 * @throws {Error} When the path is not a JSON path (check it by `checkJsonPath` first), or looks at too many places.
 */
export function queryJsonPath(path: string, value: Json): JsonPathResult {
  const query = environment.compile(path);
  countLooks(query, { left: LOOKS_MAX });
  patternBudget.stepsLeft = PATTERN_STEPS_MAX;
  const values = valuesOf(query, value);
  if (!query.singularQuery()) return { list: values };
  const [found] = values;
  return found === undefined ? { nothing: true } : { found };
}

/** The library's types want mutable JSON; it does not change what it is given. */
function valuesOf(query: JSONPathQuery, value: Json): Json[] {
  return query.query(value as Parameters<JSONPathQuery["query"]>[0]).values() as Json[];
}

type Looks = { left: number };
type Selector = JSONPathQuery["segments"][number]["selectors"][number];

/** Everything that a query does passes through its selectors, those of queries in filters too. */
function countLooks(query: JSONPathQuery, looks: Looks): void {
  for (const segment of query.segments)
    for (const selector of segment.selectors) {
      countSelector(selector, looks);
      if ("expression" in selector) countInside(selector.expression, looks);
    }
}

function countSelector(selector: Selector, looks: Looks): void {
  const resolve = selector.resolve.bind(selector);
  const isFilter = "expression" in selector;
  selector.resolve = (node) => {
    const { value } = node;
    const isTree = typeof value === "object" && value !== null;
    looks.left -= 1 + (isFilter && isTree ? Object.keys(value).length : 0);
    if (looks.left < 0)
      throw new Error(`it looks at more than ${LOOKS_MAX} places of this document`);
    const found = resolve(node);
    looks.left -= found.length;
    return found;
  };
}

/** A filter is a tree of operators, functions and queries. */
function countInside(expression: unknown, looks: Looks): void {
  if (typeof expression !== "object" || expression === null) return;
  const {
    path,
    expression: inner,
    left,
    right,
    args,
  } = expression as Readonly<Record<string, unknown>>;
  if (path instanceof jsonpath.JSONPathQuery) countLooks(path, looks);
  for (const part of [inner, left, right]) countInside(part, looks);
  for (const part of Array.isArray(args) ? args : []) countInside(part, looks);
}

function createEnvironment(): JSONPathEnvironment {
  const made = new JSONPathEnvironment();
  for (const name of ["match", "search"] as const) {
    const own = made.functionRegister.get(name);
    if (own === undefined) throw new Error(`Cannot set up JSON paths: there is no ${name}()`);
    const { argTypes, returnType } = own;
    const call = (text: unknown, pattern: unknown) => holds(name, text, pattern);
    made.functionRegister.set(name, { argTypes, returnType, call });
  }
  return made;
}

/** `match` is of the whole text, `search` of a part; what is no text or no I-Regexp (RFC 9485) is no match. */
function holds(name: "match" | "search", text: unknown, pattern: unknown): boolean {
  const read =
    typeof text === "string" && typeof pattern === "string" ? readIRegexp(pattern) : undefined;
  if (read === undefined) return false;
  const whole = name === "search" ? read : new RegExp(`^(?:${read.source})$`, read.flags);
  const answer = toTextPattern(whole).test(text as string, patternBudget);
  if (answer === "undecided")
    throw new Error(`its pattern ${JSON.stringify(pattern)} has too many ways to match`);
  return answer;
}

/** The library reads it: it asks the text for a match by the expression that it made. */
function readIRegexp(pattern: string): RegExp | undefined {
  let read: RegExp | undefined;
  const match = (made: RegExp) => {
    read = made;
    return null;
  };
  new jsonpath.functions.Search().call({ match } as unknown as string, pattern);
  return read;
}
