/**
 * Serving HTTP: the only file that names Bun's and Deno's servers. What is answered is the caller's `fetch`.
 * Bounds of bodies are the handler's too: the runtime's own are opened wide, and streams may be silent for long.
 */
import { MeshError, messageOf } from "../errors.ts";
import { isPortFree } from "./free-port.ts";

export type ServeOptions = {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Absent: without TLS. */
  readonly tls?: ServeTls | undefined;
};

export type ServeTls = {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** A name that the certificate holds, by which clients on this machine reach the server. */
  readonly name: string;
};

export type HttpServer = {
  /** For clients on this machine. */
  readonly url: string;
  readonly port: number;
  /** Takes no new requests and cuts those that still run. */
  readonly stop: () => Promise<void>;
};

const BODY_BYTES_MAX = Number.MAX_SAFE_INTEGER;
/** A connection over which nothing went for this long is cut: stuck uploads and forgotten clients. Streams of ours beat every 5 s. */
const IDLE_SECONDS = 120;

/** Starts to serve. @throws {MeshError} `conflict` when the port is taken, `usage` when the host is not of this machine. */
export async function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { host, port } = options;
  try {
    const server = globalThis.Bun === undefined ? await serveByDeno(options) : serveByBun(options);
    const { tls } = options;
    const scheme = tls === undefined ? "http" : "https";
    return { ...server, url: `${scheme}://${urlHost(tls?.name ?? host)}:${server.port}` };
  } catch (cause) {
    const isTaken = port !== 0 && !(await isPortFree(host, port));
    if (isTaken && (await isPortFree(host, 0))) {
      throw new MeshError(
        "conflict",
        `Cannot serve on ${host}: the port ${port} is used by another program`,
        { cause },
      );
    }
    throw new MeshError("usage", `Cannot serve on ${host}:${port}: ${messageOf(cause)}`, { cause });
  }
}

type Serving = Pick<HttpServer, "port" | "stop">;

function serveByBun({ host, port, fetch, tls }: ServeOptions): Serving {
  const server = Bun.serve({
    hostname: host,
    port,
    fetch,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: BODY_BYTES_MAX,
    // Without it Bun would share the port with another process that asks for the same.
    reusePort: false,
    development: false,
    ...(tls !== undefined && { tls: { cert: tls.cert, key: tls.key } }),
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}

type DenoServe = (
  options: {
    hostname: string;
    port: number;
    signal: AbortSignal;
    onListen: () => void;
    cert?: string;
    key?: string;
  },
  handler: (request: Request) => Promise<Response>,
) => {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
  readonly shutdown: () => Promise<void>;
};

async function serveByDeno({ host, port, fetch, tls }: ServeOptions): Promise<Serving> {
  const deno = (globalThis as { Deno?: { serve: DenoServe } }).Deno;
  if (deno === undefined)
    throw new MeshError(
      "tool_missing",
      "Cannot serve HTTP: neither Bun nor Deno runs this program",
    );
  const cut = new AbortController();
  const server = deno.serve(
    {
      hostname: host,
      port,
      signal: cut.signal,
      onListen: () => undefined,
      ...(tls !== undefined && { cert: tls.cert, key: tls.key }),
    },
    fetch,
  );
  const stop = async () => {
    cut.abort();
    await server.finished;
  };
  return { port: server.addr.port, stop };
}

/** A host as a URL has it; a server on every address is reached here by loopback. */
export function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
