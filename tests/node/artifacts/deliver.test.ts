/** Artifacts that cannot be delivered, or kept: what is told of them, and what stays on the node (R3). Against a real blob store over HTTP. */
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { createArtifactKeeper } from "#node/artifacts/keep.ts";
import { createUploader } from "#node/artifacts/upload.ts";
import { openReplica } from "#node/store/replica.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import { RunId } from "#proto/ids.ts";
import { systemClock } from "#shared/clock.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";
import { Limits } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";
import { BLOB_KEY, serveApi } from "../../gateway-http/http-kit.ts";

const leaseId = leaseIdOf({ runId: RunId.parse("run-1"), testIndex: 0, number: 1 });
const shaOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function setUp(limits: Partial<Limits> = {}) {
  const api = await serveApi();
  const folder = mkdtempSync(join(tmpdir(), "panoptic-deliver-"));
  const blobsPath = join(folder, "blobs");
  mkdirSync(blobsPath);
  const { uploads, close } = openReplica({ path: join(folder, "replica.db"), ids: systemIds });
  const uploader = createUploader({
    ...{ blobsPath, uploads, gatewayUrl: api.server.url, blobKey: BLOB_KEY },
    clock: systemClock,
    log: silentLog,
  });
  const keeper = createArtifactKeeper({
    ...{ blobsPath, uploads, ids: systemIds, clock: systemClock },
    limits: Limits.parse(limits),
    // Uploads begin when a test says so.
    onKept: () => undefined,
  });
  onTestFinished(() => {
    uploader.close();
    close();
    rmSync(folder, { recursive: true, force: true });
  });
  const notes: ArtifactNote[] = [];
  const keeping = keeper.forAttempt(leaseId, ({ artifact }) => void notes.push(artifact));
  const file = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  return { ...api, folder, blobsPath, uploads, uploader, keeping, notes, file };
}

test("a file is moved, hashed and uploaded; what another name leads to is copied and cannot be changed afterwards", async () => {
  const { file, keeping, notes, uploader, blobsPath, call } = await setUp();
  const [moved, linked] = [randomBytes(600_000), randomBytes(300_000)];
  const [movedPath, linkedPath] = [file("moved", moved), file("linked", linked)];
  linkSync(linkedPath, `${linkedPath}.other`);
  keeping.attach({ name: "moved.bin", kind: "file", path: movedPath });
  keeping.attach({ name: "linked.bin", kind: "file", path: linkedPath });
  expect(existsSync(movedPath)).toBe(false);
  await keeping.settled();
  writeFileSync(`${linkedPath}.other`, "changed by the test");
  expect(new Set(notes.map(({ name, sha256 }) => `${name} ${sha256}`))).toEqual(
    new Set([`linked.bin ${shaOf(linked)}`, `moved.bin ${shaOf(moved)}`]),
  );
  expect(await uploader.flush(20_000)).toBe(true);
  expect(readdirSync(blobsPath)).toEqual([]);
  for (const bytes of [moved, linked])
    expect(Buffer.from(await (await call(`/v1/blobs/${shaOf(bytes)}`)).arrayBuffer())).toEqual(
      bytes,
    );
});

test.each<[string, (path: string) => void, string]>([
  ["gone", (path) => rmSync(path), "gone from the node's disk"],
  ["cut", (path) => truncateSync(path, 10), "has 10 bytes in place of 5000"],
  ["spoilt", (path) => writeFileSync(path, randomBytes(5000)), "are spoilt"],
])(
  "bytes that are %s on the node are missing with that reason, and not tried for ever",
  async (_, harm, reason) => {
    const { keeping, uploads, uploader, blobsPath, service } = await setUp();
    const bytes = randomBytes(5000);
    keeping.attach({ name: "a.bin", kind: "file", bytes });
    await keeping.settled();
    harm(join(blobsPath, shaOf(bytes)));
    expect(await uploader.flush(20_000)).toBe(true);
    expect(uploads.all()).toEqual([]);
    expect(readdirSync(blobsPath)).toEqual([]);
    expect([...service.missedBlobs]).toEqual([[shaOf(bytes), expect.stringContaining(reason)]]);
    expect([...service.missedBlobs.values()][0]).toContain("a.bin was not delivered");
  },
);

