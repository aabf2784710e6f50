/** Shapes of texts and numbers that mean something beyond their form, checked as soon as all of them is known. */
import type { Json } from "#proto/matcher.ts";
import { displayTemplate } from "#shared/template.ts";
import { opennessOf } from "../reading/openness.ts";
import { number, text } from "../reading/scalar-shapes.ts";
import {
  type JsonSchema,
  orTemplate,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "../reading/shape.ts";

/** Both included. */
export type Bounds = { readonly min: number; readonly max: number };

/** A text; `faultIn` says what is wrong with one that is known, without the names that the node fills in. */
export function checked(expected: string, faultIn: (written: string) => string | undefined): Shape {
  return shape(expected, { type: "string", minLength: 1 }, (node, reading) => {
    const found = text(expected).read(node, reading);
    if (typeof found !== "string" || opennessOf(node) !== "closed") return found;
    const fault = faultIn(displayTemplate(found));
    return fault === undefined ? found : refuseBecause(node, fault, reading);
  });
}

/** A number within bounds. */
export function numberWithin(expected: string, { min, max }: Bounds): Shape {
  const schema = orTemplate({ type: "number", minimum: min, maximum: max });
  return shape(expected, schema, (node, reading) => {
    const value = number.read(node, reading);
    if (typeof value !== "number" || (value >= min && value <= max)) return value;
    return refuse(node, expected, reading);
  });
}

/** One of some words, and `true` or `false` for two of them. */
export function wordOrFlag(
  words: Shape,
  flags: { readonly yes: string; readonly no: string },
): Shape {
  const schema: JsonSchema = { anyOf: [words.schema, { type: "boolean" }] };
  return shape(`${words.expected}, or true or false`, schema, (node, reading): Json | undefined => {
    if (node.kind !== "scalar" || typeof node.value !== "boolean") return words.read(node, reading);
    return node.value ? flags.yes : flags.no;
  });
}
