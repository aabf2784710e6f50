/** Addresses by pattern, as routes choose them: one reading of globs for both. Pure. */
import { parseUrlPattern } from "#shared/url-pattern.ts";

/** Whether a glob covers an address; one that begins with `/` is of its path. What is no address is like nothing. */
export function isUrlLike(url: string, glob: string): boolean {
  const pattern = parseUrlPattern(glob);
  return typeof pattern !== "string" && URL.canParse(url) && pattern.test(new URL(url));
}
