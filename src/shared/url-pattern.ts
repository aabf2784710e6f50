/**
 * How addresses of requests are chosen: by a glob, or by a regular expression between slashes. Checked at load, used on the node:
 * one reading for both.
 *
 * A glob that begins with `/` is of the path on any host, any other of the whole address. `*` is any part of one path segment,
 * `**` of several, `{a,b}` one of some; everything else means itself. Without a `?` in it, the query does not count. An
 * expression is told from a path by a character that no path has, so `/api/` is a path and `/api\/\d+$/` an expression.
 */
import { parsePattern, type TextPattern } from "./pattern/text-pattern.ts";

export type UrlPattern = { readonly test: (url: URL) => boolean };

const EXPRESSION = /^\/.+\/[dgimsuvy]*$/s;
const SIGNS = /[\\^$()[\]|+]|\.\*/;

/** @returns A sentence when the text is neither. */
export function parseUrlPattern(text: string): UrlPattern | string {
  if (EXPRESSION.test(text) && SIGNS.test(text)) {
    const pattern = parsePattern(text);
    return typeof pattern === "string" ? pattern : { test: (url) => matches(pattern, plain(url)) };
  }
  const pattern = parsePattern(`^${globSource(text)}$`);
  if (typeof pattern === "string") return `a { of the glob ${text} is not closed`;
  const hasQuery = text.includes("?");
  const isPath = text.startsWith("/");
  return {
    test: (url) => {
      const search = hasQuery ? url.search : "";
      const origin = isPath ? "" : `${url.protocol}//${url.host}`;
      return matches(pattern, `${origin}${url.pathname}${search}`);
    },
  };
}

const plain = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}${url.search}`;

/** What nobody can say for certain is not chosen. */
const matches = (pattern: TextPattern, text: string): boolean => pattern.test(text) === true;

function globSource(glob: string): string {
  let depth = 0;
  return glob.replaceAll(/\*\*|[*{},]|[\\^$.|?+()[\]]/g, (sign) => {
    if (sign === "**") return ".*";
    if (sign === "*") return "[^/]*";
    if (sign === "{") {
      depth += 1;
      return "(?:";
    }
    if (sign === "}" && depth > 0) {
      depth -= 1;
      return ")";
    }
    if (sign === ",") return depth > 0 ? "|" : ",";
    return `\\${sign}`;
  });
}
