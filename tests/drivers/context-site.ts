/** Servers that tests of a browser context play against: one that shows what it was asked, proxies over HTTP and SOCKS5, one over TLS that asks who comes. */
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Server,
} from "node:net";
import { type Site, serve } from "./stage.ts";

const PAGE = "<!doctype html><title>page</title><p id=p>hello</p>";

/** Shows requests as JSON, asks for a password at `/secret`, and counts what it is asked at `/api`. */
export async function serveEcho(): Promise<Site & { readonly asked: string[] }> {
  const asked: string[] = [];
  const site = await serve({
    "/": PAGE,
    "/echo": (request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method: request.method, headers: request.headers }));
    },
    "/secret": (request, response) => {
      const isIn = request.headers.authorization === basic("anna", "right-password");
      response.writeHead(isIn ? 200 : 401, {
        "content-type": "text/html",
        ...(isIn ? {} : { "www-authenticate": "Basic realm=x" }),
      });
      response.end(isIn ? "<p>inside</p>" : "<p>outside</p>");
    },
    "/api": (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers["x-added"] ?? ""}`.trim());
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ n: asked.length }));
    },
    "/big": (_, response) => void response.end("x".repeat(100_000)),
    "/js": `<p id=p>static</p><script>p.textContent = "scripted"</script><noscript>no script</noscript>`,
  });
  return { ...site, asked };
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

export type ProxySite = Site & { readonly seen: string[] };

/** A proxy over HTTP: passes on what asks for CONNECT, answers itself what comes in the clear; asks for a password where it has one. */
export async function serveHttpProxy(login?: string): Promise<ProxySite> {
  const seen: string[] = [];
  const isIn = ({ headers }: IncomingMessage) =>
    login === undefined || headers["proxy-authorization"] === login;
  const server = createServer((request, response) => {
    if (!isIn(request)) {
      response.writeHead(407, { "proxy-authenticate": "Basic realm=proxy" }).end();
      return;
    }
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "content-type": "text/html" }).end("<p>by proxy</p>");
  });
  return { ...(await listen(server)), seen };
}

/** A proxy over SOCKS5 without a login, which passes everything on. */
export async function serveSocksProxy(): Promise<ProxySite> {
  const seen: string[] = [];
  const server = createSocketServer((client) => {
    client.on("error", () => undefined);
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (asked) => {
        const name = asked.subarray(5, 5 + (asked[4] ?? 0)).toString();
        const host = asked[3] === 3 ? name : [...asked.subarray(4, 8)].join(".");
        const port = asked.readUInt16BE(asked.length - 2);
        seen.push(`${host}:${port}`);
        const target = connect(port, "127.0.0.1", () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          client.pipe(target).pipe(client);
        });
        target.on("error", () => client.destroy());
      });
    });
  });
  const site = await listen(server);
  return { ...site, url: site.url.replace("http:", "socks5:"), seen };
}

export type Certificates = { readonly key: string; readonly cert: string; readonly ca: string };

/** A server over TLS; with `isAsking` only who shows a certificate of its CA is let in. */
export async function serveTls(by: Certificates, isAsking: boolean): Promise<Site> {
  const server = createTlsServer(
    { ...by, requestCert: isAsking, rejectUnauthorized: isAsking },
    (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(PAGE),
  );
  const site = await listen(server);
  return { ...site, url: site.url.replace("http://127.0.0.1", "https://localhost") };
}

async function listen(server: Server): Promise<Site> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // Whoever still holds a connection goes with the test.
  const close = async () => void server.close();
  return { url: `http://127.0.0.1:${port}`, close };
}
