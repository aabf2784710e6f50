/** Parameters of a request: those that are required are there, and each is what its schema says. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, type JsonMapping } from "#shared/json-kind.ts";
import { resolve } from "#shared/openapi/check-openapi.ts";
import type { HttpResponse } from "../response.ts";
import type { Found } from "./find-operation.ts";
import { type Contract, judgeBy, typesOf } from "./schemas.ts";

/** One text a breach. */
export function parameterBreaches(
  contract: Contract,
  found: Found,
  response: HttpResponse,
): readonly string[] {
  const { operation, pathItem } = found.operation;
  const byName = new Map<string, JsonMapping>();
  for (const listed of [pathItem["parameters"], operation["parameters"]]) {
    for (const one of isJsonList(listed) ? listed : []) {
      const parameter = resolve(contract.document, one);
      // An operation's own takes the place of the path's.
      if (parameter !== undefined) byName.set(`${parameter["in"]} ${parameter["name"]}`, parameter);
    }
  }
  return [...byName.values()].flatMap((parameter) =>
    check(contract, parameter, { found, response }),
  );
}

type Sent = { readonly found: Found; readonly response: HttpResponse };

/** By the standard, these are described elsewhere. */
const IGNORED_HEADERS = new Set(["accept", "content-type", "authorization"]);

function check(contract: Contract, parameter: JsonMapping, sent: Sent): readonly string[] {
  const name = String(parameter["name"]);
  const where = String(parameter["in"]);
  // A mapping in keys of its own is not read.
  if (parameter["style"] === "deepObject") return [];
  if (where === "header" && IGNORED_HEADERS.has(name.toLowerCase())) return [];
  const texts = textsOf(where, name, sent);
  const what = `request: ${where} parameter ${name}`;
  if (texts.length === 0)
    return parameter["required"] === true ? [`${what} is required, and there is none`] : [];
  const { schema } = parameter;
  const isList = typesOf(contract, schema).includes("array");
  // An exploded list comes as several, another as one with commas.
  const values =
    isList && texts.length === 1 ? (texts[0] ?? "").split(separatorOf(parameter)) : texts;
  const judged = isList
    ? judgeBy(contract, { schema, texts: values, direction: "request" })
    : judgeBy(contract, { schema, text: texts[0] ?? "", direction: "request" });
  return judged.map((text) => `${what}: ${text}`);
}

function separatorOf(parameter: JsonMapping): string {
  const style: Json | undefined = parameter["style"];
  if (style === "spaceDelimited") return " ";
  return style === "pipeDelimited" ? "|" : ",";
}

function textsOf(where: string, name: string, { found, response }: Sent): readonly string[] {
  switch (where) {
    case "path": {
      const value = found.values[name];
      return value === undefined ? [] : [value];
    }
    case "query":
      return new URL(response.url).searchParams.getAll(name);
    case "header": {
      const value = response.sent?.headers.get(name) ?? null;
      return value === null ? [] : [value];
    }
    case "cookie": {
      const pairs = (response.sent?.headers.get("cookie") ?? "").split("; ");
      const pair = pairs.find((one) => one.startsWith(`${name}=`));
      return pair === undefined ? [] : [pair.slice(name.length + 1)];
    }
    default:
      return [];
  }
}
