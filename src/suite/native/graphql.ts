/** The step `graphql`; the same on web and http. */
import type { Json } from "#proto/matcher.ts";
import { mapOf, mapping, type Values } from "../reading/group-shapes.ts";
import { oneForm } from "../reading/one-form.ts";
import { anyJson, filePath, flag, jsonPath, text } from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { CONNECTING_FIELDS, cell, pick } from "./connecting.ts";
import { matcher } from "./matcher.ts";
import { retry } from "./retry.ts";

const QUERY = "a query, or a file with one such as user.graphql";
/** A name that ends so and has no braces is a file beside the suite. */
const FILE_NAME = /^[^{}\n]+\.(graphql|gql)$/i;

const query: Shape = shape(QUERY, { type: "string", minLength: 1 }, (node, reading) => {
  if (node.kind !== "scalar" || typeof node.value !== "string" || !FILE_NAME.test(node.value))
    return text(QUERY).read(node, reading);
  const file = filePath.read(node, reading);
  return file === undefined ? undefined : { file };
});

const NONE = { exists: false };
const errors: Shape = shape(
  "none, or a matcher on the messages",
  { $ref: "#/$defs/matcher" },
  (node, reading) =>
    node.kind === "scalar" && node.value === "none" ? NONE : matcher.read(node, reading),
);

const expected = mapping({
  what: "an expect such as { data: { $.user.name: Ada } }",
  fields: {
    data: mapOf(matcher, { expected: "a mapping of JSON paths to matchers", key: jsonPath }),
    errors,
  },
  someOf: ["data", "errors"],
  build: ({ data, ...others }) => ({
    ...(data === undefined ? {} : { data: pathsOf(data as Values) }),
    ...others,
  }),
});

function pathsOf(data: Values): Json {
  return Object.entries(data).map(([path, wanted]) => ({ path, matcher: wanted }));
}

const KEPT = ["headers", "auth", "tls", "query", "variables", "operationName", "retry", "timings"];

/** One operation; errors in its answer fail it unless they are expected. */
export const graphql: Shape = oneForm({
  what: "a graphql such as { url: /graphql, query: '{ me { id } }' }",
  choice: "url",
  forms: [
    {
      by: ["url"],
      fields: {
        url: text("a URL, or a path against baseUrl"),
        ...CONNECTING_FIELDS,
        query,
        variables: mapOf(anyJson, { expected: "a mapping of variables", isEmptyAllowed: true }),
        operationName: cell,
        retry,
        timings: flag,
        expect: expected,
      },
      required: ["query"],
      build: (values) => ({
        url: values["url"] ?? "",
        ...pick(values, KEPT),
        ...((values["expect"] ?? {}) as Values),
      }),
    },
  ],
});
