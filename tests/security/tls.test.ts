/** TLS by flags, with a CA of the test: who is trusted, who is refused and told what to do, and that nothing goes in the clear. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openTls, type TlsFiles } from "#gateway/tls.ts";
import { startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { systemClock } from "#shared/clock.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";
import { fetchTrusting } from "#shared/runtime/trusting-fetch.ts";
import { hasOpenssl, type Leaf, makeOwnCa, type OwnCa } from "./own-ca.ts";
import { type SecuredMesh, startSecuredMesh } from "./secured-mesh.ts";

let ca: OwnCa;
let leaf: Leaf;
beforeAll(() => {
  if (!hasOpenssl()) return;
  ca = makeOwnCa();
  leaf = ca.sign("good", "IP:127.0.0.1,DNS:localhost");
});
afterAll(() => ca?.[Symbol.dispose]());

const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const suiteOf = (url: string) => `
name: tls
defaults: { platform: http }
tests:
  - name: brings a file, leaves an artifact
    steps:
      - request: { post: "${url}", multipart: { upload: { file: sent.txt } } }
      - expect: { status: 404 }
`;

async function open(tls = { ...leaf, caPath: ca.caPath }) {
  const mesh = await startSecuredMesh({ tls });
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  return mesh;
}

/** What a server says first to whoever speaks no TLS; undefined when it just hangs up. */
function inTheClear(url: string, said: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connectTcp(Number(port), hostname, () => socket.write(said));
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(heard));
    socket.setTimeout(8_000, () => socket.destroy());
  });
}

describe.skipIf(!hasOpenssl())("a gateway with a certificate", () => {
  test("serves HTTP and NATS by TLS alone, and its nodes trust its CA by their token", async () => {
    const mesh = await open();
    const { url, natsUrl } = mesh.gateway();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(natsUrl).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/);
    const pem = readFileSync(ca.caPath, "utf8");
    expect(decodeJoinToken(mesh.gateway().joinToken())).toMatchObject({
      gatewayUrl: url,
      natsUrl,
      ca: pem,
    });
    expect(readGatewayAddress(mesh.gatewayDir)).toMatchObject({ url, ca: pem });
    await mesh.join({ name: "one" });
    expect(mesh.gateway().service.nodes()).toMatchObject([{ name: "one", state: "alive" }]);
    const http = await inTheClear(url, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    expect(http).not.toContain("200");
    const nats = await inTheClear(natsUrl, 'CONNECT {"verbose":true}\r\nPING\r\n');
    expect(nats).toContain('"tls_required":true'); // its greeting; what we said is not taken
    expect(nats).not.toMatch(/PONG|\+OK/);
    const plain = connect({ servers: natsUrl.replace("tls:", "nats:"), reconnect: false });
    await expect(plain).rejects.toThrow(/certificate/);
  });

  test("runs a suite by the CLI: token, submit, follow, files, artifacts, report, each over TLS", async () => {
    const words = ["--tls-cert", leaf.certPath, "--tls-key", leaf.keyPath, "--tls-ca", ca.caPath];
    await using mesh = await startMesh({ nodes: 1, gatewayWords: words });
    expect(mesh.said()).toMatch(/"url":"https:.*"nats":"tls:/);
    const site = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void site.close());
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
    const suites = { "tls.yaml": suiteOf(url), "sent.txt": "bytes" };
    const { exitCode, stderr, report } = await mesh.run(suites);
    expect(exitCode, stderr).toBe(1);
    const attempt = report?.tests[0]?.attempts[0];
    expect(attempt).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("404") },
    });
    expect(attempt?.artifacts.map(({ state }) => state)).toContain("stored");
    expect(mesh.said()).not.toContain("WITHOUT TLS");
  });

  test("is refused when it could serve nobody, each time by name", () => {
    const other = ca.sign("other", "DNS:elsewhere.example");
    const wild = ca.sign("wild", "DNS:*.mesh.example,IP:10.0.0.5");
    const past = { from: "20200101000000Z", until: "20210101000000Z" };
    const old = ca.sign("old", "IP:127.0.0.1", past);
    const future = { from: "20480101000000Z", until: "20490101000000Z" };
    const early = ca.sign("early", "IP:127.0.0.1", future);
    const opened = (files: TlsFiles, publicUrl?: string, host = "127.0.0.1") =>
      openTls({ files, host, publicUrl, clock: systemClock });
    const nowhere = { certPath: join(ca.dir, "nowhere.pem"), keyPath: leaf.keyPath };
    expect(() => opened(nowhere)).toThrow(/^Cannot read the certificate .*nowhere\.pem/);
    const { keyPath, certPath } = leaf;
    expect(() => opened({ certPath: keyPath, keyPath })).toThrow(/no certificate in PEM form/);
    expect(() => opened({ certPath, keyPath: certPath })).toThrow(/no private key in PEM form/);
    expect(() => opened({ certPath, keyPath: other.keyPath })).toThrow(/is not its key/);
    expect(() => opened({ ...leaf, caPath: keyPath })).toThrow(/no certificate in PEM form/);
    expect(() => opened(old)).toThrow(/it expired on .*2021/);
    expect(() => opened(early)).toThrow(/it is valid from .*2048/);
    expect(() => opened(other)).toThrow(/is for DNS:elsewhere\.example, not for 127\.0\.0\.1/);
    expect(() => opened(leaf, "http://localhost:1")).toThrow(/begins with https:\/\//);
    expect(() => opened(leaf, "https://mesh.example")).toThrow(/not for mesh\.example/);
    expect(opened(leaf).serve.name).toBe("127.0.0.1");
    expect(opened(leaf, "https://localhost").serve.name).toBe("127.0.0.1");
    expect(opened(wild, "https://a.mesh.example", "0.0.0.0").serve.name).toBe("a.mesh.example");
    expect(opened(wild, undefined, "10.0.0.5").serve.name).toBe("10.0.0.5");
  });

  test("is refused at its start by the CLI, too: half of it, and one that its CA has not signed", async () => {
    const { certPath, keyPath } = leaf;
    const start = (...words: string[]) =>
      runProgram(["gateway", "--data", "data", ...words], { callerDir: newFolder() });
    const signed = ["--tls-cert", certPath, "--tls-key", keyPath, "--tls-ca", ca.strangerPath];
    const [half, unsigned] = await Promise.all([start("--tls-cert", certPath), start(...signed)]);
    expect(half.stderr).toMatch(/--tls-cert and --tls-key are both needed/);
    expect(unsigned.stderr).toMatch(/Cannot trust NATS at .*signed by no CA that is trusted here/);
    expect([half.exitCode, unsigned.exitCode]).toEqual([2, 2]);
  }, 60_000);
});