test("bytes that are right here and came wrong there are sent again from the beginning", async () => {
  const { keeping, uploader, call, service } = await setUp();
  const bytes = randomBytes(5000);
  const sha = shaOf(bytes);
  const wrong = { "content-range": "bytes 0-999/5000", authorization: `Bearer ${BLOB_KEY}` };
  await call(`/v1/blobs/${sha}`, { method: "PUT", body: randomBytes(1000), headers: wrong });
  keeping.attach({ name: "a.bin", kind: "file", bytes });
  await keeping.settled();
  expect(await uploader.flush(20_000)).toBe(true);
  expect([...service.storedBlobs.keys()]).toEqual([sha]);
  expect(service.missedBlobs.size).toBe(0);
});

test("what no run wants is dropped at once: bytes, row and upload", async () => {
  const { keeping, uploads, uploader, blobsPath, refused, service } = await setUp();
  const bytes = randomBytes(5000);
  refused.set(shaOf(bytes), "a.bin has no room");
  keeping.attach({ name: "a.bin", kind: "file", bytes });
  await keeping.settled();
  expect(await uploader.flush(20_000)).toBe(true);
  expect([uploads.all(), readdirSync(blobsPath), service.storedBlobs.size]).toEqual([[], [], 0]);
});

test("what is over a cap, or finds no room, is missing with its name, its size and the cap", async () => {
  const { keeping, notes, file, uploads } = await setUp({
    artifactBytesMax: 4_000_000,
    attemptArtifactBytesMax: 6_000_000,
  });
  keeping.attach({ name: "huge.bin", kind: "file", path: file("huge", randomBytes(4_000_001)) });
  for (let count = 0; count < 7; count += 1)
    keeping.attach({ name: "part.bin", kind: "file", bytes: randomBytes(1_000_000) });
  keeping.attach({ name: "folder", kind: "file", path: tmpdir() });
  await keeping.settled();
  const missing = notes.flatMap(({ missing }) => missing ?? []);
  expect(missing).toEqual([
    "huge.bin is too large: 4000001 bytes, at most 4000000 are kept",
    "part (7).bin has no room: it has 1000000 bytes, and the attempt's artifacts 6000000 of at most 6000000",
    "folder was not kept: it is no regular file",
  ]);
  expect(uploads.all()).toHaveLength(6);
});

test("what would take the room that offers need is missing with that reason", async () => {
  const { keeping, notes } = await setUp({ freeDiskBytesMin: Number.MAX_SAFE_INTEGER });
  keeping.attach({ name: "small.png", kind: "screenshot", bytes: randomBytes(1_000) });
  keeping.attach({ name: "disk.bin", kind: "file", bytes: randomBytes(1_048_576) });
  await keeping.settled();
  expect(notes.flatMap(({ missing }) => missing ?? [])).toEqual([
    expect.stringMatching(/^disk\.bin has no room on the node's disk: it has 1048576 bytes/),
  ]);
});

test("a file that takes too long to be kept is missing with that reason, and leaves nothing behind", async () => {
  const { keeping, notes, file, blobsPath, uploads } = await setUp({ keepArtifactsMs: 1 });
  const path = file("slow", Buffer.alloc(200_000_000));
  keeping.attach({ name: "slow.bin", kind: "file", path });
  await keeping.settled();
  expect(notes).toMatchObject([{ missing: expect.stringContaining("it took longer than 1 ms") }]);
  await waitUntil(() => readdirSync(blobsPath).length === 0, { what: "nothing is left" });
  expect(uploads.all()).toEqual([]);
});
