/** Writes the golden JSON Schemas of the wire anew: `bun tests/proto/write-schemas.ts`, after a change that is meant. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FIXTURES, MESSAGES } from "./messages.ts";

/** What a message may look like to be read, as JSON Schema; the same object that the golden file holds. */
export function schemaOf(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: "input" });
}

if (import.meta.main) {
  const schemas = Object.entries(MESSAGES).map(([name, { schema }]) => [name, schemaOf(schema)]);
  const text = JSON.stringify(Object.fromEntries(schemas), null, 2);
  const path = join(FIXTURES, "schemas.json");
  writeFileSync(path, `${text}\n`);
  execFileSync("node_modules/.bin/biome", ["format", "--write", path]);
}
