/** Matchers and status conditions as people write them, in their normal form. */
import { type Json, JsonType } from "#proto/matcher.ts";
import { adviceFor } from "../reading/fault-log.ts";
import {
  type Fields,
  groupSchema,
  listOf,
  readGroup,
  type Values,
} from "../reading/group-shapes.ts";
import { entryOf, jsonOf, type Located } from "../reading/located.ts";
import { opennessOf } from "../reading/openness.ts";
import { anyJson, flag, number, pattern, typed, word } from "../reading/scalar-shapes.ts";
import {
  type JsonSchema,
  type Reading,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "../reading/shape.ts";

/** The conditions of a matcher, also where they stand beside a subject. */
export const MATCHER_FIELDS: Fields = {
  equals: anyJson,
  contains: anyJson,
  startsWith: typed("a text"),
  endsWith: typed("a text"),
  matches: pattern,
  above: number,
  below: number,
  atLeast: number,
  atMost: number,
  in: listOf(anyJson, { expected: "a list of at least one value", countMin: 1 }),
  length: shape(
    "a number of characters, items or keys, or a matcher of it",
    { $ref: "#/$defs/matcher" },
    (node, reading) => numberMatcher.read(node, reading),
  ),
  type: word(JsonType.options),
  exists: flag,
  not: shape("a matcher", { $ref: "#/$defs/matcher" }, (node, reading) =>
    readMatcher(node, reading),
  ),
};

export const MATCHER_KEYS: readonly string[] = Object.keys(MATCHER_FIELDS);

/** The conditions that stand beside a subject. */
export function matcherIn(values: Values): Json {
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => Object.hasOwn(MATCHER_FIELDS, key)),
  );
}

/** A matcher; a literal means `equals`. */
export const matcher: Shape = shape(
  "a value or a matcher",
  { $ref: "#/$defs/matcher" },
  (node, reading) => readMatcher(node, reading),
);

function readMatcher(node: Located, reading: Reading): Json | undefined {
  if (node.kind !== "mapping") return { equals: jsonOf(node) };
  if (node.entries.length === 0)
    return refuse(node, `a matcher with at least one of ${MATCHER_KEYS.join(", ")}`, reading);
  return readGroup(node, { what: "a matcher", fields: MATCHER_FIELDS }, reading);
}

/** For `$defs/matcherMapping`. */
export function matcherMappingSchema(): JsonSchema {
  return groupSchema({ what: "", fields: MATCHER_FIELDS, someOf: MATCHER_KEYS });
}

/** For `$defs/matcher`. */
export function matcherSchema(): JsonSchema {
  const literal = { type: ["string", "number", "boolean", "null", "array"] };
  return { anyOf: [literal, { $ref: "#/$defs/matcherMapping" }] };
}

/** A value to be equal to, where the subject is always a number. */
export const numberEqual: Shape = shape("a number", anyJson.schema, (node, reading) =>
  opennessOf(node) === "closed" ? number.read(node, reading) : jsonOf(node),
);

/** A matcher of what is always a number: no text equals it. */
export const numberMatcher: Shape = shape(
  "a number, or a matcher such as { below: 500 }",
  matcher.schema,
  (node, reading) => {
    if (opennessOf(node) !== "closed") return readMatcher(node, reading);
    if (node.kind === "mapping") {
      const equals = entryOf(node, "equals");
      const found = equals && numberEqual.read(equals.value, reading);
      return equals !== undefined && found === undefined ? undefined : readMatcher(node, reading);
    }
    const isNumber = node.kind === "scalar" && typeof node.value === "number";
    const isFilledIn = node.kind === "scalar" && node.isFilled;
    if (isNumber || isFilledIn) return readMatcher(node, reading);
    return refuse(node, "a number, or a matcher such as { below: 500 }", reading);
  },
);

const STATUS_EXPECTED = "a status such as 200, 2xx or [200, 204], or a matcher";
const CODE_SCHEMA = {
  anyOf: [
    { type: "integer", minimum: 100, maximum: 599 },
    { type: "string", pattern: "^([1-5]xx|[1-5][0-9][0-9])$" },
    { $ref: "#/$defs/template" },
  ],
};

/** An HTTP status: a code, a class, a list of them, or a matcher. */
export const status: Shape = shape(
  STATUS_EXPECTED,
  {
    anyOf: [
      CODE_SCHEMA,
      { type: "array", items: CODE_SCHEMA, minItems: 1 },
      { $ref: "#/$defs/matcherMapping" },
    ],
  },
  (node, reading) => {
    if (node.kind === "scalar") return anyOf([readCode(node, reading)]);
    if (node.kind === "list") {
      return node.items.length === 0
        ? refuse(node, STATUS_EXPECTED, reading)
        : anyOf(node.items.map((item) => readCode(item, reading)));
    }
    const read = readMatcher(node, reading);
    return read === undefined ? undefined : { matcher: read };
  },
);

function anyOf(codes: readonly (Json | undefined)[]): Json {
  return { anyOf: codes.filter((code): code is Json => code !== undefined) };
}

function readCode(node: Located, reading: Reading): Json | undefined {
  if (node.kind !== "scalar") return refuse(node, STATUS_EXPECTED, reading);
  if (opennessOf(node) === "lone" || opennessOf(node) === "static") return node.value;
  const written = String(node.value);
  if (/^[1-5]\d\d$/.test(written)) return Number(written);
  if (typeof node.value !== "string") return refuse(node, STATUS_EXPECTED, reading);
  if (/^[1-5]xx$/.test(node.value)) return node.value;
  const advice = adviceFor(node.value, ["1xx", "2xx", "3xx", "4xx", "5xx"]);
  return refuseBecause(
    node,
    `Expected ${STATUS_EXPECTED}, found ${JSON.stringify(node.value)}: ${advice}`,
    reading,
  );
}
