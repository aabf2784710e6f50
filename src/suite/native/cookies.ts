/** The step `cookies`: the attempt's cookies given, taken and read. */
import type { Json } from "#proto/matcher.ts";
import { listOf, mapOf, mapping } from "../reading/group-shapes.ts";
import { duration, flag, justTrue, text, typed, word } from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { cell } from "./connecting.ts";

const cookieName = typed("the name of a cookie", { isEmptyAllowed: false });

const cookie = mapping({
  what: "a cookie such as { name: id, value: 7 }",
  fields: {
    name: cookieName,
    value: cell,
    domain: text("a domain"),
    path: text("a path"),
    secure: flag,
    httpOnly: flag,
    sameSite: word(["Strict", "Lax", "None"]),
    maxAge: duration({ isZeroAllowed: true }),
  },
  required: ["name", "value"],
  build: ({ maxAge, ...values }) =>
    maxAge === undefined ? values : { ...values, maxAgeMs: maxAge },
});

const clear = mappingOr(
  mapping({
    what: "a clear such as { name: id }",
    fields: { name: cookieName, domain: text("a domain"), path: text("a path") },
    someOf: ["name", "domain", "path"],
  }),
  justTrue,
);

const ALL: Json = { all: true };
const saved: Shape = shape(
  "the name of a cookie, or true for all",
  { anyOf: [cookieName.schema, { const: true }] },
  (node, reading) =>
    node.kind === "scalar" && node.value === true ? ALL : cookieName.read(node, reading),
);

/** Cleared first, then set, then saved. */
export const cookies: Shape = mapping({
  what: "cookies such as { set: [{ name: id, value: 7 }] }",
  fields: {
    clear,
    set: listOf(cookie, { expected: "a list of at least one cookie", countMin: 1 }),
    save: mapOf(saved, {
      expected: "a mapping of keys to names of cookies",
      key: text("a key to save under"),
    }),
  },
  someOf: ["clear", "set", "save"],
});
