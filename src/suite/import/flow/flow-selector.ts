/** Selectors of flows as `shown` of a locator, whose words are the same. */
import type { Json } from "#proto/matcher.ts";
import { describeFound, type Located, type LocatedMapping } from "../../reading/located.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type FlowWalk, flowText } from "./flow-walk.ts";

const TEXTS: readonly string[] = ["text", "id", "css"];
const FLAGS: readonly string[] = ["enabled", "checked", "focused", "selected"];
const NUMBERS: readonly string[] = ["width", "height", "tolerance", "index"];
/** Where an element lies, by another one. */
export const PLACES: readonly string[] = [
  "below",
  "above",
  "leftOf",
  "rightOf",
  "childOf",
  "containsChild",
];

/** The keys that say which element is meant; others say what is done with it. */
export const SELECTOR_KEYS: ReadonlySet<string> = new Set([
  ...TEXTS,
  ...FLAGS,
  ...NUMBERS,
  ...PLACES,
  "containsDescendants",
  "traits",
]);

/** A locator. @throws {Untranslated} with the reason. */
export function selectorLocator(walk: FlowWalk, node: Located | undefined): Entries {
  const words = shownWords(walk, node);
  const [only] = Object.keys(words);
  const isText = Object.keys(words).length === 1 && only === "text";
  return { shown: isText ? (words["text"] ?? "") : words };
}

function shownWords(walk: FlowWalk, node: Located | undefined): Entries {
  if (node?.kind !== "mapping") return { text: flowText(walk, node, "the selector") };
  const words: { [key: string]: Json } = {};
  for (const { key, value } of node.entries) {
    if (!SELECTOR_KEYS.has(key)) continue;
    words[key] = shownWord(walk, key, value);
  }
  if (Object.keys(words).length === 0) throw new Untranslated("it names no element");
  return words;
}

function shownWord(walk: FlowWalk, key: string, value: Located): Json {
  if (TEXTS.includes(key)) return flowText(walk, value, key);
  if (PLACES.includes(key)) return shownWords(walk, value);
  if (FLAGS.includes(key)) return flagIn(walk, value, key);
  if (NUMBERS.includes(key)) return numberIn(walk, value, key);
  if (key === "containsDescendants" && value.kind === "list")
    return value.items.map((item) => shownWords(walk, item));
  throw new Untranslated(`an element is not found by "${key}" in a suite`);
}

/** `true` or `"true"`. @throws {Untranslated} */
export function flagIn(walk: FlowWalk, node: Located, what: string): boolean {
  const text = flowText(walk, node, what);
  if (text !== "true" && text !== "false")
    throw new Untranslated(`${what} is neither true nor false`);
  return text === "true";
}

/** `5` or `"5"`. @throws {Untranslated} */
export function numberIn(walk: FlowWalk, node: Located, what: string): number {
  const text = flowText(walk, node, what);
  const value = Number(text.replaceAll("_", ""));
  if (text.trim() === "" || !Number.isFinite(value))
    throw new Untranslated(`${what} is ${describeFound(node)}, not a number`);
  return value;
}

/** What people call the element: to see whether a secret is typed into it. */
export function spokenSelector(words: Json): string {
  if (typeof words === "string") return words;
  if (words === null || typeof words !== "object" || Array.isArray(words)) return "";
  return Object.values(words as Entries)
    .map(spokenSelector)
    .join(" ");
}

/** What is written of an entry that is not there: undefined. */
export function entryIn(node: Located, key: string): Located | undefined {
  if (node.kind !== "mapping") return undefined;
  return (node satisfies LocatedMapping).entries.find((entry) => entry.key === key)?.value;
}
