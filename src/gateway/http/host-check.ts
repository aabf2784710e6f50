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
    const name = nameOf(c.req.header("host") ?? new URL(c.req.url).host);
    if (!(known.has(name) || name.endsWith(".localhost") || isIP(name) !== 0)) {
      const detail = `Cannot answer for the host ${name.slice(0, 100)}: it is not a name of this gateway (--public-url gives it one)`;
      throw new HttpProblem({ status: 421, code: "unknown_host", detail });
    }
    await next();
  };
}

function nameOf(host: string): string {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d*$/, "");
  return name.toLowerCase().replace(/\.$/, "");
}
