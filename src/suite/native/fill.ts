/** Fills the static names of `${…}` into a tree, types kept where a value is only one `${…}`. What the node fills in stays. */
import type { Json } from "#proto/matcher.ts";
import {
  joinTexts,
  renderTemplate,
  scanTemplate,
  type TemplatePart,
  textOf,
} from "#shared/template.ts";
import type { Position } from "../reading/fault-log.ts";
import {
  type Located,
  type LocatedEntry,
  type LocatedScalar,
  locateJson,
} from "../reading/located.ts";
import { isStatic } from "../reading/openness.ts";
import { resolveName, type Scope } from "./scope.ts";

export type Filling = {
  readonly scope: Scope;
  /** Called for each name that does not exist, with the reference as written. */
  readonly tell: (at: Position, source: string, message: () => string) => void;
  /** What names may still add, in characters; each of them counts. */
  readonly room: readonly { left: number }[];
};

/** What a value of a list or a mapping takes beside its text. */
const NODE_CHARACTERS = 10;

/** Whether anything in a tree waits for a static name; remembered, since every test of a suite asks again. */
export function hasStaticNames(node: Located): boolean {
  const known = KNOWN.get(node);
  if (known !== undefined) return known;
  const found = seekStaticNames(node);
  KNOWN.set(node, found);
  return found;
}

const KNOWN = new WeakMap<Located, boolean>();

function seekStaticNames(node: Located): boolean {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string" && isStaticText(node.value);
    case "list":
      return node.items.some(hasStaticNames);
    default:
      return node.entries.some((entry) => isStaticText(entry.key) || hasStaticNames(entry.value));
  }
}

const isStaticText = (text: string): boolean =>
  text.includes("${") && scanTemplate(text).some(isStatic);

/** The same tree with static names filled in; itself when there are none. */
export function fillTree(node: Located, filling: Filling): Located {
  if (!hasStaticNames(node)) return node;
  switch (node.kind) {
    case "scalar":
      return fillScalar(node, filling);
    case "list":
      return { ...node, items: node.items.map((item) => fillTree(item, filling)) };
    default:
      return { ...node, entries: node.entries.map((entry) => fillEntry(entry, filling)) };
  }
}

function fillEntry(entry: LocatedEntry, filling: Filling): LocatedEntry {
  const key = isStaticText(entry.key)
    ? renderTemplate(fillParts(entry.key, entry.at, filling))
    : entry.key;
  return { key, at: entry.at, value: fillTree(entry.value, filling) };
}

function fillScalar(node: LocatedScalar, filling: Filling): Located {
  if (typeof node.value !== "string") return node;
  const parts = scanTemplate(node.value);
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && isStatic(only)) {
    const value = staticValueOf(only, node, filling);
    return value === undefined ? node : locateJson(value, node);
  }
  const text = renderTemplate(fillParts(node.value, node, filling));
  return { ...node, value: text, source: text, isFilled: true };
}

/** Texts that come to lie side by side are joined, so that a `$` and a `{` that only now meet are escaped. */
function fillParts(text: string, at: Position, filling: Filling): readonly TemplatePart[] {
  return joinTexts(scanTemplate(text).flatMap((part) => fillPart(part, at, filling)));
}

function fillPart(part: TemplatePart, at: Position, filling: Filling): readonly TemplatePart[] {
  if (!isStatic(part)) return [part];
  const value = staticValueOf(part, at, filling);
  return value === undefined ? [part] : scanTemplate(textOf(value));
}

function staticValueOf(part: TemplatePart, at: Position, filling: Filling): Json | undefined {
  if (!isStatic(part)) return undefined;
  const resolved = resolveName(part, filling.scope);
  if (resolved.kind === "unknown") filling.tell(at, part.source, resolved.message);
  if (resolved.kind !== "value") return undefined;
  const size = sizeOf(resolved.value);
  const isFull = filling.room.some((room) => room.left < size);
  // Once there is too much, the suite is refused: nothing more needs to be filled in.
  for (const room of filling.room) room.left = isFull ? 0 : room.left - size;
  if (!isFull) return resolved.value;
  filling.tell(at, part.source, () => TOO_MUCH);
  return undefined;
}

const TOO_MUCH =
  "Expected names to add at most 1000000 characters to a test, and 128000000 to a suite, found more";
const SIZES = new WeakMap<object, number>();

/** About how many characters a value has; remembered, since a var is filled in again and again. */
function sizeOf(value: Json): number {
  if (typeof value === "string") return value.length;
  if (value === null || typeof value !== "object") return NODE_CHARACTERS;
  const known = SIZES.get(value);
  if (known !== undefined) return known;
  let size = NODE_CHARACTERS;
  for (const [key, item] of Object.entries(value)) size += key.length + sizeOf(item);
  SIZES.set(value, size);
  return size;
}
