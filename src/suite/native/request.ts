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
import { anyJson, duration, filePath, flag, text, typed } from "../reading/scalar-shapes.ts";
import { refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { CONNECTING_FIELDS, cell, pick } from "./connecting.ts";
import { responseChecks, UNTIL_FIELDS } from "./response-checks.ts";
import { retry } from "./retry.ts";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"] as const;
const BODIES = ["json", "form", "multipart", "body"] as const;
/** Most of what a `saveAs` may keep, bytes: 1 GiB. */
const SAVED_BYTES_MAX = 1024 ** 3;

const queryValue = oneOrMore(cell, "text, a number, true, false, or a list of them");

/** One value, or a list of them. */
export function oneOrMore(item: Shape, expected: string): Shape {
  const list = listOf(item, { expected });
  return shape(expected, { anyOf: [item.schema, list.schema] }, (node, reading) =>
    node.kind === "list" ? list.read(node, reading) : item.read(node, reading),
  );
}

const mediaType = text("a media type such as image/png");
const PART_EXPECTED = "text, a file such as { file: a.png, type: image/png }, or a list of them";
const typedPart = oneForm({
  what: "a part of a multipart form",
  choice: "content",
  forms: [
    {
      by: ["file"],
      fields: { file: filePath, type: mediaType, filename: cell },
      build: (values) => values,
    },
    {
      by: ["value"],
      fields: { value: cell, type: mediaType },
      required: ["type"],
      build: (values) => values,
    },
  ],
});
const part = shape(PART_EXPECTED, { anyOf: [cell.schema, typedPart.schema] }, (node, reading) =>
  node.kind === "mapping" ? typedPart.read(node, reading) : cell.read(node, reading),
);

const fileBody = mapping({
  what: "a body such as { file: a.bin, type: application/zip }",
  fields: { file: filePath, type: mediaType },
  required: ["file"],
});

const BODY_EXPECTED = "text, or a file such as { file: a.bin, type: application/zip }";
const body: Shape = shape(
  BODY_EXPECTED,
  { anyOf: [typed("text").schema, fileBody.schema] },
  (node, reading) => {
    if (node.kind === "scalar") return typed(BODY_EXPECTED).read(node, reading);
    const isFile = node.kind === "mapping" && node.entries.some(({ key }) => key === "file");
    return isFile ? fileBody.read(node, reading) : refuse(node, BODY_EXPECTED, reading);
  },
);

const saveAs = mappingOr(
  mapping({
    what: "a saveAs such as { name: a.zip, bytesMax: 1000000 }",
    fields: {
      name: typed("a name for the file", { isEmptyAllowed: false }),
      bytesMax: shape(
        `a number of bytes from 1 to ${SAVED_BYTES_MAX}`,
        { type: "integer", minimum: 1, maximum: SAVED_BYTES_MAX },
        (node, reading) => {
          const value = node.kind === "scalar" ? node.value : undefined;
          if (typeof value === "number" && Number.isInteger(value) && value >= 1)
            if (value <= SAVED_BYTES_MAX) return value;
          return refuseBecause(
            node,
            `Expected a number of bytes from 1 to ${SAVED_BYTES_MAX}`,
            reading,
          );
        },
      ),
    },
    required: ["name"],
    build: (values) => ({ bytesMax: SAVED_BYTES_MAX, ...values }),
  }),
  shape("a name for the file", { type: "string", minLength: 1 }, (node, reading) => {
    const name = typed("a name for the file", { isEmptyAllowed: false }).read(node, reading);
    return name === undefined ? undefined : { name, bytesMax: SAVED_BYTES_MAX };
  }),
);

const until = mapping({
  what: "an until such as { status: 200 }",
  fields: UNTIL_FIELDS,
  someOf: Object.keys(UNTIL_FIELDS),
  build: (values) => ({
    checks: Object.entries(values).flatMap(([key, value]) => responseChecks(key, value)),
  }),
});

const COMMON_FIELDS: Fields = {
  ...CONNECTING_FIELDS,
  query: mapOf(queryValue, { expected: "a mapping of names to values", isEmptyAllowed: true }),
  json: anyJson,
  form: mapOf(cell, { expected: "a mapping of field names to text", isEmptyAllowed: true }),
  multipart: mapOf(oneOrMore(part, PART_EXPECTED), {
    expected: "a mapping of field names to text or files",
    isEmptyAllowed: true,
  }),
  body,
  followRedirects: flag,
  decompress: flag,
  timings: flag,
  saveAs,
  retry,
  until,
  every: duration({ isZeroAllowed: false }),
};

/** What goes onto the wire as it is. */
const KEPT = [
  "headers",
  "query",
  "auth",
  "tls",
  "followRedirects",
  "decompress",
  "timings",
  "saveAs",
  "retry",
];

const inForms = oneForm({
  what: "a request",
  example: "{ get: /path }",
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
    if (node.kind === "mapping") {
      const bodies = secondOf(node, BODIES);
      if (bodies !== undefined)
        refuseBecause(
          bodies.at,
          `Expected one body in a request, found "${bodies.first}" and "${bodies.second}"`,
          reading,
        );
      const every = node.entries.find((entry) => entry.key === "every");
      if (every !== undefined && !node.entries.some((entry) => entry.key === "until"))
        refuseBecause(every.at, 'Expected "until" beside "every" in a request', reading);
    }
    return inForms.read(node, reading);
  },
);

function requestFrom(method: string, values: Values): Json {
  const body = BODIES.find((key) => Object.hasOwn(values, key));
  return {
    method: method.toUpperCase(),
    url: values[method] ?? "",
    ...pick(values, KEPT),
    ...(body === undefined ? {} : { body: bodyFrom(body, values[body] ?? null) }),
    ...(values["until"] === undefined
      ? {}
      : { until: untilFrom(values["until"], values["every"]) }),
  };
}

function untilFrom(checks: Json, everyMs: Json | undefined): Json {
  return { ...(checks as Values), ...(everyMs === undefined ? {} : { everyMs }) };
}

function bodyFrom(kind: (typeof BODIES)[number], value: Json): Json {
  switch (kind) {
    case "json":
      return { kind, value };
    case "body":
      return typeof value === "object" && value !== null
        ? { kind: "file", ...(value as Values) }
        : { kind: "text", text: value };
    default:
      return { kind, fields: value };
  }
}
