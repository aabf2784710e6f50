/** Shapes of single values: texts, words, numbers, durations, patterns, paths. */
import { Sha256 } from "#proto/ids.ts";
import type { Json } from "#proto/matcher.ts";
import { checkJsonPath } from "#shared/json-path.ts";
import { parsePattern } from "#shared/pattern/text-pattern.ts";
import { displayTemplate } from "#shared/template.ts";
import { suitePath } from "../suite-path.ts";
import { adviceFor } from "./fault-log.ts";
import { jsonOf, type Located, type LocatedScalar } from "./located.ts";
import { opennessOf } from "./openness.ts";
import { orTemplate, type Reading, refuse, refuseBecause, type Shape, shape } from "./shape.ts";

/** Timers hold 31 bits; a longer wait would end at once. */
const DURATION_MS_MAX = 2 ** 31 - 1;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
]);

/** Text as such; a number is only taken when it came out of a `${…}`. */
export function text(what: string): Shape {
  return shape(what, { type: "string", minLength: 1 }, (node, reading) => {
    const found = textIn(node, node.kind === "scalar" && node.isFilled);
    return found === undefined || found.trim() === "" ? refuse(node, what, reading) : found;
  });
}

/** What a person or a program would type: numbers and booleans are taken as they are written. */
export function typed(
  what: string,
  options: { readonly isEmptyAllowed: boolean } = { isEmptyAllowed: true },
): Shape {
  const schema = {
    type: ["string", "number", "boolean"],
    ...(options.isEmptyAllowed ? {} : { minLength: 1 }),
  };
  return shape(what, schema, (node, reading) => {
    const found = textIn(node, true);
    return found === undefined || (found === "" && !options.isEmptyAllowed)
      ? refuse(node, what, reading)
      : found;
  });
}

function textIn(node: Located, areNumbersTaken: boolean): string | undefined {
  if (node.kind !== "scalar" || node.value === null) return undefined;
  if (typeof node.value === "string") return node.value;
  return areNumbersTaken ? node.source : undefined;
}

/** One of a list of words. */
export function word(words: readonly string[]): Shape {
  const expected = words.length === 1 ? (words[0] ?? "") : `one of ${words.join(", ")}`;
  return shape(expected, orTemplate({ enum: words }), (node, reading) => {
    if (node.kind === "scalar" && typeof node.value === "string") {
      if (opennessOf(node) === "lone" || words.includes(node.value)) return node.value;
      return refuseBecause(
        node,
        `Unknown word ${JSON.stringify(node.value)}: ${adviceFor(node.value, words)}`,
        reading,
      );
    }
    return refuse(node, expected, reading);
  });
}

/** `true` or `false`. */
export const flag: Shape = shape(
  "true or false",
  orTemplate({ type: "boolean" }),
  (node, reading) => {
    if (node.kind !== "scalar") return refuse(node, "true or false", reading);
    if (typeof node.value === "boolean" || opennessOf(node) === "lone") return node.value;
    if (node.isFilled && (node.value === "true" || node.value === "false"))
      return node.value === "true";
    return refuse(node, "true or false", reading);
  },
);

/** The word `true` where only that makes sense: `back: true`. */
export const justTrue: Shape = shape("true", { const: true }, (node, reading) =>
  node.kind === "scalar" && node.value === true ? true : refuse(node, "true", reading),
);

/** Any number. */
export const number: Shape = numberShape("a number", orTemplate({ type: "number" }), () => true);

/** A whole number within bounds. */
export function wholeNumber(
  expected: string,
  range: { readonly min: number; readonly max: number },
): Shape {
  const schema = orTemplate({ type: "integer", minimum: range.min, maximum: range.max });
  return numberShape(
    expected,
    schema,
    (value) => Number.isInteger(value) && value >= range.min && value <= range.max,
  );
}

function numberShape(
  expected: string,
  schema: Shape["schema"],
  accept: (value: number) => boolean,
): Shape {
  return shape(expected, schema, (node, reading) => {
    if (node.kind !== "scalar") return refuse(node, expected, reading);
    if (opennessOf(node) === "lone") return node.value;
    const value = numberIn(node);
    return value === undefined || !accept(value) ? refuse(node, expected, reading) : value;
  });
}

