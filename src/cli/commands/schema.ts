/** `panoptic schema`: the JSON Schema of suites, for editors. */
import { suiteJsonSchema } from "#suite/json-schema.ts";
import { originalJsonSchema } from "#suite/original/json-schema.ts";
import type { Context } from "../context.ts";

export type SchemaOptions = { readonly original?: boolean };

/** Prints that of native suites, or that of the original's. */
export async function printSchema(options: SchemaOptions, context: Context): Promise<number> {
  const schema = options.original === true ? originalJsonSchema() : suiteJsonSchema();
  context.terminal.say(JSON.stringify(schema, undefined, 2));
  return 0;
}
