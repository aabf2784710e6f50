/**
 * Who may ask what: the API key everything but to join, a node's blob key (I3) to bring and fetch blobs, the join key
 * to join. A key is never repeated in an answer or a log.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { HttpProblem } from "./problem.ts";

export type Keys = {
  readonly apiKey: string;
  /** Of join tokens: for `POST /v1/join` alone. */
  readonly joinKey: string;
  /** Whether a key is the blob key of some node; in equal time for all wrong ones. */
  readonly isBlobKey: (key: string) => boolean;
};

/** Refuses requests without a key that fits path and method. @throws {HttpProblem} 401 with `WWW-Authenticate`. */
export function requireKey(keys: Keys): MiddlewareHandler {
  const isApiKey = keyTest(keys.apiKey);
  const isJoinKey = keyTest(keys.joinKey);
  const fits = (c: Context, given: string): boolean => {
    if (c.req.path === "/v1/join") return isJoinKey(given);
    return isApiKey(given) || (isBlobCall(c) && keys.isBlobKey(given));
  };
  return async (c, next) => {
    const given = bearerOf(c.req.header("authorization"));
    if (given === undefined) throw unauthorized("no key was sent");
    if (!fits(c, given)) throw unauthorized("the key that was sent does not open it");
    await next();
  };
}

function isBlobCall(c: Context): boolean {
  const { path, method } = c.req;
  if (method === "POST") return /^\/v1\/blobs\/[^/]+\/missing$/.test(path);
  return /^\/v1\/blobs\/[^/]+$/.test(path) && /^(HEAD|GET|PUT)$/.test(method);
}

/** Longer than any key of ours; a longer one is none. */
const KEY_LENGTH_MAX = 500;

function bearerOf(header: string | undefined): string | undefined {
  const key = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  return key === undefined || key.length > KEY_LENGTH_MAX ? undefined : key;
}

/** Digests have equal lengths, so that comparing takes equal time whatever was sent. */
function keyTest(key: string): (given: string) => boolean {
  const wanted = digestOf(key);
  return (given) => timingSafeEqual(digestOf(given), wanted);
}

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
