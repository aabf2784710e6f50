/** What the http driver does over TLS and over sockets of its own, against servers whose certificates a CA of the test has signed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createProxy } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasOpenssl, makeOwnCa, type OwnCa } from "../security/own-ca.ts";
import { demand, get, json, playOn } from "./http-site.ts";
import { bodyOf } from "./stage.ts";
import { connect as connectTo, receive, sendText, textIs, withSockets, ws } from "./stream-site.ts";

type TlsSite = {
  readonly url: string;
  readonly port: number;
  readonly connections: () => number;
  readonly close: () => void;
};

async function serveTls(options: ServerOptions): Promise<TlsSite> {
  let connections = 0;
  const server = createServer(options, (request, response) => {
    void bodyOf(request).then((body) => {
      if (request.url === "/gzip") {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync("packed"));
        return;
      }
      const { socket } = request as unknown as {
        socket: { authorized: boolean; servername: unknown };
      };
      const { authorized, servername } = socket;
      response.end(JSON.stringify({ authorized, servername, body, headers: request.headers }));
    });
  });
  withSockets(server, { "/chat": { text: (peer, text) => peer.send(text) } });
  server.on("secureConnection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `https://127.0.0.1:${port}`, port, connections: () => connections, close };
}

describe.skipIf(!hasOpenssl())("over TLS", () => {
  let ca: OwnCa;
  let site: TlsSite;
  let asking: TlsSite;
  let old: TlsSite;
  let client: { readonly cert: string; readonly key: string };

  beforeAll(async () => {
    ca = makeOwnCa();
    const leaf = ca.sign("site", "IP:127.0.0.1,DNS:localhost,DNS:shop.test");
    const own = { cert: readFileSync(leaf.certPath), key: readFileSync(leaf.keyPath) };
    const { certPath: cert, keyPath: key } = ca.sign("client", "DNS:client");
    client = { cert, key };
    const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: ca.dir });
    openssl(
      "pkcs12",
      "-export",
      "-inkey",
      key,
      "-in",
      cert,
      "-out",
      "c.pfx",
      "-passout",
      "pass:top-secret",
    );
    site = await serveTls(own);
    const trusted = readFileSync(ca.caPath);
    asking = await serveTls({ ...own, ca: trusted, requestCert: true, rejectUnauthorized: true });
    old = await serveTls({ ...own, maxVersion: "TLSv1.2" });
  });
  afterAll(() => {
    for (const one of [site, asking, old]) one.close();
    ca[Symbol.dispose]();
  });

  test("trusts nobody unknown, whom the suite names, and anybody only when told", () =>
    playOn({ baseUrl: site.url }, async ({ play, failed }) => {
      expect((await failed(get("/"))).message).toContain("certificate is not trusted");
      await play(get("/", { tls: { ca: ca.caPath } }));
      await play(demand({ subject: { of: "status" }, status: { anyOf: [200] } }));
      await play(get("/", { tls: { insecure: true } }));
      const stranger = await failed(get("/", { tls: { ca: ca.strangerPath } }));
      expect(stranger.message).toContain("certificate is not trusted");
      const missing = await failed(get("/", { tls: { ca: "none.pem" } }));
      expect(missing.message).toContain("Cannot read none.pem of tls");
    }));

  test("asks for a name, and takes no certificate of another", () =>
    playOn({ baseUrl: site.url }, async ({ play, failed }) => {
      const tls = { ca: ca.caPath };
      await play(get("/", { tls: { ...tls, serverName: "shop.test" } }));
      await play(demand(json("$.servername", "shop.test")));
      const other = await failed(get("/", { tls: { ...tls, serverName: "other.test" } }));
      expect(other.message).toContain("certificate is for another name");
    }));

  test("shows a client's certificate: as a pair, as a pfx; without one the server ends it", () =>
    playOn({ baseUrl: asking.url }, async ({ play, failed }) => {
      const tls = { ca: ca.caPath };
      await play(get("/", { tls: { ...tls, ...client } }));
      await play(demand(json("$.authorized", true)));
      await play(get("/", { tls: { ...tls, pfx: `${ca.dir}/c.pfx`, passphrase: "top-secret" } }));
      await play(demand(json("$.authorized", true)));
      expect((await failed(get("/", { tls }))).code).toBe("request");
      const wrong = await failed(
        get("/", { tls: { ...tls, pfx: `${ca.dir}/c.pfx`, passphrase: "wrong" } }),
      );
      expect(wrong.message).toContain("Cannot use the certificates of tls");
    }));

  test("speaks no older version than asked", () =>
    playOn({ baseUrl: old.url, tls: { ca: ca.caPath } }, async ({ play, failed }) => {
      await play(get("/"));
      const refused = await failed(get("/", { tls: { ca: ca.caPath, minVersion: "1.3" } }));
      expect(refused.message).toContain("speaks no such TLS version");
    }));

  test("the test's tls counts where a step has none; connections are kept within the attempt only", async () => {
    const before = site.connections();
    const twice = () =>
      playOn({ baseUrl: site.url, tls: { ca: ca.caPath } }, async ({ play }) => {
        await play(get("/"));
        await play(get("/"));
      });
    await twice();
    expect(site.connections() - before).toBe(1);
    await twice();
    expect(site.connections() - before).toBe(2);
  });

  test("measures its parts when asked, and says so when not", () =>
    playOn({ baseUrl: site.url, tls: { ca: ca.caPath } }, async ({ play, failed }) => {
      const timing = (phase: string, matcher: object) =>
        demand({ subject: { of: "timing", phase }, matcher });
      await play(get("/", { timings: true }));
      await play(timing("tls", { above: 0 }));
      await play(timing("firstByte", { above: 0 }));
      const slow = await failed(timing("firstByte", { below: 0 }));
      expect(slow.message).toMatch(/^Expected timings firstByte to be a number below 0, got \d/);
      await play(get("/", { timings: true }));
      await play(timing("tls", { equals: 0 }));
      await play(get("/"));
      expect((await failed(timing("dns", { below: 9 }))).message).toContain("add `timings: true`");
    }));

  test("takes a body as it came, or decompressed", () =>
    playOn({ baseUrl: site.url, tls: { ca: ca.caPath } }, async ({ play }) => {
      await play(get("/gzip"));
      await play(demand({ subject: { of: "body" }, matcher: { equals: "packed" } }));
      await play(get("/gzip", { decompress: false }));
      await play(
        demand({ subject: { of: "bytes" }, matcher: { equals: gzipSync("packed").length } }),
      );
    }));

  test("holds streams open as requests are made", () =>
    playOn({ baseUrl: asking.url }, async ({ play, failed }) => {
      const tls = { ca: ca.caPath, ...client };
      await play(ws(connectTo("/chat", { tls })));
      await play(sendText("over TLS"));
      await play(ws(receive([textIs("over TLS")])));
      const refused = await failed(ws(connectTo("/chat", { name: "b" })));
      expect(refused.message).toMatch(/^Cannot connect ws to wss:.*certificate is not trusted/);
    }));

  test("goes through the environment's proxy, by a tunnel", async () => {
    const asked: string[] = [];
    const proxy = createProxy().on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const target = connect(site.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      target.on("error", () => socket.destroy());
      socket.on("error", () => target.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const before = { ...process.env };
    process.env["HTTPS_PROXY"] = `http://127.0.0.1:${port}`;
    try {
      await playOn({ tls: { ca: ca.caPath } }, async ({ play }) => {
        await play(get(`https://shop.test:${site.port}/`));
        await play(demand(json("$.servername", "shop.test")));
      });
    } finally {
      process.env = before;
      proxy.closeAllConnections();
      proxy.close();
    }
    expect(asked).toEqual([`shop.test:${site.port}`]);
  });
});
