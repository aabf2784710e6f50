/** What the expressions of a script stand for while it is translated: pages, locators, texts; never a real page. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { FunctionParts } from "./syntax.ts";

/** A tab of the script; the first has number 0. */
export type Tab = { readonly number: number; readonly opener?: Tab };

export type Value =
  /** Texts in it are templates already. */
  | { readonly kind: "data"; readonly value: Json }
  | { readonly kind: "pattern"; readonly source: string; readonly flags: string }
  | { readonly kind: "page"; readonly tab: Tab }
  | { readonly kind: "locator"; readonly tab: Tab; readonly words: Entries }
  /** What lies in a frame; `words` find the frame's element. */
  | { readonly kind: "frame"; readonly tab: Tab; readonly words: Entries }
  | { readonly kind: "context" | "browser" | "playwright" | "devices" | "nothing" }
  | { readonly kind: "browserType"; readonly name: string }
  /** Options of a device, by its name in Playwright's list. */
  | { readonly kind: "device"; readonly name: string }
  /** A part of a page, a context or the test's interface that is only good for calls: `keyboard`, `test`. */
  | { readonly kind: "part"; readonly name: PartName; readonly tab: Tab }
  | { readonly kind: "function"; readonly parts: FunctionParts; readonly scope: Scope }
  | { readonly kind: "member"; readonly of: Value; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "mapping"; readonly entries: ReadonlyMap<string, Value> }
  /** What a page will do, awaited later. */
  | {
      readonly kind: "event";
      readonly name: string;
      readonly tab: Tab;
      /** How many items were recorded before the wait. */
      readonly from: number;
    }
  | { readonly kind: "download"; readonly key: string }
  | { readonly kind: "fileChooser"; readonly item: number }
  | { readonly kind: "dialog" }
  /** A request of the page's own that is waited for. */
  | { readonly kind: "request"; readonly tab: Tab; readonly url: Json }
  /** `expect(…)`, with what was said of it so far. */
  | {
      readonly kind: "demand";
      readonly of: Value;
      readonly isNot: boolean;
      readonly isSoft: boolean;
    }
  /** Something to read from the page, which becomes a saved value where it is awaited. */
  | {
      readonly kind: "reading";
      readonly tab: Tab;
      readonly subject: Entries;
      readonly name: string;
    }
  | { readonly kind: "response"; readonly isPage: boolean }
  | { readonly kind: "unknown"; readonly why: string };

export type PartName =
  | "keyboard"
  | "mouse"
  | "touchscreen"
  | "clock"
  | "request"
  | "console"
  | "process"
  | "test"
  | "describe"
  | "step"
  | "expect"
  | "soft"
  | "promise"
  | "path"
  | "settled";

/** Stands for the message of a dialog, which only its handler knows. */
export const DIALOG_MESSAGE = "\0message";
export const FIRST_TAB: Tab = { number: 0 };
export const NOTHING: Value = { kind: "nothing" };

/** Names and what they stand for; an inner scope sees the outer one. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #values = new Map<string, Value>();

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Gives a name that exists another value. */
  change(name: string, value: Value): void {
    if (this.#values.has(name) || this.#outer === undefined) this.#values.set(name, value);
    else this.#outer.change(name, value);
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
  }
}

/** What a value is, for reasons. */
export function nameOfValue(value: Value): string {
  switch (value.kind) {
    case "data":
      return typeof value.value === "string" ? "a text" : "a value";
    case "part":
      return value.name;
    case "unknown":
      return "something unknown";
    default:
      return `a ${value.kind}`;
  }
}

/** The text that a value stands for. @throws {Untranslated} when it is none. */
export function textIn(value: Value | undefined, what: string): string {
  if (value?.kind === "data" && ["string", "number", "boolean"].includes(typeof value.value))
    return String(value.value);
  throw new Untranslated(`${what} is ${value === undefined ? "missing" : reasonOf(value)}`);
}

function reasonOf(value: Value): string {
  return value.kind === "unknown" ? `not known: ${value.why}` : `${nameOfValue(value)}, not a text`;
}

/** The entries of a value that is a mapping; none when it is absent. */
export function entriesIn(value: Value | undefined): ReadonlyMap<string, Value> {
  return value?.kind === "mapping" ? value.entries : new Map();
}

/** JSON of a value that consists of data only. @throws {Untranslated} when it does not. */
export function jsonIn(value: Value, what: string): Json {
  switch (value.kind) {
    case "data":
      return value.value;
    case "list":
      return value.items.map((item) => jsonIn(item, what));
    case "mapping":
      return Object.fromEntries([...value.entries].map(([key, one]) => [key, jsonIn(one, what)]));
    default:
      throw new Untranslated(`${what} is ${reasonOf(value)}`);
  }
}

/** `/source/flags` as the suite format writes expressions; a text that only looks like one is left to `literalWords`. */
export function patternText({ source, flags }: { source: string; flags: string }): string {
  return `/${source}/${flags.replaceAll(/[gy]/g, "")}`.replaceAll("${", () => "$${");
}

const LOOKS_LIKE_PATTERN = /^\/.+\/[dgimsuvy]*$/s;

/** A text or an expression where a locator takes both. @throws {Untranslated} when it is neither. */
export function wordsIn(value: Value | undefined, what: string, isExact = false): string {
  if (value?.kind === "pattern") return patternText(value);
  const text = textIn(value, what);
  if (isExact || !LOOKS_LIKE_PATTERN.test(text)) return text;
  return `/${text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}/i`;
}
