/** Verbs that act with pointer, keys, touch and clipboard in finer grain than a click. */
import type { Json } from "#proto/matcher.ts";
import { listOf, mapOf, mapping } from "../reading/group-shapes.ts";
import { oneForm, readForm } from "../reading/one-form.ts";
import {
  filePath,
  flag,
  number,
  text,
  typed,
  wholeNumber,
  word,
} from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { key } from "./keys.ts";
import { locator, targeted } from "./locator.ts";
import { oneOrMore } from "./request.ts";

/** A place in pixels. */
export const point: Shape = mapping({
  what: "a point such as { x: 1, y: 2 }",
  fields: { x: number, y: number },
  required: ["x", "y"],
});

const plainTarget = (what: string): Shape => targeted({ what, own: {} });

/** Keys and chords, pressed one after the other. */
const KEYS_EXPECTED = "a key such as Enter or Control+A, or a list of them";
const keyList = listOf(key, { expected: KEYS_EXPECTED, countMin: 1 });
const keys: Shape = shape(KEYS_EXPECTED, { anyOf: [key.schema, keyList.schema] }, (node, reading) =>
  (node.kind === "list" ? keyList : key).read(node, reading),
);
const pressed = targeted({
  what: "a press",
  own: { key: keys },
  required: ["key"],
  isLocatorOptional: true,
});
export const press: Shape = shape(
  `${keys.expected}, or ${pressed.expected}`,
  { anyOf: [keys.schema, pressed.schema] },
  (node, reading) =>
    node.kind === "mapping" ? pressed.read(node, reading) : named("key", keys).read(node, reading),
);

const option: Shape = mappingOr(
  mapping({
    what: "an option's place such as { index: 0 }",
    fields: { index: wholeNumber("a whole number from 0", { min: 0, max: 1_000_000 }) },
    required: ["index"],
  }),
  typed("the label or value of an option"),
);

/** Options by label, value or place. */
export const select: Shape = targeted({
  what: "a select",
  own: { option: oneOrMore(option, "the label or value of an option, or a list of them") },
  required: ["option"],
  build: (values) => ({
    options: Array.isArray(values["option"]) ? values["option"] : [values["option"] ?? ""],
  }),
});

const offset = mapping({
  what: "an offset such as { x: 0, y: 200 }",
  fields: { x: number, y: number },
  someOf: ["x", "y"],
  build: (values) => ({ kind: "by", x: values["x"] ?? 0, y: values["y"] ?? 0 }),
});
const drag = oneForm({
  what: "a drag such as { from: .card, to: .done }",
  choice: "aim",
  forms: [
    {
      by: ["to"],
      fields: { from: locator, to: locator },
      required: ["from"],
      build: ({ from, to }) => ({ from: from ?? "", to: { kind: "locator", locator: to ?? "" } }),
    },
    {
      by: ["by"],
      fields: { from: locator, by: offset },
      required: ["from"],
      build: ({ from, by }) => ({ from: from ?? "", to: by ?? "" }),
    },
  ],
});

const drop = targeted({
  what: "a drop",
  own: {
    files: listOf(filePath, { expected: "a list of files beside the suite", countMin: 1 }),
    data: mapOf(typed("a text"), { expected: "a mapping of media types to texts" }),
  },
  someOf: ["files", "data"],
});

const wheel = targeted({
  what: "a wheel such as { y: 200 }",
  own: { x: number, y: number },
  someOf: ["x", "y"],
  isLocatorOptional: true,
});

const aim: Shape = shape(
  "a locator, or a point such as { x: 1, y: 2 }",
  { anyOf: [locator.schema, point.schema] },
  (node, reading) => {
    const isPoint =
      node.kind === "mapping" &&
      node.entries.some((entry) => entry.key === "x" || entry.key === "y");
    const found = (isPoint ? point : locator).read(node, reading);
    if (found === undefined) return undefined;
    return isPoint
      ? { kind: "point", ...(found as { readonly [key: string]: Json }) }
      : { kind: "locator", locator: found };
  },
);
const button = word(["left", "right", "middle"]);
const mouseForms = {
  what: "a mouse such as { move: { x: 1, y: 2 } }",
  choice: "action",
  forms: [
    {
      by: ["move"],
      fields: { move: aim },
      build: ({ move }: { readonly [key: string]: Json }) => ({ action: "move", at: move ?? "" }),
    },
    ...["down", "up"].map((action) => ({
      by: [action],
      fields: { [action]: button, at: aim },
      build: ({ [action]: pressed, at }: { readonly [key: string]: Json }) => ({
        action,
        button: pressed ?? "left",
        ...(at === undefined ? {} : { at }),
      }),
    })),
  ],
};
const mouse = mappingOr(
  shape(mouseForms.what, oneForm(mouseForms).schema, (node, reading) =>
    node.kind === "mapping"
      ? readForm(node, mouseForms, reading)
      : oneForm(mouseForms).read(node, reading),
  ),
  named("action", word(["down", "up"])),
);

const clipboard = oneForm({
  what: "a clipboard such as { write: a text } or { save: key }",
  choice: "action",
  forms: [
    { by: ["write"], fields: { write: typed("a text") }, build: (values) => values },
    { by: ["save"], fields: { save: text("a key to save under") }, build: (values) => values },
  ],
});

/** By verb. */
export const ACTS = {
  tap: targeted({ what: "a tap", own: { position: point, force: flag } }),
  focus: plainTarget("a focus"),
  blur: plainTarget("a blur"),
  clear: plainTarget("a clear"),
  selectText: plainTarget("a selectText"),
  drag,
  drop,
  keyDown: named("key", key),
  keyUp: named("key", key),
  wheel,
  mouse,
  clipboard,
} as const satisfies Readonly<Record<string, Shape>>;
