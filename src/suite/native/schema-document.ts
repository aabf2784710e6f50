/** `schema` of an expectation: a JSON Schema in the suite, or in a JSON file beside it. */
import { checkSchema } from "#shared/json-schema/check-schema.ts";
import { jsonOf, type Located } from "../reading/located.ts";
import { type Reading, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { parseJson, readNamedFile } from "./json-file.ts";

const EXPECTED = "a JSON Schema, or a file with one such as product.schema.json";

/** The schema that a body must obey. */
export const schema: Shape = shape(
  EXPECTED,
  { anyOf: [{ type: "object" }, { type: "string", minLength: 1 }] },
  (node, reading) => {
    if (node.kind === "mapping") return readInline(node, reading);
    if (node.kind === "scalar" && typeof node.value === "string") return readFile(node, reading);
    return refuse(node, EXPECTED, reading);
  },
);

function readInline(node: Located, reading: Reading) {
  const document = jsonOf(node);
  const fault = checkSchema(document);
  if (fault === undefined) return { schema: { kind: "inline", document } };
  const at = placeOf(node, fault.pointer);
  return refuseBecause(at, `Not a JSON Schema at ${fault.pointer}: ${fault.message}`, reading);
}

function readFile(node: Located, reading: Reading) {
  const file = readNamedFile(node, reading);
  if (file === undefined) return undefined;
  const name = JSON.stringify(file.path);
  const parsed = parseJson(file.text);
  if ("fault" in parsed)
    return refuseBecause(node, `Expected JSON in ${name}: ${parsed.fault}`, reading);
  const fault = checkSchema(parsed.document);
  if (fault === undefined) return { schema: { kind: "file", file: file.path } };
  const text = `Not a JSON Schema: ${name} at ${fault.pointer || "its root"}: ${fault.message}`;
  return refuseBecause(node, text, reading);
}

/** The place of a pointer in the tree, or as near as it goes. */
function placeOf(node: Located, pointer: string): Located {
  let at = node;
  for (const raw of pointer.split("/").slice(1)) {
    const key = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const next =
      at.kind === "mapping"
        ? at.entries.find((entry) => entry.key === key)?.value
        : at.kind === "list"
          ? at.items[Number(key)]
          : undefined;
    if (next === undefined) return at;
    at = next;
  }
  return at;
}
