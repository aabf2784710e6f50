/**
 * The schemas of a contract as JSON Schema: those of OpenAPI 3.0 are an older kind and are turned into it. What only one
 * direction has (`readOnly`, `writeOnly`) is required in that direction only.
 */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { resolve } from "#shared/openapi/check-openapi.ts";
import { failuresBy } from "../schema/validate.ts";

export type Direction = "request" | "response";

export type Contract = {
  readonly document: Json;
  /** `GET /pets/{id}`, for messages. */
  readonly name: string;
};

type ByText = { readonly schema: Json | undefined; readonly direction: Direction } & (
  | { readonly text: string; readonly texts?: never }
  | { readonly texts: readonly string[]; readonly text?: never }
);

/** What of a text does not obey a schema, read as the type that the schema asks for. */
export function judgeBy(contract: Contract, by: ByText): readonly string[] {
  const { schema, direction } = by;
  if (schema === undefined) return [];
  const types = typesOf(contract, schema);
  if (by.text !== undefined)
    return judgeJson(contract, { schema, value: read(by.text, types), direction });
  const items = resolve(contract.document, schema)?.["items"];
  const itemTypes = typesOf(contract, items);
  const value = by.texts.map((text) => read(text, itemTypes));
  return judgeJson(contract, { schema, value, direction });
}

/** The types that a schema names at its top; none: any. */
export function typesOf({ document }: Contract, schema: Json | undefined): readonly string[] {
  const type = resolve(document, schema)?.["type"];
  return isJsonList(type) ? type.map(String) : type === undefined ? [] : [String(type)];
}

function read(text: string, types: readonly string[]): Json {
  const isNumber = types.includes("number") || types.includes("integer");
  if (isNumber && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("object") || types.includes("array")) return parsed(text);
  return text;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A text that is no JSON is a text.
    return text;
  }
}

export type Judgement = {
  readonly schema: Json;
  readonly value: Json;
  readonly direction: Direction;
};

/** What of a value does not obey a schema of the contract. */
export function judgeJson(
  { document }: Contract,
  { schema, value, direction }: Judgement,
): readonly string[] {
  const whole = convertedOf(document, direction);
  const own = convert(schema, { isOld: isOldDocument(document), direction });
  // References are of the document: its parts lie beside the schema, under their own names.
  return failuresBy({ ...whole, allOf: [own] }, value);
}

const isOldDocument = (document: Json): boolean =>
  isJsonMapping(document) && /^3\.0/.test(String(document["openapi"]));

const CONVERTED = new WeakMap<object, Partial<Record<Direction, JsonMapping>>>();

/** The parts of a document that references may name, converted once for each direction. */
function convertedOf(document: Json, direction: Direction): JsonMapping {
  if (!isJsonMapping(document)) return {};
  const known = CONVERTED.get(document) ?? {};
  CONVERTED.set(document, known);
  const made = known[direction] ?? {
    components: convert(document["components"] ?? {}, {
      isOld: isOldDocument(document),
      direction,
    }),
    paths: convert(document["paths"] ?? {}, { isOld: isOldDocument(document), direction }),
  };
  known[direction] = made;
  return made;
}

type Conversion = { readonly isOld: boolean; readonly direction: Direction };

/** Where values stand and no schemas. */
const VALUES = new Set(["const", "default", "enum", "example", "examples"]);

function convert(value: Json, how: Conversion): Json {
  if (isJsonList(value)) return value.map((item) => convert(item, how));
  if (!isJsonMapping(value)) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, VALUES.has(key) ? item : convert(item, how)] as const,
  );
  const schema = oneWay(Object.fromEntries(entries), how.direction);
  return how.isOld ? modern(schema) : schema;
}

/** What the other direction alone has is not required here. */
function oneWay(schema: JsonMapping, direction: Direction): JsonMapping {
  const { required, properties } = schema;
  if (!isJsonList(required) || !isJsonMapping(properties)) return schema;
  const mark = direction === "request" ? "readOnly" : "writeOnly";
  const isOther = (name: Json): boolean => {
    const property = properties[String(name)];
    return isJsonMapping(property) && property[mark] === true;
  };
  return { ...schema, required: required.filter((name) => !isOther(name)) };
}

/** OpenAPI 3.0: `nullable`, and bounds that are exclusive by a mark. */
function modern(schema: JsonMapping): JsonMapping {
  // Beside a reference nothing counts.
  if (typeof schema["$ref"] === "string") return { $ref: schema["$ref"] };
  const { nullable, exclusiveMinimum, exclusiveMaximum, ...others } = schema;
  const exclusive = (mark: Json | undefined, name: string, bound: string): JsonMapping => {
    const limit = others[bound];
    if (mark === undefined) return {};
    if (typeof mark !== "boolean") return { [name]: mark };
    return mark && typeof limit === "number" ? { [name]: limit } : {};
  };
  const bounded = {
    ...others,
    ...exclusive(exclusiveMinimum, "exclusiveMinimum", "minimum"),
    ...exclusive(exclusiveMaximum, "exclusiveMaximum", "maximum"),
  };
  if (nullable === undefined) return bounded;
  return nullable === true && ("type" in bounded || "enum" in bounded)
    ? { anyOf: [bounded, { type: "null" }] }
    : bounded;
}
