/**
 * HTTP to the gateway: the only place that says by whom its certificate must be signed. Everything of ours that asks a
 * gateway asks through here; what tests ask of other servers is the http driver's.
 */
import { distrustOf } from "../tls.ts";

/** Bun's and Deno's ways to name the CA; Node's fetch has none and trusts the machine's. */
type RuntimeInit = RequestInit & { tls?: { ca: string }; client?: unknown };
type DenoClients = {
  readonly createHttpClient: (options: { readonly caCerts: readonly string[] }) => unknown;
};

/**
 * As `fetch`; with `ca`, PEM text, the server's certificate must be signed by it, else by one that this machine trusts.
 *
 * @throws {MeshError} `untrusted` when the certificate is not trusted, expired or another name's, or no TLS is spoken.
 */
export async function fetchTrusting(
  url: string,
  init: RequestInit,
  ca: string | undefined,
): Promise<Response> {
  try {
    return await fetch(url, ca === undefined ? init : initOf(init, ca));
  } catch (thrown) {
    throw distrustOf(thrown, new URL(url).origin) ?? thrown;
  }
}

const denoClients = new Map<string, unknown>();

function initOf(init: RequestInit, ca: string): RuntimeInit {
  if (globalThis.Bun !== undefined) return { ...init, tls: { ca } };
  const { Deno: deno } = globalThis as { Deno?: DenoClients };
  if (deno === undefined) return init;
  if (!denoClients.has(ca)) denoClients.set(ca, deno.createHttpClient({ caCerts: [ca] }));
  return { ...init, client: denoClients.get(ca) };
}
