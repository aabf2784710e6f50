/**
 * The language of `${…}` in suite values: the one scanner of the suite reader (which fills in what is known before
 * the run) and of the node (which fills in the rest). What a name means is not known here.
 *
 * Grammar: `$${` is a literal `${`; `${scope.path}` and `${scope.path ?? 'text'}` are references; `${'text'}` is the
 * text itself, by which `renderTemplate` keeps a `$` that stands right before a reference apart from it.
 */
import type { Json } from "#proto/matcher.ts";
import { MeshError } from "./errors.ts";
import { isJsonList, type JsonList, type JsonMapping } from "./json-kind.ts";

export type TemplateReference = {
  readonly kind: "reference";
  /** `saved` of `${saved.a.b}`. */
  readonly scope: string;
  /** `["a", "b"]` of `${saved.a.b}`; empty for `${saved}`. */
  readonly path: readonly string[];
  /** What stands after `??`. */
  readonly fallback?: string;
  /** The whole `${…}` as written. */
  readonly source: string;
};

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | TemplateReference
  /** A `${` that no reference follows. */
  | { readonly kind: "malformed"; readonly source: string; readonly reason: string };

const QUOTED = String.raw`'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"`;
const SEGMENT = "[^.{}?'\"$]+";
// Each blank has one place only (a segment takes those behind it): with two, a run of n of them was tried in n^3 ways.
const EXPRESSION = new RegExp(
  String.raw`\$\{\s*(?:(${QUOTED})\s*|([A-Za-z][A-Za-z0-9_]*)(?:((?:\.${SEGMENT})+)|\s*)(?:\?\?\s*(${QUOTED})\s*)?)\}`,
  "y",
);

/** Splits a text into literal text and references; neighbouring texts are one part. Never throws. */
export function scanTemplate(text: string): readonly TemplatePart[] {
  if (!text.includes("${")) return text === "" ? [] : [{ kind: "text", text }];
  const pieces: TemplatePart[] = [];
  for (let index = 0; index < text.length; ) {
    const { part, length } = pieceAt(text, index);
    pieces.push(part);
    index += length;
  }
  return joinTexts(pieces);
}

