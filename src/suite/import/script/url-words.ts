/** Addresses that a script expects or waits for, as matchers: texts, globs and expressions. */
import type { Json } from "#proto/matcher.ts";
import { Untranslated } from "../untranslated.ts";
import { patternText, textIn, type Value } from "./values.ts";

/** @throws {Untranslated} for a function. */
export function urlMatcher(value: Value | undefined): Json {
  if (value?.kind === "pattern") return { matches: patternText(value) };
  if (value?.kind === "function") throw new Untranslated("an address is judged by a function");
  const text = textIn(value, "the address");
  return /[*{]/.test(text.replaceAll(/\$\{[^}]*\}/g, "")) ? { matches: globPattern(text) } : text;
}

/** What signs of a glob mean in an expression; every other sign means itself. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["**", ".*"],
  ["*", "[^/]*"],
  ["/", "/"],
  ["{", "(?:"],
  ["}", ")"],
]);

/** `**` crosses slashes, `*` does not, `{a,b}` is one of them. */
function globPattern(glob: string): string {
  let depth = 0;
  const signOf = (sign: string): string => {
    if (sign === "{") depth += 1;
    if (sign === "}") depth -= 1;
    if (sign === ",") return depth > 0 ? "|" : ",";
    return SIGNS.get(sign) ?? (sign.startsWith("${") ? sign : `\\${sign}`);
  };
  return `^${glob.replaceAll(/\*\*|\*|[{},]|\$\{[^}]*\}|[.+?^$()|[\]\\/]/g, signOf)}$`;
}
