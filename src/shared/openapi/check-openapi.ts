/** Reads what an OpenAPI document (3.0, 3.1) is made of, for the reader of suites and for the check of a response. Pure. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping, type JsonMapping } from "../json-kind.ts";
import { reachPointer } from "../json-schema/check-schema.ts";

/** The methods that a path may have. */
export const METHODS = [
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
] as const;

/** More values than this are no document that a person keeps. */
const VALUES_MAX = 500_000;
const DEPTH_MAX = 200;
/** A reference that leads to a reference. */
const CHAIN_MAX = 20;

export type Operation = {
  /** `/pets/{id}`. */
  readonly template: string;
  readonly method: string;
  readonly id: string | undefined;
  readonly operation: JsonMapping;
  readonly pathItem: JsonMapping;
};

/** What is wrong with a document, as a sentence; undefined when it can be used. */
export function checkOpenapi(document: Json): string | undefined {
  if (!isJsonMapping(document)) return "expected a mapping";
  const { openapi, swagger, paths } = document;
  if (swagger !== undefined)
    return `Swagger ${String(swagger)} is not read: convert it to OpenAPI 3.0 or 3.1`;
  if (!/^3\.[01](\.\d+)?$/.test(String(openapi)))
    return `expected openapi 3.0 or 3.1, found ${openapi === undefined ? "no version" : JSON.stringify(openapi)}`;
  if (!isJsonMapping(paths)) return 'expected a mapping "paths"';
  const strange = Object.keys(paths).find(
    (path) => !path.startsWith("/") && !path.startsWith("x-"),
  );
  if (strange !== undefined)
    return `expected paths that start with /, found ${JSON.stringify(strange)}`;
  return checkReferences(document);
}

/** Walks level by level, without recursion: whoever walks it later may rely on the bound of its depth. */
function checkReferences(document: JsonMapping): string | undefined {
  let level: Json[] = [document];
  let count = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (count > VALUES_MAX) return `expected at most ${VALUES_MAX} values`;
    if (depth > DEPTH_MAX) return `expected at most ${DEPTH_MAX} levels of nesting`;
    for (const value of level) {
      const fault = isJsonMapping(value) ? checkReference(document, value) : undefined;
      if (fault !== undefined) return fault;
    }
    level = level.flatMap((value) =>
      value !== null && typeof value === "object" ? Object.values(value) : [],
    );
  }
  return undefined;
}

function checkReference(document: JsonMapping, value: JsonMapping): string | undefined {
  const reference = value["$ref"];
  if (typeof reference !== "string") return undefined;
  if (!reference.startsWith("#/"))
    return `${reference} is in another file: bundle the document into one`;
  return resolve(document, value) === undefined ? `there is no ${reference}` : undefined;
}

/** What a value is once its references are followed; undefined when they lead nowhere or in a circle. */
export function resolve(document: Json, value: Json | undefined): JsonMapping | undefined {
  let at = value;
  for (let count = 0; count < CHAIN_MAX; count += 1) {
    if (!isJsonMapping(at)) return undefined;
    const reference = at["$ref"];
    if (typeof reference !== "string") return at;
    at = reachPointer(document, reference);
  }
  return undefined;
}

/** The operations of a document, in its order. */
export function listOperations(document: Json): readonly Operation[] {
  const paths = isJsonMapping(document) ? document["paths"] : undefined;
  return Object.entries(isJsonMapping(paths) ? paths : {}).flatMap(([template, item]) => {
    const pathItem = resolve(document, item) ?? {};
    return METHODS.flatMap((method) => {
      const operation = resolve(document, pathItem[method]);
      if (operation === undefined) return [];
      const id = operation["operationId"];
      const name = typeof id === "string" ? id : undefined;
      return [{ template, method, id: name, operation, pathItem }];
    });
  });
}

/** The operationIds of a document. */
export function operationsOf(document: Json): readonly string[] {
  return listOperations(document).flatMap(({ id }) => (id === undefined ? [] : [id]));
}