/** The same parts with neighbouring texts made one. */
export function joinTexts(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  const joined: TemplatePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const isJoining = part.kind === "text" && last?.kind === "text";
    if (isJoining) joined[joined.length - 1] = { kind: "text", text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}

type Piece = { readonly part: TemplatePart; readonly length: number };

function pieceAt(text: string, index: number): Piece {
  if (text.startsWith("$${", index)) return { part: { kind: "text", text: "${" }, length: 3 };
  if (text.startsWith("${", index)) return expressionAt(text, index);
  const next = text.indexOf("$", index + 1);
  const literal = text.slice(index, next === -1 ? text.length : next);
  return { part: { kind: "text", text: literal }, length: literal.length };
}

function expressionAt(text: string, index: number): Piece {
  EXPRESSION.lastIndex = index;
  const match = EXPRESSION.exec(text);
  if (match === null) {
    const end = text.indexOf("}", index);
    const source = text.slice(index, end === -1 ? Math.min(text.length, index + 60) : end + 1);
    const reason = end === -1 ? "it has no closing }" : "expected a name such as vars.x";
    return { part: { kind: "malformed", source, reason }, length: source.length };
  }
  const [source, literal, scope = "", path = "", fallback] = match;
  if (literal !== undefined)
    return { part: { kind: "text", text: unquote(literal) }, length: source.length };
  const reference: TemplateReference = {
    kind: "reference",
    scope,
    path: path
      .split(".")
      .slice(1)
      .map((segment) => segment.trim()),
    ...(fallback === undefined ? {} : { fallback: unquote(fallback) }),
    source,
  };
  return { part: reference, length: source.length };
}

/** A backslash counts only before a quote or a backslash, so that `'C:\new'` stays what it looks like. */
function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(['"\\])/g, "$1");
}

/** The text that `scanTemplate` splits into these parts again. */
export function renderTemplate(parts: readonly TemplatePart[]): string {
  let rendered = "";
  parts.forEach((part, index) => {
    if (part.kind !== "text") {
      rendered += part.source;
      return;
    }
    const next = parts[index + 1];
    const kept =
      next !== undefined && next.kind !== "text" ? (/\$+$/.exec(part.text)?.[0] ?? "") : "";
    rendered += escapeTemplate(part.text.slice(0, part.text.length - kept.length));
    if (kept !== "") rendered += `\${'${kept}'}`;
  });
  return rendered;
}

/** Makes text of unknown origin mean itself: `${` becomes `$${`. */
export function escapeTemplate(text: string): string {
  // Given as a function: in a replacement text `$$` would mean one `$`.
  return text.replaceAll("${", () => "$${");
}

/** The text for people to read: escapes undone, references as written. */
export function displayTemplate(text: string): string {
  if (!text.includes("${")) return text;
  return scanTemplate(text)
    .map((part) => (part.kind === "text" ? part.text : part.source))
    .join("");
}

/** What a node knows by itself; loops of a test give names of their own. */
type RunScope = "saved" | "secrets" | "run" | "attempt";

const RUN_SCOPES: ReadonlySet<string> = new Set<RunScope>(["saved", "secrets", "run", "attempt"]);

/** Gives the value of a name; undefined when there is none. */
export type TemplateLookup = (scope: string, path: readonly string[]) => Json | undefined;

/**
 * Fills in every reference of a JSON value, deeply, keys of mappings too, and undoes the escapes.
 * A text that is only one reference takes the type of its value; elsewhere lists and mappings become JSON text.
 *
 * @throws {MeshError} `unknown_name`, with the name, when the lookup has no value for it.
 */
export function fillTemplate(value: Json, lookup: TemplateLookup): Json {
  if (typeof value === "string") return fillText(value, lookup);
  if (value === null || typeof value !== "object") return value;
  if (isJsonList(value)) return value.map((item) => fillTemplate(item, lookup));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      textOf(fillText(key, lookup)),
      fillTemplate(item, lookup),
    ]),
  );
}

function fillText(text: string, lookup: TemplateLookup): Json {
  if (!text.includes("${")) return text;
  const parts = scanTemplate(text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return valueOfPart(only, lookup);
  return parts.map((part) => textOf(valueOfPart(part, lookup))).join("");
}

function valueOfPart(part: TemplatePart, lookup: TemplateLookup): Json {
  if (part.kind === "text") return part.text;
  if (part.kind === "malformed") throw unknownName(part.source, part.reason);
  const value = lookup(part.scope, part.path);
  if (value !== undefined) return value;
  throw unknownName(part.source, reasonOf(part, lookup));
}

function reasonOf({ scope, path }: TemplateReference, lookup: TemplateLookup): string {
  const name = path.join(".");
  if (scope === "saved") return `no step has saved "${name}"`;
  if (RUN_SCOPES.has(scope)) return "it has no value";
  if (name !== "" && lookup(scope, []) !== undefined) return `"${scope}" has no "${name}"`;
  return `a node knows no "${scope}"`;
}

function unknownName(source: string, reason: string): MeshError {
  return new MeshError("unknown_name", `Cannot fill in ${source}: ${reason}`);
}

/** A value inside a longer text: text as it is, anything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Follows a path into a JSON value: keys of mappings, 0-based indexes of lists. A key that itself holds dots is found too.
 *
 * @returns undefined when the path leads nowhere.
 */
export function reachInto(value: Json, path: readonly string[]): Json | undefined {
  if (path.length === 0) return value;
  if (value === null || typeof value !== "object") return undefined;
  for (let length = path.length; length >= 1; length -= 1) {
    const next = childOf(value, path.slice(0, length).join("."));
    const found = next === undefined ? undefined : reachInto(next, path.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function childOf(value: JsonList | JsonMapping, key: string): Json | undefined {
  if (isJsonList(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