function numberIn(node: LocatedScalar): number | undefined {
  if (typeof node.value === "number") return node.value;
  const isNumeric =
    node.isFilled && typeof node.value === "string" && /^-?\d+(\.\d+)?$/.test(node.value);
  return isNumeric ? Number(node.value) : undefined;
}

/** A duration, in milliseconds: `500ms`, `1.5s`, `2m`, or a bare number of milliseconds. */
export function duration(bound: { readonly isZeroAllowed: boolean }): Shape {
  const expected = `a duration ${bound.isZeroAllowed ? "" : "above 0 "}such as 500ms, 30s, 2m or a number of milliseconds`;
  const amount = bound.isZeroAllowed ? { minimum: 0 } : { exclusiveMinimum: 0 };
  const schema = {
    anyOf: [
      { type: "number", ...amount },
      { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m)?$" },
    ],
  };
  return shape(expected, orTemplate(schema), (node, reading) => {
    if (node.kind !== "scalar") return refuse(node, expected, reading);
    if (opennessOf(node) === "lone") return node.value;
    const valueMs = typeof node.value === "number" ? node.value : durationMs(node.value);
    if (valueMs === undefined || valueMs < 0 || (valueMs === 0 && !bound.isZeroAllowed))
      return refuse(node, expected, reading);
    if (valueMs > DURATION_MS_MAX) return refuse(node, "a duration of at most 24 days", reading);
    return valueMs;
  });
}

function durationMs(value: Json): number | undefined {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(value) : null;
  if (match === null) return undefined;
  // Rounded to microseconds: 1.1 s is 1100 ms and not 1100.0000000000002.
  return Math.round(Number(match[1]) * (UNIT_MS.get(match[2] ?? "ms") ?? 1) * 1000) / 1000;
}

/** A JavaScript regular expression, checked as soon as all of it is known. */
export const pattern: Shape = checkedText(
  "a regular expression such as a.b or /a.b/i",
  (written) => {
    const parsed = parsePattern(written);
    return typeof parsed === "string" ? `Not a regular expression: ${parsed}` : undefined;
  },
);

/** A JSON path (RFC 9535), checked as soon as all of it is known. */
export const jsonPath: Shape = checkedText("a JSON path such as $.name", (path) => {
  const fault = checkJsonPath(path);
  return fault === undefined ? undefined : `Not a JSON path: ${fault}`;
});

function checkedText(expected: string, faultIn: (value: string) => string | undefined): Shape {
  return shape(expected, { type: "string" }, (node, reading) => {
    const found = textIn(node, node.kind === "scalar" && node.isFilled);
    if (found === undefined) return refuse(node, expected, reading);
    const fault = opennessOf(node) === "closed" ? faultIn(displayTemplate(found)) : undefined;
    return fault === undefined
      ? found
      : refuseBecause(node, `${fault}, found ${JSON.stringify(displayTemplate(found))}`, reading);
  });
}

/** A file beside the suite, which then travels with the run. */
export const filePath: Shape = shape(
  "a file beside the suite",
  { type: "string", minLength: 1 },
  (node, reading) => {
    const found = textIn(node, node.kind === "scalar" && node.isFilled);
    if (found === undefined || found === "")
      return refuse(node, "a file beside the suite", reading);
    if (opennessOf(node) !== "closed")
      return refuseBecause(
        node,
        `Expected a file that is known before the run, found ${JSON.stringify(found)}`,
        reading,
      );
    return readPath(node, displayTemplate(found), reading);
  },
);

function readPath(node: Located, found: string, reading: Reading): string | undefined {
  const place = suitePath(found);
  if (place.kind === "refused")
    return refuseBecause(
      node,
      `Expected a file under the suite's folder, found ${JSON.stringify(found)}: ${place.reason}`,
      reading,
    );
  const file = reading.files(place.path);
  if (file === undefined)
    return refuseBecause(
      node,
      `Expected a file beside the suite, but there is no ${JSON.stringify(place.path)}`,
      reading,
    );
  reading.used.push({
    path: place.path,
    sha256: Sha256.parse(file.sha256),
    bytes: file.bytes.byteLength,
  });
  return place.path;
}

/** Any JSON value, as it is. */
export const anyJson: Shape = shape("a value", {}, (node) => jsonOf(node));
