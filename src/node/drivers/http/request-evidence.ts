/** The last request as a file for people: line, headers, body; credentials and secrets masked, long bodies cut with a note. */
import type { Redactor } from "#shared/redactor.ts";
import type { Evidence } from "../driver.ts";
import type { SentRequest } from "./exchange.ts";

const BODY_LENGTH_MAX = 64 * 1024;
/** What says who somebody is, whether a suite calls it a secret or not. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "x-api-key",
]);

/** Makes `request.txt`. */
export function requestEvidence(sent: SentRequest, redactor: Redactor): Evidence {
  const text = [
    `${sent.method} ${sent.url}`,
    ...[...sent.headers].map(([name, value]) => `${name}: ${maskHeader(name, value)}`),
    "",
    bodyOf(sent.text ?? ""),
  ].join("\n");
  return { name: "request.txt", kind: "log", bytes: new TextEncoder().encode(redactor.text(text)) };
}

/** The scheme and the names of cookies are no secrets. */
export function maskHeader(name: string, value: string): string {
  const lower = name.toLowerCase();
  if (!CREDENTIALS.has(lower)) return value;
  if (lower === "cookie")
    return value
      .split("; ")
      .map((pair) => `${pair.split("=", 1)[0]}=***`)
      .join("; ");
  const scheme = /^(\w+) /.exec(value)?.[1];
  return scheme === undefined ? "***" : `${scheme} ***`;
}

function bodyOf(text: string): string {
  if (text.length <= BODY_LENGTH_MAX) return text;
  return `${text.slice(0, BODY_LENGTH_MAX)}\n… cut at ${BODY_LENGTH_MAX} characters of ${text.length}`;
}
