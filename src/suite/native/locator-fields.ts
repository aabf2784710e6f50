/** The keys of a locator: the ways to find an element, and what narrows them. `locator.ts` reads them. */
import { type Json, LocatorKind, type LocatorText } from "#proto/matcher.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { parsePattern } from "#shared/pattern/text-pattern.ts";
import { displayTemplate } from "#shared/template.ts";
import type { Fields, Values } from "../reading/group-shapes.ts";
import { opennessOf } from "../reading/openness.ts";
import { flag, text, typed, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { type JsonSchema, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { ARIA_ROLES } from "./aria-roles.ts";
import { shown, shownName } from "./shown.ts";

export const LOCATOR_KINDS = LocatorKind.options;

/** More elements than this are not counted through. */
const NTH_MAX = 1_000_000;
const LEVEL_MAX = 100;
const PATTERN = /^\/.+\/[dgimsuvy]*$/s;

/** Keys that only an element with a role has. */
export const ROLE_KEYS = [
  "name",
  "level",
  "checked",
  "pressed",
  "expanded",
  "selected",
  "disabled",
] as const;
const TEXT_KEYS: readonly LocatorText[] = ["value", "name", "hasText", "hasNotText"];

/** A text of which a part is looked for, or a regular expression between slashes. */
function words(what: string): Shape {
  const plain = typed(what, { isEmptyAllowed: false });
  return shape(what, plain.schema, (node, reading) => {
    const found = plain.read(node, reading);
    if (typeof found !== "string" || opennessOf(node) !== "closed") return found;
    if (found.trim() === "") return refuse(node, what, reading);
    const fault = faultInWords(displayTemplate(found));
    return fault === undefined ? found : refuseBecause(node, fault, reading);
  });
}

/** What is wrong with a text between slashes; undefined when it is a regular expression, or no text between slashes. */
export function faultInWords(found: string): string | undefined {
  const fault = PATTERN.test(found) ? parsePattern(found) : undefined;
  if (typeof fault !== "string") return undefined;
  return `Not a regular expression: ${fault}, found ${JSON.stringify(found)}`;
}

/** Told apart from `flag` because a selector is exact by itself. */
const exactWithoutEffect: Shape = shape("true or false", { type: "boolean" }, (node, reading) => {
  reading.log.warn(
    node,
    'No effect of "exact" here: only text, role, label, placeholder, altText and title match a part',
  );
  return flag.read(node, reading) === undefined ? undefined : false;
});

const NTH_EXPECTED = "a whole number from 0, -1 and below from the end, or first or last";
const count = wholeNumber(NTH_EXPECTED, { min: -NTH_MAX, max: NTH_MAX });
const ENDS: ReadonlyMap<Json, number> = new Map([
  ["first", 0],
  ["last", -1],
]);
const nth: Shape = shape(
  NTH_EXPECTED,
  { anyOf: [count.schema, { enum: [...ENDS.keys()] }] },
  (node, reading) => {
    const end = node.kind === "scalar" ? ENDS.get(node.value) : undefined;
    return end ?? count.read(node, reading);
  },
);

/** A locator that belongs to the place of another one: it cannot look into a frame of its own. */
const sameFrame = (locator: Shape): Shape => ({
  ...locator,
  read: (node, reading) => {
    const found = locator.read(node, reading);
    if (!looksIntoFrame(found)) return found;
    const where = "expected it on the locator around this one";
    return refuseBecause(node, `Found "frame" within has, hasNot, and or or: ${where}`, reading);
  },
});

function looksIntoFrame(found: Json | undefined): boolean {
  if (!isJsonMapping(found ?? null)) return false;
  const { frame, within } = found as Values;
  return frame !== undefined || looksIntoFrame(within);
}

/** The keys beside a way to locate; `locator` is the shape of a locator standing alone. */
export function fieldsOf(kind: LocatorKind, locator: Shape): Fields {
  const isSelector = !["text", "role", "label", "placeholder", "altText", "title"].includes(kind);
  const inner = sameFrame(locator);
  return {
    [kind]: mainField(kind),
    ...(kind === "role" ? roleFields() : {}),
    exact: isSelector ? exactWithoutEffect : flag,
    hasText: words("a text within the element"),
    hasNotText: words("a text within the element"),
    has: inner,
    hasNot: inner,
    visible: flag,
    and: inner,
    or: inner,
    nth,
    within: locator,
    frame: locator,
  };
}

function mainField(kind: LocatorKind): Shape {
  if (kind === "role") return word(ARIA_ROLES);
  if (kind === "shown") return shown;
  return kind === "css" || kind === "xpath" ? text("a selector") : words("a text");
}

function roleFields(): Fields {
  const states = { checked: flag, pressed: flag, expanded: flag, selected: flag, disabled: flag };
  const level = wholeNumber("a whole number from 1", { min: 1, max: LEVEL_MAX });
  return { name: roleName, level, ...states };
}

const anyName = typed("an accessible name");
const roleName: Shape = shape(anyName.expected, anyName.schema, (node, reading) =>
  node.kind === "scalar" && node.value === ""
    ? ""
    : words("an accessible name").read(node, reading),
);

const NARROWING: ReadonlySet<string> = new Set([
  ...ROLE_KEYS,
  ...["exact", "hasText", "hasNotText", "has", "hasNot", "visible", "and", "or"],
  ...["nth", "within", "frame"],
]);

/** The normal form of what was read beside a way to locate. */
export function locatorFrom(kind: LocatorKind, values: Values): Json {
  const { [kind]: value, ...others } = values;
  const kept = Object.entries(others).filter(
    ([key, other]) => NARROWING.has(key) && !(key === "exact" && other === false),
  );
  const found = { ...mainValue(kind, value ?? ""), ...Object.fromEntries(kept) };
  return { ...found, ...patternsIn(found) };
}

function mainValue(kind: LocatorKind, value: Json): { readonly [key: string]: Json } {
  if (kind === "shown") return { by: kind, value: shownName(value), shown: value };
  return { by: kind, value };
}

/** Which texts stand between slashes; `exact` takes them as they are. */
export function patternsIn(found: Values): Values {
  const isSelector = ["css", "xpath", "shown"].includes(String(found["by"]));
  const patterns = TEXT_KEYS.filter((key) => {
    const isExact = found["exact"] === true && (key === "value" || key === "name");
    if (isExact || (key === "value" && isSelector)) return false;
    const text = found[key];
    return typeof text === "string" && PATTERN.test(text);
  });
  return patterns.length === 0 ? {} : { patterns };
}

/** For editors: keys that only make sense beside `role`, but for those of `own`. */
export function needsRole(own: Fields): JsonSchema {
  const keys = ROLE_KEYS.filter((key) => !Object.hasOwn(own, key));
  return { dependentRequired: Object.fromEntries(keys.map((key) => [key, ["role"]])) };
}
