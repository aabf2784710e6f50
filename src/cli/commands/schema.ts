/** `panoptic schema`: the JSON Schema of suites, for editors. */
import { suiteJsonSchema } from "#suite/json-schema.ts";
import type { Context } from "../context.ts";

/** Prints it. */
export async function printSchema(context: Context): Promise<number> {
  context.terminal.say(JSON.stringify(suiteJsonSchema(), undefined, 2));
  return 0;
}
