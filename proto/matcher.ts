/** Locators and matchers in their normal form: what the suite reader makes of people's short forms, and drivers act on. */
import { z } from "zod";
import { Shown } from "./shown.ts";

/** Any JSON value; depth and size are bounded by the message that carries it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export const Json: z.ZodType<Json> = z.json();

/** Text where a lone `${saved.x}` may have left a number or a boolean; lists and mappings are refused. */
export const Text = z.union([
  z.string(),
  z.number().transform(String),
  z.boolean().transform(String),
]);

export const LocatorKind = z.enum([
  "css",
  "text",
  "role",
  "label",
  "placeholder",
  "altText",
  "title",
  "testId",
  "xpath",
  "shown",
]);
export type LocatorKind = z.infer<typeof LocatorKind>;

/** The texts of a locator that may be regular expressions, `/…/i`. */
export const LocatorText = z.enum(["value", "name", "hasText", "hasNotText"]);
export type LocatorText = z.infer<typeof LocatorText>;

/** How an element is found: by one thing, among what the others let through. */
export type Locator = {
  readonly by: LocatorKind;
  /** The selector, text, role, label … itself. */
  readonly value: string;
  /** With `by: "shown"`, whose `value` is what people are told of it. */
  readonly shown?: Shown | undefined;
  /** Accessible name; this and the states to `disabled` only with `by: "role"`. */
  readonly name?: string | undefined;
  /** Of a heading, a row of a tree …; 1 is the outermost. */
  readonly level?: number | undefined;
  readonly checked?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly expanded?: boolean | undefined;
  readonly selected?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** Whole text, case kept; absent: a part, case and whitespace ignored. */
  readonly exact?: boolean | undefined;
  /** Which of its texts are regular expressions; absent: none. */
  readonly patterns?: readonly LocatorText[] | undefined;
  /** Somewhere in the element. */
  readonly hasText?: string | undefined;
  readonly hasNotText?: string | undefined;
  /** An element within the element. */
  readonly has?: Locator | undefined;
  readonly hasNot?: Locator | undefined;
  /** Whether it can be seen. */
  readonly visible?: boolean | undefined;
  /** It must be found by this locator as well. */
  readonly and?: Locator | undefined;
  /** It may be found by this locator instead. */
  readonly or?: Locator | undefined;
  /** 0-based choice among several matches, from the end below zero (-1 is the last); absent: more than one match is an error. */
  readonly nth?: number | undefined;
  readonly within?: Locator | undefined;
  /** The element of the inner frame in which all of it but this is looked for. */
  readonly frame?: Locator | undefined;
};
export const Locator: z.ZodType<Locator> = z.lazy(() =>
  z.strictObject({
    by: LocatorKind,
    value: Text.refine((value) => value !== "", "a locator needs something to look for"),
    shown: Shown.optional(),
    name: Text.optional(),
    level: z.number().int().min(1).optional(),
    checked: z.boolean().optional(),
    pressed: z.boolean().optional(),
    expanded: z.boolean().optional(),
    selected: z.boolean().optional(),
    disabled: z.boolean().optional(),
    exact: z.boolean().optional(),
    patterns: z.array(LocatorText).optional(),
    hasText: Text.optional(),
    hasNotText: Text.optional(),
    has: Locator.optional(),
    hasNot: Locator.optional(),
    visible: z.boolean().optional(),
    and: Locator.optional(),
    or: Locator.optional(),
    nth: z.number().int().optional(),
    within: Locator.optional(),
    frame: Locator.optional(),
  }),
);

/** The types of JSON Schema. */
export const JsonType = z.enum([
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "null",
]);
export type JsonType = z.infer<typeof JsonType>;

/** Conditions on one value; all that are present must hold. */
export type Matcher = {
  readonly equals?: Json | undefined;
  readonly contains?: Json | undefined;
  readonly startsWith?: string | undefined;
  readonly endsWith?: string | undefined;
  /** A JavaScript regular expression: `a.b`, or `/a.b/i` with flags. */
  readonly matches?: string | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly in?: readonly Json[] | undefined;
  /** On the number of characters, items or keys. */
  readonly length?: Matcher | undefined;
  readonly type?: JsonType | undefined;
  readonly exists?: boolean | undefined;
  readonly not?: Matcher | undefined;
};
export const Matcher: z.ZodType<Matcher> = z.lazy(() =>
  z
    .strictObject({
      equals: Json.optional(),
      contains: Json.optional(),
      startsWith: Text.optional(),
      endsWith: Text.optional(),
      matches: z.string().optional(),
      above: z.number().optional(),
      below: z.number().optional(),
      atLeast: z.number().optional(),
      atMost: z.number().optional(),
      in: z.array(Json).optional(),
      length: Matcher.optional(),
      type: JsonType.optional(),
      exists: z.boolean().optional(),
      not: Matcher.optional(),
    })
    .refine((matcher) => Object.keys(matcher).length > 0, "a matcher needs at least one condition"),
);

/** HTTP status condition: exact codes and classes such as `2xx` (any of them), or a matcher on the number. */
export const StatusMatcher = z.union([
  z.strictObject({
    anyOf: z
      .array(z.union([z.number().int().min(100).max(599), z.string().regex(/^[1-5]xx$/)]))
      .min(1),
  }),
  z.strictObject({ matcher: Matcher }),
]);
export type StatusMatcher = z.infer<typeof StatusMatcher>;
