/** Locators as people write them — a string, a mapping, or keys beside a step's own — in their one normal form. */
import type { Json } from "#proto/matcher.ts";
import { adviceFor } from "../reading/fault-log.ts";
import { type Fields, readGroup, type Values } from "../reading/group-shapes.ts";
import type { Located, LocatedMapping } from "../reading/located.ts";
import { type Form, type Forms, readForm } from "../reading/one-form.ts";
import {
  type JsonSchema,
  orTemplate,
  type Reading,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "../reading/shape.ts";
import {
  faultInWords,
  fieldsOf,
  LOCATOR_KINDS,
  locatorFrom,
  needsRole,
  patternsIn,
} from "./locator-fields.ts";
import { faultInSelector } from "./selector.ts";

const EXPECTED = 'a locator such as "#id", "text=Save" or { role: button, name: Save }';
/** What a locator that is a string may start with; neither is the start of any CSS selector. */
const STRING_PREFIXES = ["text", "xpath"];

/** Its own shape, which knows the fields that hold further locators. */
const inner: Shape = {
  expected: EXPECTED,
  schema: { $ref: "#/$defs/locator" },
  read: (node, reading) => locator.read(node, reading),
};

const KIND_FORMS: readonly Form[] = LOCATOR_KINDS.map((kind) => ({
  by: [kind],
  fields: fieldsOf(kind, inner),
  build: (values) => locatorFrom(kind, values),
}));

/** A locator standing alone. */
export const locator: Shape = shape(EXPECTED, { $ref: "#/$defs/locator" }, (node, reading) => {
  if (node.kind === "mapping")
    return readForm(
      node,
      { what: "a locator", choice: "way to locate", forms: KIND_FORMS },
      reading,
    );
  return locatorString(node, reading);
});

function locatorString(node: Located, reading: Reading): Json | undefined {
  if (node.kind !== "scalar" || typeof node.value !== "string" || node.value === "")
    return refuse(node, EXPECTED, reading);
  const prefix = /^([A-Za-z][\w-]*) ?=/.exec(node.value)?.[1];
  if (prefix === undefined) return cssLocator(node, node.value, reading);
  if (!STRING_PREFIXES.includes(prefix)) {
    const advice = adviceFor(prefix, STRING_PREFIXES);
    return refuseBecause(node, `Unknown prefix "${prefix}=" of a locator: ${advice}`, reading);
  }
  const value = node.value.slice(node.value.indexOf("=") + 1);
  return value.trim() === ""
    ? refuseBecause(node, `Expected something after "${prefix}=", found nothing`, reading)
    : stringLocator(node, { by: prefix, value }, reading);
}

function stringLocator(
  node: Located,
  found: { readonly by: string; readonly value: string },
  reading: Reading,
): Json | undefined {
  const patterns = patternsIn(found);
  const isOpen = found.value.includes("${");
  const fault = "patterns" in patterns && !isOpen ? faultInWords(found.value) : undefined;
  return fault === undefined ? { ...found, ...patterns } : refuseBecause(node, fault, reading);
}

function cssLocator(node: Located, value: string, reading: Reading): Json | undefined {
  const fault = value.includes("${") ? undefined : faultInSelector(value);
  return fault === undefined ? { by: "css", value } : refuseBecause(node, fault, reading);
}

/** What a step takes beside its locator. */
export type Targeted = {
  /** "a click", for messages. */
  readonly what: string;
  readonly own: Fields;
  readonly required?: readonly string[];
  /** At least one of these must be there. */
  readonly someOf?: readonly string[];
  readonly isLocatorOptional?: boolean;
  /** Makes the step's arguments of its own values; `locator` is added. */
  readonly build?: (values: Values) => Values;
};

/** A locator with further keys beside it, or with the locator under `on`. A plain string is the locator when nothing else is required. */
export function targeted(target: Targeted): Shape {
  const forms = targetedForms(target);
  const needed = [...(target.required ?? []), ...(target.someOf ?? [])];
  const isStringEnough = needed.length === 0;
  const expected = isStringEnough ? EXPECTED : `a mapping with a locator and ${needed.join(", ")}`;
  return shape(expected, targetedSchema(target, isStringEnough), (node, reading) => {
    if (node.kind === "mapping" && target.isLocatorOptional && !hasLocator(node)) {
      return readGroup(node, { ...target, fields: target.own }, reading);
    }
    if (node.kind === "mapping") return readForm(node, forms, reading);
    if (!isStringEnough) return refuse(node, expected, reading);
    const found = locatorString(node, reading);
    return found === undefined ? undefined : { locator: found };
  });
}

function targetedForms(target: Targeted): Forms {
  const { own, required = [], someOf = [] } = target;
  const build = (located: Values, values: Values): Json => {
    const mine = Object.fromEntries(
      Object.entries(values).filter(([key]) => Object.hasOwn(own, key)),
    );
    return { ...located, ...(target.build === undefined ? mine : target.build(mine)) };
  };
  const forms: Form[] = KIND_FORMS.map((form, index) => ({
    by: form.by,
    fields: { ...form.fields, ...own },
    required,
    someOf,
    build: (values) =>
      build(
        { locator: locatorFrom(LOCATOR_KINDS[index] ?? "css", withoutOwn(values, own)) },
        values,
      ),
  }));
  forms.push({
    by: ["on"],
    fields: { on: locator, ...own },
    required,
    someOf,
    build: (values) => build({ locator: values["on"] ?? "" }, values),
  });
  return { what: target.what, choice: "locator", forms };
}

function hasLocator(node: LocatedMapping): boolean {
  return node.entries.some(({ key }) => key === "on" || LOCATOR_KINDS.some((kind) => kind === key));
}

const withoutOwn = (values: Values, own: Fields): Values =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !Object.hasOwn(own, key)));

/** Written by hand: the schema of the forms would repeat every own key for every kind of locator. */
function targetedSchema(target: Targeted, isStringEnough: boolean): JsonSchema {
  const properties = { ...kindProperties(), on: locator.schema, ...propertiesOf(target.own) };
  const choice = target.isLocatorOptional
    ? {}
    : { oneOf: [...LOCATOR_KINDS, "on"].map((key) => ({ required: [key] })) };
  const required = (target.required ?? []).length === 0 ? {} : { required: target.required ?? [] };
  const some = (target.someOf ?? []).map((key) => ({ required: [key] }));
  const object = {
    type: "object",
    properties,
    additionalProperties: false,
    ...required,
    ...choice,
    ...(some.length === 0 ? {} : { anyOf: some }),
    ...needsRole(target.own),
  };
  return isStringEnough
    ? { anyOf: [{ type: "string", minLength: 1 }, object] }
    : orTemplate(object);
}

/** For `$defs/locator`. */
export function locatorSchema(): JsonSchema {
  const object = {
    type: "object",
    properties: kindProperties(),
    additionalProperties: false,
    oneOf: LOCATOR_KINDS.map((key) => ({ required: [key] })),
    ...needsRole({}),
  };
  return { anyOf: [{ type: "string", minLength: 1 }, object] };
}

function kindProperties(): JsonSchema {
  return Object.assign({}, ...LOCATOR_KINDS.map((kind) => propertiesOf(fieldsOf(kind, inner))));
}

function propertiesOf(fields: Fields): JsonSchema {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.schema]));
}
