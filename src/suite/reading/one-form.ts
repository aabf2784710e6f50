/** A mapping that has several forms, told apart by one key: `{ for: … }` or `{ url: … }`. */
import type { Json } from "#proto/matcher.ts";
import { adviceFor } from "./fault-log.ts";
import {
  type Fields,
  type Group,
  groupSchema,
  readEntries,
  tellMissing,
  tellUnknownKey,
  type Values,
} from "./group-shapes.ts";
import { describeFound, type LocatedEntry, type LocatedMapping } from "./located.ts";
import {
  type JsonSchema,
  type Reading,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "./shape.ts";

export type Form = {
  /** Any of these keys chooses the form. */
  readonly by: readonly string[];
  readonly fields: Fields;
  readonly required?: readonly string[];
  readonly someOf?: readonly string[];
  readonly build: (values: Values) => Json;
};

export type Forms = {
  /** "an expect step", for messages. */
  readonly what: string;
  /** What a form is called: "subject", "method". */
  readonly choice: string;
  /** What a whole one looks like, for who wrote something else. */
  readonly example?: string;
  readonly forms: readonly Form[];
};

/** A mapping in exactly one of several forms. */
export function oneForm(forms: Forms): Shape {
  const expected =
    forms.example === undefined ? forms.what : `${forms.what} such as ${forms.example}`;
  return shape(forms.what, formsSchema(forms), (node, reading) => {
    if (node.kind !== "mapping") return refuse(node, expected, reading);
    return readForm(node, forms, reading);
  });
}

/** Reads a mapping by forms; to be used where the caller has seen that it is one. */
export function readForm(node: LocatedMapping, forms: Forms, reading: Reading): Json | undefined {
  const chosen = node.entries
    .map((entry) => formBy(entry.key, forms))
    .find((form) => form !== undefined);
  if (chosen === undefined) return tellNoForm(node, forms, reading);
  const group: Group = { what: forms.what, fields: chosen.fields, ...optional(chosen) };
  for (const entry of node.entries)
    if (!Object.hasOwn(chosen.fields, entry.key))
      tellStranger(entry, { node, chosen, forms }, reading);
  tellMissing(node, group, reading);
  return chosen.build(readEntries(node, chosen.fields, reading));
}

const formBy = (key: string, forms: Forms): Form | undefined =>
  forms.forms.find((form) => form.by.includes(key));

const optional = (form: Form): Pick<Group, "required" | "someOf"> => ({
  ...(form.required === undefined ? {} : { required: form.required }),
  ...(form.someOf === undefined ? {} : { someOf: form.someOf }),
});

type Stranger = { readonly node: LocatedMapping; readonly chosen: Form; readonly forms: Forms };

function tellStranger(entry: LocatedEntry, at: Stranger, reading: Reading): void {
  const { chosen, forms } = at;
  const main = at.node.entries.find((one) => chosen.by.includes(one.key))?.key ?? "";
  if (formBy(entry.key, forms) !== undefined) {
    reading.log.error(
      entry.at,
      `Expected one ${forms.choice} in ${forms.what}, found "${main}" and "${entry.key}"`,
    );
    return;
  }
  const isKnownElsewhere = forms.forms.some((form) => Object.hasOwn(form.fields, entry.key));
  const known = Object.keys(chosen.fields);
  if (!isKnownElsewhere) tellUnknownKey(entry, { what: forms.what, known }, reading);
  else
    reading.log.error(
      entry.at,
      `Unknown key "${entry.key}" beside "${main}" in ${forms.what}: ${adviceFor("", known)}`,
    );
}

function tellNoForm(node: LocatedMapping, forms: Forms, reading: Reading): undefined {
  const choices = forms.forms.flatMap((form) => form.by);
  const known = [
    ...new Set([...choices, ...forms.forms.flatMap((form) => Object.keys(form.fields))]),
  ];
  const unknown = node.entries.filter((entry) => !known.includes(entry.key));
  for (const entry of unknown) tellUnknownKey(entry, { what: forms.what, known: choices }, reading);
  if (unknown.length > 0) return undefined;
  const found =
    node.entries.length === 0
      ? describeFound(node)
      : `only ${node.entries.map((entry) => entry.key).join(", ")}`;
  return refuseBecause(
    node,
    `Missing ${forms.choice} in ${forms.what}: expected one of ${choices.join(", ")}, found ${found}`,
    reading,
  );
}

/** The schema of the forms: any of them. */
function formsSchema(forms: Forms): JsonSchema {
  return {
    anyOf: forms.forms.map((form) => {
      const alone = { what: forms.what, fields: form.fields, ...optional(form) };
      const schema = groupSchema(alone);
      const chooser =
        form.by.length === 1
          ? { required: form.by }
          : { anyOf: form.by.map((key) => ({ required: [key] })) };
      return { allOf: [schema, chooser] };
    }),
  };
}
