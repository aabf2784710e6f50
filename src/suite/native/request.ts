/** The `request` step, the same on web and http. */
import type { Json } from "#proto/matcher.ts";
import {
  type Fields,
  listOf,
  mapOf,
  mapping,
  secondOf,
  type Values,
} from "../reading/group-shapes.ts";
import { oneForm } from "../reading/one-form.ts";
import { anyJson, filePath, flag, text, typed } from "../reading/scalar-shapes.ts";
import { refuseBecause, type Shape, shape } from "../reading/shape.ts";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"] as const;
const BODIES = ["json", "form", "multipart", "body"] as const;

const cell = typed("text, a number, true or false");
const queryValue = oneOrMore(cell, "text, a number, true, false, or a list of them");

/** One value, or a list of them. */
export function oneOrMore(item: Shape, expected: string): Shape {
  const list = listOf(item, { expected });
  return shape(expected, { anyOf: [item.schema, list.schema] }, (node, reading) =>
    node.kind === "list" ? list.read(node, reading) : item.read(node, reading),
  );
}

const filePart = mapping({
  what: "a file of a multipart form",
  fields: { file: filePath, type: text("a media type such as image/png") },
  required: ["file"],
});
const PART_EXPECTED = "text, or a file such as { file: a.png, type: image/png }";
const part = shape(PART_EXPECTED, { anyOf: [cell.schema, filePart.schema] }, (node, reading) =>
  node.kind === "mapping" ? filePart.read(node, reading) : cell.read(node, reading),
);

const auth = oneForm({
  what: "an auth",
  choice: "kind",
  forms: [
    {
      by: ["basic"],
      fields: {
        basic: mapping({
          what: "a basic auth",
          fields: { user: cell, password: cell },
          required: ["user", "password"],
        }),
      },
      build: (values) => values,
    },
    {
      by: ["bearer"],
      fields: { bearer: typed("a bearer token", { isEmptyAllowed: false }) },
      build: (values) => values,
    },
  ],
});

const COMMON_FIELDS: Fields = {
  headers: mapOf(cell, { expected: "a mapping of header names to text", isEmptyAllowed: true }),
  query: mapOf(queryValue, { expected: "a mapping of names to values", isEmptyAllowed: true }),
  json: anyJson,
  form: mapOf(cell, { expected: "a mapping of field names to text", isEmptyAllowed: true }),
  multipart: mapOf(part, {
    expected: "a mapping of field names to text or files",
    isEmptyAllowed: true,
  }),
  body: typed("text"),
  auth,
  followRedirects: flag,
};

const inForms = oneForm({
  what: "a request",
  choice: "method",
  forms: METHODS.map((method) => ({
    by: [method],
    fields: { [method]: text("a URL, or a path against baseUrl"), ...COMMON_FIELDS },
    build: (values) => requestFrom(method, values),
  })),
});

export const request: Shape = shape(
  "a request such as { get: /path }",
  inForms.schema,
  (node, reading) => {
    const bodies = node.kind === "mapping" ? secondOf(node, BODIES) : undefined;
    if (bodies !== undefined)
      refuseBecause(
        bodies.at,
        `Expected one body in a request, found "${bodies.first}" and "${bodies.second}"`,
        reading,
      );
    return inForms.read(node, reading);
  },
);

function requestFrom(method: string, values: Values): Json {
  const body = BODIES.find((key) => Object.hasOwn(values, key));
  const kept = ["headers", "query", "auth", "followRedirects"].filter((key) =>
    Object.hasOwn(values, key),
  );
  return {
    method: method.toUpperCase(),
    url: values[method] ?? "",
    ...Object.fromEntries(kept.map((key) => [key, values[key] ?? ""])),
    ...(body === undefined ? {} : { body: bodyFrom(body, values[body] ?? null) }),
  };
}

function bodyFrom(kind: (typeof BODIES)[number], value: Json): Json {
  switch (kind) {
    case "json":
      return { kind, value };
    case "body":
      return { kind: "text", text: value };
    default:
      return { kind, fields: value };
  }
}
