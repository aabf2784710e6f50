import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { createArtifactKeeper } from "#node/artifacts/keep.ts";
import { createNameTaker } from "#node/artifacts/names.ts";
import { createUploader, type Uploader } from "#node/artifacts/upload.ts";
import { openReplica } from "#node/store/replica.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import { RunId } from "#proto/ids.ts";
import { systemClock } from "#shared/clock.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";

const leaseId = leaseIdOf({ runId: RunId.parse("run-1"), testIndex: 0, number: 1 });
const blobKey = "key";
const releases: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

type Behave = (request: IncomingMessage, response: ServerResponse, take: () => void) => void;

/** A gateway's blob side as far as uploads need it; `behave` may answer otherwise. */
async function openBlobServer(behave: Behave = (_request, _response, take) => take()) {
  const parts = new Map<string, Buffer>();
  const log: string[] = [];
  const server = createServer((request, response) => {
    const sha256 = request.url?.split("/").at(-1) ?? "";
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("error", () => undefined);
    const isRight = request.headers.authorization === `Bearer ${blobKey}`;
    const take = () => {
      const known = parts.get(sha256) ?? Buffer.alloc(0);
      const isWhole = createHash("sha256").update(known).digest("hex") === sha256;
      if (request.method === "HEAD") {
        response.writeHead(isWhole ? 200 : 404, { "upload-offset": String(known.length) }).end();
        return;
      }
      const offset = Number(/bytes (\d+)-/.exec(request.headers["content-range"] ?? "")?.[1] ?? 0);
      const bytes = Buffer.concat([known.subarray(0, offset), ...chunks]);
      parts.set(sha256, bytes);
      log.push(`PUT from ${offset}`);
      const isDone = createHash("sha256").update(bytes).digest("hex") === sha256;
      response.writeHead(isDone ? 201 : 422).end();
    };
    request.on("end", () =>
      isRight ? behave(request, response, take) : response.writeHead(401).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  releases.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, parts, log };
}

function openNodeSide(
  gatewayUrl: string,
  folder = mkdtempSync(join(tmpdir(), "panoptic-artifacts-")),
) {
  const blobsPath = join(folder, "blobs");
  mkdirSync(blobsPath, { recursive: true });
  releases.push(() => rmSync(folder, { recursive: true, force: true }));
  const replica = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  const { uploads } = replica;
  const uploader: Uploader = createUploader({
    blobsPath,
    uploads,
    gatewayUrl,
    blobKey,
    clock: systemClock,
    log: silentLog,
  });
  const close = () => {
    uploader.close();
    replica.close();
  };
  releases.push(close);
  const notes: ArtifactNote[] = [];
  const keeper = createArtifactKeeper({
    blobsPath,
    uploads,
    ids: systemIds,
    clock: systemClock,
    limits: DEFAULT_LIMITS,
    onKept: uploader.notify,
  });
  const keeping = keeper.forAttempt(leaseId, ({ artifact }) => void notes.push(artifact));
  return { folder, blobsPath, uploads, uploader, keeping, notes, close };
}
const bytesOf = (text: string) => new TextEncoder().encode(text);

test("R3: a kept artifact reaches the gateway, and its bytes then leave the node", async () => {
  const gateway = await openBlobServer();
  const { keeping, notes, uploads, blobsPath, uploader } = openNodeSide(gateway.url);
  keeping.attach({ name: "a.png", kind: "screenshot", bytes: bytesOf("one") });
  keeping.attach({ name: "a.png", kind: "screenshot", bytes: bytesOf("two") });
  keeping.attach({ name: "b.png", kind: "screenshot", bytes: bytesOf("one") });
  keeping.attach({ name: "empty.log", kind: "log", bytes: bytesOf("") });
  await keeping.settled();
  expect(notes.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    "a (2).png",
    "a.png",
    "b.png",
    "empty.log",
  ]);
  expect(await uploader.flush(10_000)).toBe(true);
  for (const { sha256, bytes } of notes)
    expect(gateway.parts.get(sha256 ?? "")?.length ?? 0).toBe(bytes);
  expect(uploads.all()).toEqual([]);
  expect(readdirSync(blobsPath)).toEqual([]);
});

test("R3: what the gateway has already is not sent, and what is there in part goes on from there", async () => {
  const gateway = await openBlobServer();
  const known = bytesOf("known already");
  const half = bytesOf("x".repeat(1_000));
  const shaOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  gateway.parts.set(shaOf(known), Buffer.from(known));
  gateway.parts.set(shaOf(half), Buffer.from(half.subarray(0, 400)));
  const { keeping, uploader } = openNodeSide(gateway.url);
  keeping.attach({ name: "known", kind: "file", bytes: known });
  keeping.attach({ name: "half", kind: "file", bytes: half });
  await keeping.settled();
  expect(await uploader.flush(10_000)).toBe(true);
  expect(gateway.log).toEqual(["PUT from 400"]);
});

test("R3: a gateway that fails is asked again until it has the bytes", async () => {
  let failures = 2;
  const gateway = await openBlobServer((request, response, take) => {
    if (failures > 0) {
      failures -= 1;
      if (request.method === "HEAD") response.writeHead(503).end();
      else request.destroy();
      return;
    }
    take();
  });
  const { keeping, uploader, uploads } = openNodeSide(gateway.url);
  keeping.attach({ name: "a", kind: "file", bytes: bytesOf("again") });
  await keeping.settled();
  await waitUntil(() => failures < 2, { what: "the first failure" });
  expect(uploads.all()).toHaveLength(1);
  await waitUntil(
    () => {
      uploader.retryNow();
      return uploads.all().length === 0;
    },
    { what: "the upload" },
  );
});

test("R3: only the word that the bytes are on the gateway's disk lets the node forget them", async () => {
  const answers = [507, 500, 202, 409, 422, 401];
  const gateway = await openBlobServer((request, response, take) => {
    const status = request.method === "PUT" ? answers.shift() : undefined;
    if (status === undefined) take();
    else response.writeHead(status).end();
  });
  const { keeping, uploader, uploads, blobsPath } = openNodeSide(gateway.url);
  keeping.attach({ name: "a", kind: "file", bytes: bytesOf("kept") });
  await keeping.settled();
  const isGone = () => uploads.all().length === 0 || readdirSync(blobsPath).length === 0;
  await waitUntil(
    () => {
      uploader.retryNow();
      return answers.length === 0 || isGone();
    },
    { what: "all refusals are told" },
  );
  expect(answers).toEqual([]);
  expect(await uploader.flush(15_000)).toBe(true);
  expect([...gateway.parts.values()].map(String)).toEqual(["kept"]);
});

test("R3: what was not uploaded goes on after a restart; bytes that nobody names are swept", async () => {
  const nobody = "http://127.0.0.1:1";
  const first = openNodeSide(nobody);
  first.keeping.attach({ name: "a", kind: "file", bytes: bytesOf("kept over the restart") });
  await first.keeping.settled();
  first.close();
  writeFileSync(join(first.blobsPath, "new-123.tmp"), "half");
  const gateway = await openBlobServer();
  const second = openNodeSide(gateway.url, first.folder);
  expect(existsSync(join(second.blobsPath, "new-123.tmp"))).toBe(false);
  second.uploader.notify();
  expect(await second.uploader.flush(10_000)).toBe(true);
  expect([...gateway.parts.values()].map(String)).toEqual(["kept over the restart"]);
});

test("artifacts beyond the bound are one that is missing, with the reason", async () => {
  const gateway = await openBlobServer();
  const { keeping, notes } = openNodeSide(gateway.url);
  const { artifactsPerAttemptMax } = DEFAULT_LIMITS;
  for (let n = 0; n < artifactsPerAttemptMax + 5; n += 1)
    keeping.attach({ name: "a", kind: "file", bytes: bytesOf("same") });
  await keeping.settled();
  expect(notes).toHaveLength(artifactsPerAttemptMax + 1);
  expect(notes.filter(({ missing }) => missing !== undefined)).toMatchObject([
    { missing: expect.stringContaining("200 artifacts") },
  ]);
});

test("createNameTaker() gives plain names, each once", () => {
  const take = createNameTaker();
  const names = [
    "a.png",
    "A.png",
    "../../etc/passwd",
    "/abs",
    "C:\\x",
    "",
    "..",
    "con",
    "a\u0000b",
    `${"x".repeat(500)}.png`,
    ".hidden",
  ].map(take);
  expect(names.slice(0, 2)).toEqual(["a.png", "A (2).png"]);
  for (const name of names) {
    for (const banned of ["/", "\\", ":", "\u0000"]) expect(name).not.toContain(banned);
    expect(name.startsWith(".")).toBe(false);
    expect(name.length).toBeLessThanOrEqual(200);
  }
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
});
