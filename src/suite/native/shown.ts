/** `shown` of a locator: an element by what it shows and where it lies, as a text or a mapping. */
import type { Json } from "#proto/matcher.ts";
import { type Fields, listOf, readGroup } from "../reading/group-shapes.ts";
import { flag, number, text, typed, wholeNumber } from "../reading/scalar-shapes.ts";
import { type JsonSchema, type Shape, shape } from "../reading/shape.ts";

const EXPECTED = "a text, or a mapping such as { text: Remove, below: { text: Tea } }";
const INDEX_MAX = 1_000_000;
const CONTAINED_MAX = 100;
const PLACES = ["below", "above", "leftOf", "rightOf", "childOf", "containsChild"] as const;
const STATES = ["enabled", "checked", "focused", "selected"] as const;
const SIZES = ["width", "height", "tolerance"] as const;

const words = typed("a text or a regular expression for all of it", { isEmptyAllowed: false });

/** Written by hand: it holds itself. */
const anyShown: JsonSchema = { anyOf: [{ type: "string", minLength: 1 }, { type: "object" }] };

/** Its own shape, for what lies around it. */
const inner: Shape = {
  expected: EXPECTED,
  schema: anyShown,
  read: (node, reading) => shown.read(node, reading),
};

const FIELDS: Fields = {
  text: words,
  id: words,
  css: text("a CSS selector"),
  ...Object.fromEntries(STATES.map((key) => [key, flag])),
  ...Object.fromEntries(SIZES.map((key) => [key, number])),
  ...Object.fromEntries(PLACES.map((key) => [key, inner])),
  containsDescendants: listOf(inner, {
    expected: `a list of at most ${CONTAINED_MAX} elements`,
    countMin: 1,
  }),
  index: wholeNumber("a whole number from 0", { min: 0, max: INDEX_MAX }),
};

const OF_AN_ELEMENT = Object.keys(FIELDS).filter((key) => key !== "index" && key !== "tolerance");

/** What stands behind `shown`; a text is the element's own. */
export const shown: Shape = shape(
  EXPECTED,
  {
    anyOf: [
      { type: "string", minLength: 1 },
      {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(FIELDS).map(([key, field]) => [key, field.schema]),
        ),
        additionalProperties: false,
      },
    ],
  },
  (node, reading) => {
    if (node.kind === "mapping")
      return readGroup(
        node,
        { what: "an element that is shown", fields: FIELDS, someOf: OF_AN_ELEMENT },
        reading,
      );
    const found = words.read(node, reading);
    return found === undefined ? undefined : { text: found };
  },
);

/** What people are told of it: its text, id or selector, or the place it lies at. */
export function shownName(value: Json): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return String(value);
  const fields = value as { readonly [key: string]: Json };
  for (const key of ["text", "id", "css"])
    if (fields[key] !== undefined) return String(fields[key]);
  const place = PLACES.find((key) => fields[key] !== undefined);
  return place === undefined ? "an element" : `${place} ${shownName(fields[place] ?? "")}`;
}
