/** Joins over a real gateway: what the join key gives, to whom, and that a node lives with what it got. */
import { cpSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startNatsProcess } from "#kit/nats-process.ts";
import { startTcpProxy } from "#kit/tcp-proxy.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { JoinAnswer, Problem } from "#proto/api.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { newUserSeed, publicKeyOf } from "#shared/nats/credentials.ts";
import { credentialIn, type SecuredMesh, startSecuredMesh } from "./secured-mesh.ts";

async function open(options: Parameters<typeof startSecuredMesh>[0] = {}): Promise<SecuredMesh> {
  const mesh = await startSecuredMesh(options);
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  return mesh;
}
const tokenOf = (mesh: SecuredMesh) => decodeJoinToken(mesh.gateway().joinToken());
const requestOf = (mesh: SecuredMesh, nodeId: string, seed = newUserSeed()) => ({
  meshId: tokenOf(mesh).meshId,
  nodeId,
  publicKey: publicKeyOf(seed),
});
const post = (mesh: SecuredMesh, body: unknown, key = tokenOf(mesh).joinKey) =>
  fetch(`${mesh.gateway().url}/v1/join`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const isAlive = (mesh: SecuredMesh, name: string) =>
  mesh
    .gateway()
    .service.nodes()
    .some((node) => node.name === name && node.state === "alive");

test("a join binds the node to its key for good: the same key again, another never, also after a restart", async () => {
  const mesh = await open();
  const request = requestOf(mesh, "node-1");
  const first = JoinAnswer.parse(await (await post(mesh, request)).json());
  expect(first.nodeId).toBe("node-1");
  expect(first.natsJwt?.split(".")).toHaveLength(3);
  const other = requestOf(mesh, "node-1");
  for (const between of [async () => undefined, mesh.restart]) {
    await between();
    const again = await post(mesh, request);
    expect(JoinAnswer.parse(await again.json()).blobKey).toBe(first.blobKey);
    const refused = await post(mesh, other);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(Problem.parse(await refused.json())).toMatchObject({
      status: 409,
      code: "foreign_key",
      detail: expect.stringMatching(/new data folder, or put the credential\.json back/),
    });
  }
  const second = JoinAnswer.parse(await (await post(mesh, requestOf(mesh, "node-2"))).json());
  expect(second.blobKey).not.toBe(first.blobKey);
});

test("a join is checked: key, form, size, checksum, mesh", async () => {
  const mesh = await open();
  const request = requestOf(mesh, "node-1");
  const codeOf = async (answer: Promise<Response>) => {
    const problem = Problem.parse(await (await answer).json());
    return `${problem.status} ${problem.code}`;
  };
  for (const key of ["wrong", mesh.gateway().apiKey, `${tokenOf(mesh).joinKey}x`])
    expect(await codeOf(post(mesh, request, key))).toBe("401 unauthorized");
  const bad = [
    "{",
    [],
    { ...request, more: 1 },
    { ...request, nodeId: "a.b" },
    { ...request, nodeId: ">" },
    { ...request, publicKey: "U" },
    { ...request, publicKey: newUserSeed() },
  ];
  for (const body of bad) expect(await codeOf(post(mesh, body))).toBe("400 bad_request");
  const damaged = request.publicKey.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  expect(await codeOf(post(mesh, { ...request, publicKey: damaged }))).toBe("400 usage");
  expect(await codeOf(post(mesh, { ...request, meshId: "mesh-2" }))).toBe("409 foreign_mesh");
  expect(await codeOf(post(mesh, " ".repeat(5_000)))).toBe("413 too_large");
});

test("a node keeps its credential for itself, and its token holds neither API key nor NATS user", async () => {
  const mesh = await open();
  const { dataDir } = await mesh.join();
  expect(statSync(join(dataDir, "credential.json")).mode & 0o777).toBe(0o600);
  const token = tokenOf(mesh);
  const names = ["version", "meshId", "gatewayUrl", "natsUrl", "joinKey"];
  expect(new Set(Object.keys(token))).toEqual(new Set(names));
  expect(JSON.stringify(token)).not.toContain(mesh.gateway().apiKey);
});

test("a node without its credential.json is refused by name, and says what to do", async () => {
  const mesh = await open();
  const { node, dataDir } = await mesh.join({ name: "one" });
  await node.stop();
  rmSync(join(dataDir, "credential.json"));
  await expect(mesh.join({ dataDir, name: "one" })).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/foreign_key.*new data folder/),
  });
});

test("a node starts by what it kept while the gateway's HTTP is away and NATS lives", async () => {
  const mesh = await open();
  const http = new URL(mesh.gateway().url);
  await using proxy = await startTcpProxy(() => ({ host: http.hostname, port: Number(http.port) }));
  const token = { ...tokenOf(mesh), gatewayUrl: `http://127.0.0.1:${proxy.port}` };
  const { node, dataDir } = await mesh.join({ token, name: "one" });
  await node.stop();
  proxy.cut();
  const again = await mesh.join({ token, dataDir, name: "one" });
  expect(isAlive(mesh, "one")).toBe(true);
  await again.node.stop();
});

test("a running node joins anew when NATS has other keys, and ends by name when it may not", async () => {
  const mesh = await open();
  const one = await mesh.join({ name: "one" });
  const before = credentialIn(one.dataDir).pass.natsJwt;
  await mesh.restart(() => rmSync(join(mesh.gatewayDir, "nats-keys.json")));
  await waitUntil(() => isAlive(mesh, "one"), { what: "the node is back", deadlineMs: 30_000 });
  expect(credentialIn(one.dataDir).pass.natsJwt).not.toBe(before);
  expect(one.ended).toEqual([]);
  await mesh.restart(() => {
    for (const file of ["nats-keys.json", "join.key"]) rmSync(join(mesh.gatewayDir, file));
  });
  await waitUntil(() => one.ended.length > 0, { what: "the node ends", deadlineMs: 30_000 });
  expect(one.ended[0]).toMatchObject({ code: "unauthorized" });
  expect(one.ended[0]?.message).toMatch(/take a new one by `panoptic token`/);
});

test("a node of another mesh's folder joins this mesh with the same key", async () => {
  const [first, second] = [await open(), await open()];
  const { node, dataDir } = await first.join({ name: "one" });
  await node.stop();
  const folder = second.newFolder();
  cpSync(dataDir, folder, { recursive: true });
  await second.join({ dataDir: folder, name: "one" });
  expect(isAlive(second, "one")).toBe(true);
});

test("with an outside NATS a node gets its user from the token, and a blob key of its own", async () => {
  const nats = await startNatsProcess({ user: "mesh", password: "p w" });
  onTestFinished(nats.kill);
  const mesh = await open({ natsUrl: nats.url.replace("nats://", "nats://mesh:p%20w@") });
  expect(tokenOf(mesh)).toMatchObject({ natsUser: "mesh", natsPassword: "p w" });
  const { dataDir } = await mesh.join({ name: "one" });
  expect(isAlive(mesh, "one")).toBe(true);
  expect(credentialIn(dataDir).pass).toMatchObject({ blobKey: expect.stringContaining("node-") });
  expect(credentialIn(dataDir).pass.natsJwt).toBeUndefined();
});
