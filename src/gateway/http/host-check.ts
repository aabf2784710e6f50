/**
 * Refuses requests for a name that is not ours: a web page whose name was pointed at this machine (DNS rebinding) cannot
 * talk to the gateway. An address cannot be pointed elsewhere, so requests by IP address pass.
 */
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./problem.ts";

/** @param hosts Names besides `localhost` by which the gateway is known, such as that of its public URL. */
export function requireKnownHost(hosts: readonly string[]): MiddlewareHandler {
  const known = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);
  return async (c, next) => {
    const name = nameOf(c.req.header("host") ?? hostOfUrl(c.req.url));
    if (!(known.has(name) || name.endsWith(".localhost") || isIP(name) !== 0)) {
      const detail = `Cannot answer for the host ${name.slice(0, 100)}: it is not a name of this gateway (--public-url gives it one)`;
      throw new HttpProblem({ status: 421, code: "unknown_host", detail });
    }
    await next();
  };
}

/** @throws {HttpProblem} 400 when there is none: a client of HTTP 1.0 need not name one, and then nobody knows what it asks for. */
function hostOfUrl(url: string): string {
  if (URL.canParse(url)) return new URL(url).host;
  const detail = "Cannot answer: the request names no host; send a Host header";
  throw new HttpProblem({ status: 400, code: "host_missing", detail });
}

function nameOf(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
  return name.toLowerCase().replace(/\.$/, "");
}
