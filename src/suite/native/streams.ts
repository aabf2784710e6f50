/** The steps `ws` and `sse`, which hold a connection open; the same on web and http. */
import type { Json } from "#proto/matcher.ts";
import { type Fields, listOf, mapOf, type Values } from "../reading/group-shapes.ts";
import { type Form, oneForm } from "../reading/one-form.ts";
import {
  anyJson,
  jsonPath,
  justTrue,
  text,
  typed,
  wholeNumber,
  word,
} from "../reading/scalar-shapes.ts";
import { refuse, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { CONNECTING_FIELDS, cell, pick } from "./connecting.ts";
import { matcher } from "./matcher.ts";

const url = text("a URL, or a path against baseUrl");
const name = typed("a name of the connection", { isEmptyAllowed: false });
const saveKey = text("a key to save under");
const keyToPath = shape(
  "a JSON path such as $.id, or true for all of its text",
  { anyOf: [{ type: "string" }, { const: true }] },
  (node, reading) => {
    if (node.kind === "scalar" && node.value === true) return "text";
    const path = jsonPath.read(node, reading);
    return path === undefined ? undefined : { path };
  },
);
const save = mapOf(keyToPath, { expected: "a mapping of keys to JSON paths", key: saveKey });

/** Close codes that a client may send: 1000, and 3000 to 4999. */
const closeCode: Shape = shape(
  "1000, or a code from 3000 to 4999",
  { anyOf: [{ const: 1000 }, { type: "integer", minimum: 3000, maximum: 4999 }] },
  (node, reading) => {
    const code = wholeNumber("1000, or a code from 3000 to 4999", { min: 1000, max: 4999 }).read(
      node,
      reading,
    );
    return typeof code === "number" && code > 1000 && code < 3000
      ? refuse(node, "1000, or a code from 3000 to 4999", reading)
      : code;
  },
);

const PARTS: Fields = {
  text: matcher,
  json: mapOf(matcher, { expected: "a mapping of JSON paths to matchers", key: jsonPath }),
};

/** The data of an event is its text. */
const partOf = (key: string): string => (key === "data" ? "text" : key);

function checksOf(values: Values): Json[] {
  return Object.entries(values).flatMap(([key, wanted]) =>
    key === "json"
      ? Object.entries(wanted as Values).map(([path, one]) => ({
          of: { part: key, path },
          matcher: one,
        }))
      : [{ of: { part: partOf(key) }, matcher: wanted }],
  );
}

/** A text that a message equals, conditions on its parts, or `true` for any message. */
function message(parts: Fields, expected: string): Shape {
  const inParts = oneForm({
    what: expected,
    choice: "part",
    forms: [{ by: Object.keys(parts), fields: parts, build: (values) => values }],
  });
  return shape(
    expected,
    { anyOf: [inParts.schema, { type: ["string", "number"] }, { const: true }] },
    (node, reading) => {
      if (node.kind === "mapping") {
        const read = inParts.read(node, reading);
        if (read === undefined) return undefined;
        const { close, ...others } = read as Values;
        return { checks: checksOf(others), ...(close === undefined ? {} : { close }) };
      }
      if (node.kind === "scalar" && node.value === true) return { checks: [] };
      const wanted = typed("a text").read(node, reading);
      return wanted === undefined
        ? undefined
        : { checks: [{ of: { part: "text" }, matcher: { equals: wanted } }] };
    },
  );
}

function receiveForm(parts: Fields, expected: string): Form {
  return {
    by: ["receive"],
    fields: { receive: message(parts, expected), name, save },
    build: ({ receive, ...others }) => ({
      act: { do: "receive", ...(receive as Values), ...others },
    }),
  };
}

const sent = oneForm({
  what: "a message such as { json: { type: hello } }",
  choice: "content",
  forms: [
    {
      by: ["text"],
      fields: { text: cell },
      build: (values) => ({ kind: "text", text: values["text"] ?? "" }),
    },
    {
      by: ["json"],
      fields: { json: anyJson },
      build: (values) => ({ kind: "json", value: values["json"] ?? null }),
    },
    {
      by: ["base64"],
      fields: { base64: text("bytes in base64") },
      build: (values) => ({ kind: "base64", data: values["base64"] ?? "" }),
    },
  ],
});
const send = mappingOr(
  sent,
  shape("a text", cell.schema, (node, reading) => {
    const read = cell.read(node, reading);
    return read === undefined ? undefined : { kind: "text", text: read };
  }),
);

/** `close` by itself, beside the mappings. */
function orClose(inMapping: Shape, plain: Json): Shape {
  const close = word(["close"]);
  return shape(
    `${inMapping.expected}, or close`,
    { anyOf: [inMapping.schema, close.schema] },
    (node, reading) => {
      if (node.kind !== "scalar") return inMapping.read(node, reading);
      return close.read(node, reading) === undefined ? undefined : plain;
    },
  );
}

const wsForms = oneForm({
  what: "a ws",
  example: "{ connect: /chat }",
  choice: "act",
  forms: [
    {
      by: ["connect"],
      fields: {
        connect: url,
        name,
        protocols: listOf(text("a protocol"), { expected: "a list of protocols" }),
        ...CONNECTING_FIELDS,
      },
      build: ({ connect, ...others }) => ({
        act: { do: "connect", url: connect ?? "", ...others },
      }),
    },
    {
      by: ["send"],
      fields: { send, name },
      build: ({ send: content, ...others }) => ({
        act: { do: "send", message: content ?? null, ...others },
      }),
    },
    receiveForm(
      { ...PARTS, base64: matcher, close: matcher },
      "a message such as { json: { $.type: hello } }, its text, or true",
    ),
    {
      by: ["close"],
      fields: {
        close: mappingOr(
          oneForm({
            what: "a close such as { code: 1000 }",
            choice: "part",
            forms: [
              {
                by: ["code", "reason"],
                fields: { code: closeCode, reason: cell },
                build: (v) => v,
              },
            ],
          }),
          shape("true", justTrue.schema, (node, reading) =>
            justTrue.read(node, reading) === undefined ? undefined : {},
          ),
        ),
        name,
      },
      build: ({ close, ...others }) => ({ act: { do: "close", ...(close as Values), ...others } }),
    },
  ],
});

/** WebSocket: connect, send, receive, close. */
export const ws: Shape = orClose(wsForms, { act: { do: "close" } });

const sseForms = oneForm({
  what: "an sse",
  example: "{ connect: /events }",
  choice: "act",
  forms: [
    {
      by: ["connect"],
      fields: { connect: url, name, lastEventId: cell, ...CONNECTING_FIELDS },
      build: ({ connect, ...others }) => ({
        act: { do: "connect", url: connect ?? "", ...others },
      }),
    },
    receiveForm(
      { event: matcher, id: matcher, data: matcher, json: PARTS["json"] ?? anyJson },
      "an event such as { event: price, json: { $.amount: 5 } }, its data, or true",
    ),
    {
      by: ["close"],
      fields: { close: justTrue, name },
      build: (values) => ({ act: { do: "close", ...pick(values, ["name"]) } }),
    },
  ],
});

/** Server-sent events: connect, receive, close. */
export const sse: Shape = orClose(sseForms, { act: { do: "close" } });
