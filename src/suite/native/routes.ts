/** The steps `route` and `unroute`: which requests of a page, and what becomes of them. */
import type { Json } from "#proto/matcher.ts";
import { BLOCK_REASONS, RESOURCES } from "#proto/steps/routes.ts";
import { parseUrlPattern } from "#shared/url-pattern.ts";
import {
  type Fields,
  listOf,
  mapOf,
  mapping,
  secondOf,
  type Values,
} from "../reading/group-shapes.ts";
import { oneForm } from "../reading/one-form.ts";
import {
  anyJson,
  duration,
  filePath,
  text,
  typed,
  wholeNumber,
  word,
} from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { checked } from "./checked-values.ts";
import { method } from "./http-method.ts";
import { headers } from "./network-values.ts";
import { oneOrMore } from "./request.ts";

const TIMES_MAX = 1_000_000;
const URL_TEXT = "a glob such as **/api/*, or an expression such as /\\.png$/";

/** Which addresses are meant. */
export const urlPattern: Shape = checked(URL_TEXT, (written) => {
  const pattern = parseUrlPattern(written);
  return typeof pattern === "string" ? `Not an address to look for: ${pattern}` : undefined;
});

const BODIES = ["json", "body", "file"];
const bodies: Fields = { json: anyJson, body: typed("a body"), file: filePath };
const statusCode = wholeNumber("a status from 200 to 599", { min: 200, max: 599 });
const removeHeaders = listOf(text("the name of a header"), { expected: "a list of header names" });

/** At most one body. */
function withOneBody(inner: Shape): Shape {
  return shape(inner.expected, inner.schema, (node, reading) => {
    const twice = node.kind === "mapping" ? secondOf(node, BODIES) : undefined;
    if (twice === undefined) return inner.read(node, reading);
    reading.log.error(twice.at, `Expected one body, found "${twice.first}" and "${twice.second}"`);
    return undefined;
  });
}

const mock = withOneBody(
  mapping({
    what: "a mock such as { status: 200, json: { ok: true } }",
    fields: { status: statusCode, headers, ...bodies },
    someOf: ["status", "headers", ...BODIES],
  }),
);

const response = withOneBody(
  mapping({
    what: "an answer such as { status: 500 }",
    fields: {
      status: statusCode,
      headers,
      removeHeaders,
      ...bodies,
      replace: mapOf(typed("text"), { expected: "a mapping of texts to what replaces them" }),
    },
    someOf: ["status", "headers", "removeHeaders", ...BODIES, "replace"],
  }),
);

const changes: Fields = {
  url: text("an address"),
  method,
  headers,
  removeHeaders,
  json: anyJson,
  body: typed("a body"),
  response,
};
const modify = withOneBody(
  mapping({
    what: "a modify such as { headers: { x-test: 1 } }",
    fields: changes,
    someOf: Object.keys(changes),
  }),
);

const delay = duration({ isZeroAllowed: true });
const act = (name: string, values: Values): Json => ({ act: name, ...values });

/** A mapping with one of the acts, or with a delay alone. */
const acts = oneForm({
  what: "what a route does",
  choice: "act",
  forms: [
    {
      by: ["mock"],
      fields: { mock, delay },
      build: (values) => delayed(values, act("mock", (values["mock"] ?? {}) as Values)),
    },
    {
      by: ["block"],
      fields: { block: word(BLOCK_REASONS), delay },
      build: (values) => delayed(values, act("block", { reason: values["block"] ?? "failed" })),
    },
    {
      by: ["modify"],
      fields: { modify, delay },
      build: (values) => delayed(values, act("modify", (values["modify"] ?? {}) as Values)),
    },
    { by: ["delay"], fields: { delay }, build: (values) => delayed(values, act("pass", {})) },
  ],
});

function delayed({ delay: delayMs }: Values, made: Json): Json {
  return delayMs === undefined ? { do: made } : { do: made, delayMs };
}

const BLOCK: Json = { do: { act: "block", reason: "blockedbyclient" } };
const blockWord = word(["block"]);
const plainBlock: Shape = shape("block", blockWord.schema, (node, reading) =>
  blockWord.read(node, reading) === undefined ? undefined : BLOCK,
);

const route = mapping({
  what: "a route such as { url: **/api/*, do: block }",
  fields: {
    url: urlPattern,
    method,
    resource: oneOrMore(word(RESOURCES), `one of ${RESOURCES.join(", ")}, or a list of them`),
    do: mappingOr(acts, plainBlock),
    times: wholeNumber(`a number from 1 to ${TIMES_MAX}`, { min: 1, max: TIMES_MAX }),
    name: text("a name"),
  },
  required: ["url", "do"],
  build: ({ do: what, method: wanted, resource, ...values }) => ({
    ...values,
    ...(wanted === undefined ? {} : { method: String(wanted).toUpperCase() }),
    ...(resource === undefined ? {} : { resource: [resource].flat() as Json[] }),
    ...(what as Values),
  }),
});

const nameOrAll = typed("the name of a route, or all", { isEmptyAllowed: false });
const unroute: Shape = shape(nameOrAll.expected, nameOrAll.schema, (node, reading) => {
  const found = nameOrAll.read(node, reading);
  if (found === undefined) return undefined;
  return found === "all" ? {} : { name: found };
});

/** The verbs and what stands behind them. */
export const ROUTES = { route, unroute };
