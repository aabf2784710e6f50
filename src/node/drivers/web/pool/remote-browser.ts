/**
 * A browser that runs elsewhere: by Chromium's own protocol (`cdp:http://…`, `cdp:ws://…`) or as a Playwright server
 * (`ws://…`, `wss://…`). It is not ours: contexts of it are opened and closed, the browser itself is only let go.
 */
import type { Browser } from "playwright-core";
import { MeshError } from "#shared/errors.ts";
import { registerEngines } from "../elements/register-engines.ts";

export type Endpoint = {
  readonly kind: "cdp" | "playwright";
  readonly url: string;
};

const FORMS =
  "cdp:http://HOST:PORT or cdp:ws://… for a browser with --remote-debugging-port, ws://… for a Playwright server";

/** Reads an endpoint as people write it. @throws {MeshError} `usage` with the forms that there are. */
export function readEndpoint(text: string): Endpoint {
  const isCdp = text.startsWith("cdp:");
  const url = isCdp ? text.slice("cdp:".length) : text;
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  const known = isCdp ? ["http:", "https:", "ws:", "wss:"] : ["ws:", "wss:"];
  if (known.includes(protocol)) return { kind: isCdp ? "cdp" : "playwright", url };
  throw new MeshError("usage", `Expected a browser endpoint: ${FORMS}, found ${maskUrl(text)}`);
}

export type Connecting = {
  readonly timeoutMs: number;
  /** For traces and downloads; those of a Playwright server lie on its own machine. */
  readonly artifactsDir: string;
};

/** Connects; what ends the connection leaves the browser running. @throws {Error} What was in the way. */
export async function connectBrowser(
  text: string,
  { timeoutMs, artifactsDir }: Connecting,
): Promise<Browser> {
  const { kind, url } = readEndpoint(text);
  const { chromium, selectors } = await import("playwright-core");
  await registerEngines(selectors);
  return kind === "cdp"
    ? chromium.connectOverCDP(url, { timeout: timeoutMs, artifactsDir })
    : chromium.connect(url, { timeout: timeoutMs });
}

/** An address without what lets others in: user, password, and all behind the host. */
export function maskUrl(text: string): string {
  const [, scheme = "", host = ""] = /^((?:cdp:)?\w+:\/\/)(?:[^/@]*@)?([^/?#]*)/.exec(text) ?? [];
  return scheme === "" ? JSON.stringify(text.slice(0, 40)) : `${scheme}${host}`;
}
