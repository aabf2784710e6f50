/**
 * `openapi` of an expectation: the contract that request and response must obey. A document in JSON travels as a file; one in
 * YAML is read here, the only place that can, and travels as JSON within the step, without what is only for people.
 */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { checkOpenapi, operationsOf } from "#shared/openapi/check-openapi.ts";
import { escapeTemplate } from "#shared/template.ts";
import { adviceFor, FaultLog } from "../reading/fault-log.ts";
import { mapping, type Values } from "../reading/group-shapes.ts";
import { jsonOf, type Located } from "../reading/located.ts";
import { text } from "../reading/scalar-shapes.ts";
import { type Reading, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { parseYamlTree } from "../reading/yaml-tree.ts";
import { type NamedFile, parseJson, readNamedFile } from "./json-file.ts";

/** Each step carries it, and a message has a bound, characters. */
const INLINE_LENGTH_MAX = 128 * 1024;
const EXPECTED = "an OpenAPI document such as openapi.yaml or openapi.json";
/** What is only for people. */
const SHOWN = new Set([
  "description",
  "example",
  "examples",
  "externalDocs",
  "info",
  "summary",
  "tags",
  "title",
]);
/** Where names stand and no keywords. */
const NAMED = new Set([
  "$defs",
  "callbacks",
  "content",
  "dependentSchemas",
  "headers",
  "parameters",
  "paths",
  "patternProperties",
  "properties",
  "requestBodies",
  "responses",
  "schemas",
  "securitySchemes",
]);
/** Where values stand and no keywords. */
const VALUES = new Set(["const", "default", "enum"]);

const spec: Shape = shape(EXPECTED, { type: "string", minLength: 1 }, (node, reading) => {
  if (node.kind !== "scalar" || typeof node.value !== "string")
    return refuse(node, EXPECTED, reading);
  const file = readNamedFile(node, reading);
  return file && readSpec(node, file, reading);
});

const inMapping = mapping({
  what: "an openapi such as { spec: openapi.yaml, operation: getPet }",
  fields: { spec, operation: text("an operationId such as getPet") },
  required: ["spec"],
});

/** A file, or a file and an operation. */
const plain: Shape = shape(spec.expected, spec.schema, (node, reading) => {
  const read = spec.read(node, reading);
  return read === undefined ? undefined : { spec: read };
});
const eitherForm = mappingOr(inMapping, plain);

export const openapi: Shape = shape(eitherForm.expected, eitherForm.schema, (node, reading) => {
  const read = eitherForm.read(node, reading);
  if (node.kind !== "mapping" || read === undefined) return read;
  const at = node.entries.find((entry) => entry.key === "operation")?.value;
  const operation = (read as Values)["operation"];
  const named = node.entries.find((entry) => entry.key === "spec")?.value;
  if (at === undefined || typeof operation !== "string" || named === undefined) return read;
  return hasOperation(named, { at, operation }, reading) ? read : undefined;
});

type Wanted = { readonly at: Located; readonly operation: string };

function hasOperation(node: Located, { at, operation }: Wanted, reading: Reading): boolean {
  const file = readNamedFile(node, { ...reading, used: [], log: new FaultLog("") });
  const document = file && documentIn(file);
  // The document's own fault is told already.
  if (document === undefined || "fault" in document || operation.includes("${")) return true;
  const known = operationsOf(document.document);
  if (known.includes(operation)) return true;
  const advice = adviceFor(operation, known);
  const name = JSON.stringify(file?.path);
  refuseBecause(at, `Unknown operation "${operation}": not in ${name}; ${advice}`, reading);
  return false;
}

function readSpec(node: Located, file: NamedFile, reading: Reading): Json | undefined {
  const name = JSON.stringify(file.path);
  const read = documentIn(file);
  if ("fault" in read) return refuseBecause(node, `${read.fault} in ${name}`, reading);
  const fault = checkOpenapi(read.document);
  if (fault !== undefined) return refuseBecause(node, `Cannot use ${name}: ${fault}`, reading);
  if (isJsonName(file.path)) return { kind: "file", file: file.path };
  const document = escaped(lean(read.document, false));
  const length = JSON.stringify(document).length;
  if (length <= INLINE_LENGTH_MAX) return { kind: "inline", document };
  const text = `Expected at most ${INLINE_LENGTH_MAX} characters of JSON in ${name}, found ${length}: convert it to JSON, which travels as a file of its own`;
  return refuseBecause(node, text, reading);
}

const isJsonName = (path: string): boolean => /\.json$/i.test(path);

function documentIn(file: NamedFile): { readonly document: Json } | { readonly fault: string } {
  if (isJsonName(file.path)) {
    const parsed = parseJson(file.text);
    return "fault" in parsed ? { fault: `Expected JSON: ${parsed.fault}` } : parsed;
  }
  const log = new FaultLog(file.path);
  const { root } = parseYamlTree(file.text, log);
  const [first] = log.all.filter((fault) => fault.severity === "error");
  if (first !== undefined)
    return { fault: `Expected YAML: ${first.message} at line ${first.line}` };
  return root === undefined
    ? { fault: "Expected a document, found nothing" }
    : { document: jsonOf(root) };
}

/** The document without what no check reads; `areNames` where any key is somebody's name. */
function lean(value: Json, areNames: boolean): Json {
  if (isJsonList(value)) return value.map((item) => lean(item, false));
  if (!isJsonMapping(value)) return value;
  const kept = Object.entries(value).filter(
    ([key]) => areNames || !(SHOWN.has(key) || key.startsWith("x-")),
  );
  return Object.fromEntries(
    kept.map(([key, item]) => [
      key,
      !areNames && VALUES.has(key)
        ? item
        : lean(item, !areNames && NAMED.has(key) && isJsonMapping(item)),
    ]),
  );
}

/** Text from outside the suite means itself. */
function escaped(value: Json): Json {
  if (typeof value === "string") return escapeTemplate(value);
  if (isJsonList(value)) return value.map(escaped);
  if (!isJsonMapping(value)) return value;
  const mapped: JsonMapping = value;
  return Object.fromEntries(
    Object.entries(mapped).map(([key, item]) => [escapeTemplate(key), escaped(item)]),
  );
}
