/**
 * What every answer says to a browser: guess no type, show us in no frame, load and run nothing, keep nothing, tell
 * nobody where you were. An answer that is a page says its own policy. No Strict-Transport-Security: it would bind a
 * name such as localhost, with all that is served there, to our certificate.
 */
import type { MiddlewareHandler } from "hono";

const ALWAYS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

const UNLESS_SAID = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
} as const;

/** Adds the headers to every answer, refusals included. */
export function secureHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(ALWAYS)) c.header(name, value);
    for (const [name, value] of Object.entries(UNLESS_SAID))
      if (!c.res.headers.has(name)) c.header(name, value);
  };
}
