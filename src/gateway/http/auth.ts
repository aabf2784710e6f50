/** Who may ask: the API key for everything, the blob key of join tokens (I3) for blobs only. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./problem.ts";

export type Keys = { readonly apiKey: string; readonly blobKey: string };

/** Refuses requests without a key that fits the path. @throws {HttpProblem} 401 with `WWW-Authenticate`. */
export function requireKey(keys: Keys): MiddlewareHandler {
  const apiDigest = digestOf(keys.apiKey);
  const blobDigest = digestOf(keys.blobKey);
  return async (c, next) => {
    const given = bearerOf(c.req.header("authorization"));
    const digest = given === undefined ? undefined : digestOf(given);
    const isBlobPath = c.req.path.startsWith("/v1/blobs/");
    const fits =
      digest !== undefined &&
      (timingSafeEqual(digest, apiDigest) || (isBlobPath && timingSafeEqual(digest, blobDigest)));
    if (!fits)
      throw unauthorized(given === undefined ? "no key was sent" : "the key is not the gateway's");
    await next();
  };
}

function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
}

/** Equal lengths, so that comparing takes equal time whatever was sent. */
function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function unauthorized(reason: string): HttpProblem {
  return new HttpProblem({
    status: 401,
    code: "unauthorized",
    detail: `Cannot use the API: ${reason}`,
    headers: { "www-authenticate": 'Bearer realm="panoptic"' },
  });
}
