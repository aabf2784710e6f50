/** Addresses as steps write them: resolved against the test's `baseUrl`, and compared with where a page is. Pure. */
import type { Json, Matcher } from "#proto/matcher.ts";
import { StepError } from "./driver.ts";

/**
 * Resolves an address against `baseUrl` by the rules of links: `/a` replaces its path, `a` its last part.
 *
 * @throws {StepError} With `code`, when it is no address, or a path without a `baseUrl`.
 */
export function resolveUrl(url: string, baseUrl: string | undefined, code: string): URL {
  const resolved = parseUrl(url, baseUrl);
  if (resolved !== undefined) return resolved;
  const reason =
    baseUrl === undefined && parseUrl(url, "http://localhost") !== undefined
      ? `it ${/^[/.?#]/.test(url) ? "is a path" : "has no scheme such as http://"}, and the test has no baseUrl`
      : describeBadUrl(baseUrl);
  throw new StepError("failed", code, `Cannot go to ${JSON.stringify(url)}: ${reason}`);
}

/**
 * Prepares a matcher on a page's address. In `equals` and `in`, a text that begins with `/` stands for path, query and
 * fragment on the page's own origin, and any other for the whole address (`http://host` is `http://host/`).
 * `contains` and `matches` read the whole address as it is.
 */
export function toUrlMatcher(matcher: Matcher, pageUrl: string): Matcher {
  const result: { -readonly [K in keyof Matcher]: Matcher[K] } = { ...matcher };
  if (matcher.equals !== undefined) result.equals = toWhole(matcher.equals, pageUrl);
  if (matcher.in !== undefined) result.in = matcher.in.map((one) => toWhole(one, pageUrl));
  if (matcher.not !== undefined) result.not = toUrlMatcher(matcher.not, pageUrl);
  return result;
}

function toWhole(expected: Json, pageUrl: string): Json {
  if (typeof expected !== "string") return expected;
  const isPath = expected.startsWith("/") && !expected.startsWith("//");
  return parseUrl(expected, isPath ? pageUrl : undefined)?.href ?? expected;
}

function describeBadUrl(baseUrl: string | undefined): string {
  return baseUrl === undefined ? "it is no URL" : `it is no URL, also not with baseUrl ${baseUrl}`;
}

function parseUrl(url: string, base: string | undefined): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    // URL says no by throwing; the callers say what that means.
    return undefined;
  }
}
