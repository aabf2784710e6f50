/** Shapes made of shapes: lists, mappings with free keys, mappings with known keys. */
import type { Json } from "#proto/matcher.ts";
import { adviceFor, nearestWord, type Position } from "./fault-log.ts";
import { describeFound, type Located, type LocatedEntry, type LocatedMapping } from "./located.ts";
import {
  type JsonSchema,
  orTemplate,
  type Reading,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "./shape.ts";

export type Values = { readonly [key: string]: Json };
export type Fields = { readonly [key: string]: Shape };

/** A list of one shape. */
export function listOf(
  item: Shape,
  options: { readonly expected: string; readonly countMin?: number },
): Shape {
  const countMin = options.countMin ?? 0;
  const schema = orTemplate({
    type: "array",
    items: item.schema,
    ...(countMin === 0 ? {} : { minItems: countMin }),
  });
  return shape(options.expected, schema, (node, reading) => {
    if (node.kind !== "list" || node.items.length < countMin)
      return refuse(node, options.expected, reading);
    return defined(node.items.map((one) => item.read(one, reading)));
  });
}

/** A mapping whose keys a person chooses; `keyFault` says what is wrong with a key. */
export function mapOf(
  value: Shape,
  options: { readonly expected: string; readonly isEmptyAllowed?: boolean; readonly key?: Shape },
): Shape {
  const schema = orTemplate({
    type: "object",
    additionalProperties: value.schema,
    ...(options.isEmptyAllowed ? {} : { minProperties: 1 }),
  });
  return shape(options.expected, schema, (node, reading) => {
    if (node.kind !== "mapping" || (node.entries.length === 0 && !options.isEmptyAllowed))
      return refuse(node, options.expected, reading);
    const read = node.entries.map((entry) => {
      options.key?.read(keyNode(entry), reading);
      return [entry.key, value.read(entry.value, reading)] as const;
    });
    return Object.fromEntries(
      read.filter((pair): pair is readonly [string, Json] => pair[1] !== undefined),
    );
  });
}

/** A key as a value, to read it by a shape. */
function keyNode(entry: LocatedEntry): Located {
  return { kind: "scalar", value: entry.key, source: entry.key, isFilled: true, ...entry.at };
}

const defined = (values: readonly (Json | undefined)[]): Json[] =>
  values.filter((value): value is Json => value !== undefined);

/** What is known of a mapping with known keys. */
export type Group = {
  /** "a test", for messages. */
  readonly what: string;
  readonly fields: Fields;
  readonly required?: readonly string[];
  /** At least one of these must be there. */
  readonly someOf?: readonly string[];
  /** Makes the normal form of what was read. */
  readonly build?: (values: Values) => Json;
};

/** A mapping with known keys. */
export function mapping(group: Group): Shape {
  return shape(group.what, groupSchema(group), (node, reading) => {
    if (node.kind !== "mapping") return refuse(node, group.what, reading);
    return readGroup(node, group, reading);
  });
}

/** Reads a mapping by a group; to be used where the caller has seen that it is one. */
export function readGroup(node: LocatedMapping, group: Group, reading: Reading): Json | undefined {
  const known = Object.keys(group.fields);
  const unknown = node.entries.filter((entry) => !Object.hasOwn(group.fields, entry.key));
  for (const entry of unknown) tellUnknownKey(entry, { what: group.what, known }, reading);
  tellMissing(node, group, reading);
  const values = readEntries(node, group.fields, reading);
  return group.build === undefined ? values : group.build(values);
}

/** Reads the entries that the fields know and leaves the others alone. */
export function readEntries(node: LocatedMapping, fields: Fields, reading: Reading): Values {
  const read: [string, Json][] = [];
  for (const entry of node.entries) {
    const field = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined;
    const value = field?.read(entry.value, reading);
    if (value !== undefined) read.push([entry.key, value]);
  }
  return Object.fromEntries(read);
}

/** Tells a key that does not belong here, with the nearest one that does. */
export function tellUnknownKey(
  entry: LocatedEntry,
  place: { readonly what: string; readonly known: readonly string[] },
  reading: Reading,
): void {
  reading.log.error(
    entry.at,
    `Unknown key ${JSON.stringify(entry.key)} in ${place.what}: ${adviceFor(entry.key, place.known)}`,
  );
}

/** A missing key that an unknown one was probably meant to be is told there already. */
export function tellMissing(node: LocatedMapping, group: Group, reading: Reading): void {
  const present = new Set(node.entries.map((entry) => entry.key));
  const unknown = [...present].filter((key) => !Object.hasOwn(group.fields, key));
  const isMisspelt = (key: string): boolean =>
    unknown.some((found) => nearestWord(found, Object.keys(group.fields)) === key);
  const missing = (group.required ?? []).filter((key) => !present.has(key) && !isMisspelt(key));
  if (missing.length > 0)
    refuseMissing(
      node,
      `${missing.map((key) => `"${key}"`).join(" and ")} in ${group.what}`,
      reading,
    );
  const some = group.someOf ?? [];
  if (some.length > 0 && !some.some((key) => present.has(key) || isMisspelt(key))) {
    refuseMissing(node, `one of ${some.join(", ")} in ${group.what}`, reading);
  }
}

function refuseMissing(node: LocatedMapping, what: string, reading: Reading): void {
  const found =
    node.entries.length === 0
      ? describeFound(node)
      : `only ${node.entries.map((entry) => entry.key).join(", ")}`;
  refuseBecause(node, `Missing ${what}: found ${found}`, reading);
}

/** The schema of a group. */
export function groupSchema(group: Group): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(group.fields).map(([key, field]) => [key, field.schema]),
  );
  const required = group.required ?? [];
  const some = group.someOf ?? [];
  return {
    type: "object",
    properties,
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...(some.length === 0 ? {} : { anyOf: some.map((key) => ({ required: [key] })) }),
  };
}

/** Where two keys exclude each other, the position of the second one. */
export function secondOf(
  node: LocatedMapping,
  keys: readonly string[],
): { first: string; second: string; at: Position } | undefined {
  const [first, second] = node.entries.filter((entry) => keys.includes(entry.key));
  return first === undefined || second === undefined
    ? undefined
    : { first: first.key, second: second.key, at: second.at };
}
