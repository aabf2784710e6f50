/** Addresses by pattern, as Playwright writes them: `*` is anything but `/`, `**` anything, `{a,b}` either; all else is itself. Pure. */
import { parsePattern } from "#shared/pattern/text-pattern.ts";

/** Whether a glob covers a whole address. A glob that begins with `/` is of the address's path and query. */
export function isUrlLike(url: string, glob: string): boolean {
  const pattern = parsePattern(`^${globToPattern(glob)}$`);
  if (typeof pattern === "string") return false;
  return pattern.test(glob.startsWith("/") ? pathOf(url) : url) === true;
}

function pathOf(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    // No address that has a path: nothing is like it.
    return url;
  }
}

/** Stars, alternatives, and signs that mean something to expressions. */
const PARTS = /(\*\*+)|(\*)|\{([^{}]*)\}|([.+^$()|[\]\\?{},/-])/g;

/** The glob as a regular expression. */
function globToPattern(glob: string): string {
  return glob.replaceAll(PARTS, (...found) => {
    const [whole, deep, star, choice] = found.map((one) =>
      typeof one === "string" ? one : undefined,
    );
    if (deep !== undefined) return ".*";
    if (star !== undefined) return "[^/]*";
    if (choice !== undefined) return `(?:${choice.split(",").map(globToPattern).join("|")})`;
    return `\\${whole}`;
  });
}