describe.skipIf(!hasOpenssl())(
  "a client refuses, says what to do, and does not try for ever:",
  () => {
    const stranger = () => readFileSync(ca.strangerPath, "utf8");
    const exits = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const end = await runProgram(words, { callerDir: newFolder(), env });
      expect(end.exitCode).toBe(2);
      return end.stderr;
    };
    const ask = (mesh: SecuredMesh, url: string, words: readonly string[] = []) => [
      "nodes",
      "--gateway",
      url,
      "--key-file",
      join(mesh.gatewayDir, "api.key"),
      ...words,
    ];

    test("the CLI, a CA that signed nothing, and none at all; the right one opens", async () => {
      const mesh = await open();
      const { url } = mesh.gateway();
      const none = exits(ask(mesh, url));
      const stranger = exits(ask(mesh, url, ["--ca", ca.strangerPath]));
      const idle = exits(ask(mesh, url.replace("https:", "http:"), ["--ca", ca.caPath]));
      const noCa = exits(ask(mesh, url), { PANOPTIC_CA: leaf.keyPath });
      const right = runProgram(ask(mesh, url), {
        callerDir: newFolder(),
        env: { PANOPTIC_CA: ca.caPath },
      });
      expect(await none).toMatch(/Cannot trust .*--ca FILE or PANOPTIC_CA/);
      expect(await stranger).toMatch(/no CA that is trusted/);
      expect(await noCa).toMatch(/holds no certificate/);
      expect(await idle).toMatch(/Cannot use --ca: .* is reached without TLS/);
      expect((await right).exitCode).toBe(0);
    }, 60_000);

    test("the CLI and a node, a certificate of another name", async () => {
      const mesh = await open(localhostOnly());
      const url = mesh.gateway().url.replace("localhost", "127.0.0.1");
      expect(await exits(ask(mesh, url, ["--ca", ca.caPath]))).toMatch(
        /is another name's; reach it by a name/,
      );
      const token = { ...decodeJoinToken(mesh.gateway().joinToken()), gatewayUrl: url };
      await expect(mesh.join({ token })).rejects.toMatchObject({
        code: "untrusted",
        message: expect.stringMatching(/is another name's/),
      });
    }, 60_000);

    test("a node, a CA that signed nothing, at the gateway and at NATS", async () => {
      const mesh = await open();
      const token = decodeJoinToken(mesh.gateway().joinToken());
      const mistrusting = { ...token, ca: stranger() };
      await expect(mesh.join({ token: mistrusting })).rejects.toMatchObject({ code: "untrusted" });
      const said = await exits(["node", "--data", "node"], {
        PANOPTIC_JOIN: encodeJoinToken(mistrusting),
      });
      expect(said).toMatch(/Cannot trust https:.*signed by no CA that is trusted here/);
      // A gateway that is trusted does not make its NATS trusted: here by a URL without TLS.
      const http = await startHttpInFront(mesh);
      const natsOnly = { ...mistrusting, gatewayUrl: http };
      await expect(mesh.join({ token: natsOnly })).rejects.toMatchObject({
        code: "untrusted",
        message: expect.stringMatching(/^Cannot trust NATS at tls:/),
      });
    }, 60_000);

    test("a running node whose gateway comes back with a certificate of another CA: it ends by name", async () => {
      const folder = newFolder();
      const mine = { certPath: join(folder, "tls.pem"), keyPath: join(folder, "tls.key") };
      const put = (from: Leaf) => {
        copyFileSync(from.certPath, mine.certPath);
        copyFileSync(from.keyPath, mine.keyPath);
      };
      put(leaf);
      const caPath = join(folder, "ca.pem");
      copyFileSync(ca.caPath, caPath);
      const mesh = await open({ ...mine, caPath });
      const one = await mesh.join({ name: "one" });
      await mesh.restart(() => {
        using other = makeOwnCa();
        put(other.sign("other", "IP:127.0.0.1"));
        copyFileSync(other.caPath, caPath);
      });
      await waitUntil(() => one.ended.length > 0, { what: "the node ends", deadlineMs: 40_000 });
      expect(one.ended[0]).toMatchObject({ code: "untrusted" });
    }, 60_000);

    test("a certificate that has expired, and a server that speaks no TLS", async () => {
      const old = ca.sign("gone", "IP:127.0.0.1", {
        from: "20200101000000Z",
        until: "20210101000000Z",
      });
      const { cert, key } = { cert: readFileSync(old.certPath), key: readFileSync(old.keyPath) };
      const server = createTlsServer({ cert, key }, (_request, response) => response.end());
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const expired = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const pem = readFileSync(ca.caPath, "utf8");
      await expect(fetchTrusting(expired, {}, pem)).rejects.toMatchObject({
        code: "untrusted",
        message: expect.stringMatching(/has expired; give the gateway a new one by --tls-cert/),
      });
      const plain = await startSecuredMesh();
      onTestFinished(() => plain[Symbol.asyncDispose]());
      const url = plain.gateway().url.replace("http:", "https:");
      await expect(fetchTrusting(url, {}, pem)).rejects.toThrow(/speaks no TLS on this port/);
      const token = decodeJoinToken(plain.gateway().joinToken());
      const natsUrl = token.natsUrl.replace("nats:", "tls:");
      await expect(plain.join({ token: { ...token, natsUrl } })).rejects.toMatchObject({
        code: "untrusted", // a credential and offers in the clear are worse than no node
      });
    }, 60_000);
  },
);

const localhostOnly = () => ({ ...ca.sign(`name-${names++}`, "DNS:localhost"), caPath: ca.caPath });
let names = 0;

/** The mesh's HTTP without TLS, by a proxy that trusts it. */
async function startHttpInFront(mesh: SecuredMesh): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization = "" } = request.headers;
    const headers = { authorization, "content-type": "application/json" };
    const init = { method: "POST", headers, body: Buffer.concat(chunks) };
    const pem = readFileSync(ca.caPath, "utf8");
    const answer = await fetchTrusting(`${mesh.gateway().url}${request.url}`, init, pem);
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
