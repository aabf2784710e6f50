/**
 * A shape describes one place of the format once, for both of its readers: `read` turns what a person wrote into the
 * normal form and tells every fault with its place; `schema` is the same for editors (`panoptic schema`).
 */
import type { Json } from "#proto/matcher.ts";
import type { TestFile } from "#proto/test.ts";
import type { SuiteFiles } from "../source.ts";
import type { FaultLog, Position } from "./fault-log.ts";
import { describeFound, type Located } from "./located.ts";
import { opennessOf } from "./openness.ts";

export type JsonSchema = { readonly [key: string]: Json };

/** What a reading needs beside the value. */
export type Reading = {
  readonly log: FaultLog;
  readonly files: SuiteFiles;
  /** Collects the files that the values read so far name. */
  readonly used: TestFile[];
};

export type Shape = {
  /** What stands here, for messages: "a duration such as 30s". */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** The normal form, its strings as templates; undefined when it was refused, which the log then holds. */
  readonly read: (node: Located, reading: Reading) => Json | undefined;
};

/** A place that takes part in `${…}`: any text whose names are not filled in yet is accepted unread. */
export function shape(expected: string, schema: JsonSchema, read: Shape["read"]): Shape {
  return {
    expected,
    schema,
    read: (node, reading) =>
      node.kind === "scalar" && opennessOf(node) === "static" ? node.value : read(node, reading),
  };
}

/** Tells that something else was expected here. */
export function refuse(node: Located, expected: string, reading: Reading): undefined {
  reading.log.error(node, `Expected ${expected}, found ${describeFound(node)}`);
  return undefined;
}

/** Tells a fault with words of its own. */
export function refuseBecause(at: Position, message: string, reading: Reading): undefined {
  reading.log.error(at, message);
  return undefined;
}

/** A text with a `${…}` in it may stand wherever a value is due. */
export const TEMPLATE_SCHEMA: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** A schema that also takes a text with a `${…}` in it. */
export function orTemplate(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { $ref: "#/$defs/template" }] };
}
