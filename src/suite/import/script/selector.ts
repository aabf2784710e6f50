/** Selectors as Playwright writes them in one text: CSS, `text=`, `xpath=`, `role=`, chains by `>>`. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import { type Ground, on } from "./ground.ts";
import { entriesIn, type Value } from "./values.ts";

const TEST_ID_ENGINES = ["data-testid", "data-test-id", "data-test"];

/** The words of a selector on its ground. @throws {Untranslated} for an engine that has no counterpart. */
export function selectorWords(selector: string, ground: Ground): Entries {
  let here: Ground = ground;
  let words: Entries | undefined;
  for (const part of splitChain(selector)) {
    const added = chained(words, part);
    words = added ?? on(words === undefined ? here : { kind: "within", words }, partWords(part));
    here = { kind: "page" };
  }
  if (words === undefined) throw new Untranslated("the selector is empty");
  return words;
}

/** A selector given to a page or a frame means the first that matches, unless it is asked to be strict. */
export function firstMatch(words: Entries, isStrict: boolean): Entries {
  const { css } = words;
  const isById = typeof css === "string" && /^#[\w-]+$/.test(css);
  return isStrict || isById || words["nth"] !== undefined ? words : { ...words, nth: 0 };
}

/** Whether a call says so in its options. */
export function isStrict(options: Value | undefined): boolean {
  const strict = entriesIn(options).get("strict");
  return strict?.kind === "data" && strict.value === true;
}

/** `nth=1` and `visible=true` say more about the part before them. */
function chained(words: Entries | undefined, part: string): Entries | undefined {
  const [, engine, value = ""] = /^(nth|visible|has-text)=(.*)$/s.exec(part) ?? [];
  if (engine === undefined || words === undefined) return undefined;
  if (engine === "nth") return { ...words, nth: Number(value) };
  if (engine === "visible") return { ...words, visible: value === "true" };
  return { ...words, hasText: unquote(value) };
}

/** Splits at `>>` outside of quotes. */
function splitChain(selector: string): readonly string[] {
  const parts: string[] = [];
  let quote = "";
  let start = 0;
  for (let index = 0; index < selector.length; index += 1) {
    const character = selector.charAt(index);
    if (character === "\\") index += 1;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (selector.startsWith(">>", index)) {
      parts.push(selector.slice(start, index).trim());
      start = index + 2;
      index += 1;
    }
  }
  parts.push(selector.slice(start).trim());
  return parts.filter((part) => part !== "");
}

function partWords(part: string): Entries {
  if (part.startsWith("//") || part.startsWith("..") || part.startsWith("(//"))
    return { xpath: part };
  if (/^(["']).*\1$/s.test(part)) return { text: unquote(part), exact: true };
  const [, engine, body = ""] = /^([a-zA-Z_][\w:-]*)\s*=(.*)$/s.exec(part) ?? [];
  if (engine === undefined) return { css: part };
  return engineWords(engine, body.trim());
}

function engineWords(engine: string, body: string): Entries {
  switch (engine) {
    case "css":
      return { css: body };
    case "xpath":
      return { xpath: body };
    case "text":
      return /^(["']).*\1$/s.test(body) ? { text: unquote(body), exact: true } : { text: body };
    case "id":
      return { css: `[id=${JSON.stringify(unquote(body))}]` };
    case "role":
      return roleSelector(body);
    default:
      if (TEST_ID_ENGINES.includes(engine))
        return engine === "data-testid"
          ? { testId: unquote(body) }
          : { css: `[${engine}=${JSON.stringify(unquote(body))}]` };
      throw new Untranslated(`the selector engine "${engine}" has no counterpart`);
  }
}

/** `button[name="Save"i][disabled]`. */
function roleSelector(body: string): Entries {
  const role = /^[a-z]+/.exec(body)?.[0] ?? "";
  const words: { [key: string]: Json } = { role };
  for (const [, key = "", quoted, pattern, plain] of body.matchAll(
    /\[\s*([a-z-]+)\s*(?:=\s*(?:("(?:[^"\\]|\\.)*"[is]?|'(?:[^'\\]|\\.)*'[is]?)|(\/(?:[^/\\]|\\.)+\/\w*)|([\w-]+)))?\s*\]/g,
  )) {
    if (key === "name") Object.assign(words, nameWords(quoted, pattern));
    else words[key] = plain === undefined ? true : asJson(plain);
  }
  return words;
}

function nameWords(quoted: string | undefined, pattern: string | undefined): Entries {
  if (pattern !== undefined) return { name: pattern };
  if (quoted === undefined) return {};
  const isLax = quoted.endsWith("i");
  return { name: unquote(quoted.replace(/[is]$/, "")), ...(isLax ? {} : { exact: true }) };
}

const asJson = (text: string): Json =>
  text === "true" ? true : text === "false" ? false : /^\d+$/.test(text) ? Number(text) : text;

const unquote = (text: string): string =>
  /^(["']).*\1$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
