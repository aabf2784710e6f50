/** The blob store on a real folder. */
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createBlobStore } from "#gateway/blobs/blob-store.ts";
import { Sha256 } from "#proto/ids.ts";
import { systemClock } from "#shared/clock.ts";

function makeStore(bytesMax = 10_000_000) {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-blobs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return { dir, store: createBlobStore({ dir, bytesMax, clock: systemClock, idleMs: 200 }) };
}

const shaOf = (bytes: Uint8Array) => Sha256.parse(createHash("sha256").update(bytes).digest("hex"));
const bodyOf = (bytes: Uint8Array) => new Response(new Uint8Array(bytes)).body;
const parts = (dir: string) =>
  existsSync(join(dir, "parts")) ? readdirSync(join(dir, "parts")) : [];

/** A body that is sent by hand. */
function handBody() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  return {
    body,
    send: (bytes: Uint8Array) => controller?.enqueue(bytes),
    fail: () => controller?.error(new Error("cut")),
    end: () => controller?.close(),
  };
}

async function bytesOf(reading: { readonly stream: ReadableStream<Uint8Array> } | undefined) {
  return reading === undefined
    ? undefined
    : new Uint8Array(
        await new Response(reading.stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      );
}

async function until(check: () => Promise<boolean>) {
  while (!(await check())) await new Promise((resolve) => setImmediate(resolve));
}

test("append() in any pieces stores what was sent, and read() gives any range of it", async () => {
  const { store, dir } = makeStore();
  const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(), fc.nat(), async (list, a, b) => {
      const whole = new Uint8Array(Buffer.concat(list));
      const sha256 = shaOf(whole);
      let offset = 0;
      for (const piece of [...list, new Uint8Array()]) {
        await store.append({ sha256, offset, totalBytes: whole.length, body: bodyOf(piece) });
        offset += piece.length;
      }
      expect(await store.state(sha256)).toEqual({ sha256, bytes: whole.length, isComplete: true });
      expect(await bytesOf(await store.read(sha256))).toEqual(whole);
      if (whole.length === 0) return;
      const [start, end] = [a % whole.length, b % whole.length].sort((x, y) => x - y) as [
        number,
        number,
      ];
      expect(await bytesOf(await store.read(sha256, { start, end }))).toEqual(
        whole.slice(start, end + 1),
      );
    }),
    { numRuns: 60 },
  );
  expect(parts(dir)).toEqual([]);
});

test("append() keeps what came before a broken connection and goes on from there", async () => {
  const { store } = makeStore();
  const whole = randomBytes(100_000);
  const sha256 = shaOf(whole);
  const cut = handBody();
  const first = store.append({ sha256, offset: 0, totalBytes: whole.length, body: cut.body });
  cut.send(whole.subarray(0, 40_000));
  await until(async () => (await store.state(sha256))?.bytes === 40_000);
  cut.fail();
  await expect(first).rejects.toThrow("cut");
  expect(await store.state(sha256)).toEqual({ sha256, bytes: 40_000, isComplete: false });
  expect(await store.read(sha256)).toBeUndefined();
  await store.append({
    sha256,
    offset: 40_000,
    totalBytes: whole.length,
    body: bodyOf(whole.subarray(40_000)),
  });
  expect(readFileSync(store.path(sha256))).toEqual(whole);
});

test("append() refuses a gap and says where it is", async () => {
  const { store } = makeStore();
  const upload = {
    sha256: shaOf(randomBytes(9)),
    offset: 5,
    totalBytes: 9,
    body: bodyOf(randomBytes(4)),
  };
  await expect(store.append(upload)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("0 bytes are here"),
  });
});

test("append() drops bytes that are not what their sha256 says, or more than were announced", async () => {
  const { store, dir } = makeStore();
  const sha256 = shaOf(randomBytes(9));
  for (const length of [9, 20]) {
    const upload = { sha256, offset: 0, totalBytes: 9, body: bodyOf(randomBytes(length)) };
    await expect(store.append(upload)).rejects.toMatchObject({ code: "blob_mismatch" });
    expect(await store.state(sha256)).toBeUndefined();
    expect(parts(dir)).toEqual([]);
  }
});

test("append() refuses what is announced larger than allowed", async () => {
  const { store } = makeStore(100);
  const bytes = randomBytes(101);
  await expect(store.put(bytes)).rejects.toMatchObject({ code: "too_large" });
});

test("append() takes over from a stuck sender, whose end changes nothing (B2)", async () => {
  const { store } = makeStore();
  const whole = randomBytes(1000);
  const sha256 = shaOf(whole);
  const stuck = handBody();
  const first = store.append({ sha256, offset: 0, totalBytes: 1000, body: stuck.body });
  const refused = expect(first).rejects.toMatchObject({ code: "conflict" });
  stuck.send(whole.subarray(0, 300));
  await until(async () => (await store.state(sha256))?.bytes === 300);
  const rest = { sha256, offset: 300, totalBytes: 1000, body: bodyOf(whole.subarray(300)) };
  expect(await store.append(rest)).toMatchObject({ isComplete: true });
  await refused;
  expect(readFileSync(store.path(sha256))).toEqual(whole);
});

test("append() beside a sender that goes on waits for it and finds the blob there (B2)", async () => {
  const { store } = makeStore();
  const whole = randomBytes(1000);
  const sha256 = shaOf(whole);
  const slow = handBody();
  const first = store.append({ sha256, offset: 0, totalBytes: 1000, body: slow.body });
  const never = handBody();
  const second = store.append({ sha256, offset: 0, totalBytes: 1000, body: never.body });
  slow.send(whole);
  slow.end();
  expect(await Promise.all([first, second])).toMatchObject([
    { isComplete: true },
    { isComplete: true },
  ]);
});

test("append() of one blob by many at once, each asking again when told to, ends with it stored", async () => {
  const { store, dir } = makeStore();
  const whole = randomBytes(200_000);
  const sha256 = shaOf(whole);
  const sendAll = async (): Promise<void> => {
    for (;;) {
      const offset = (await store.state(sha256))?.bytes ?? 0;
      const upload = {
        sha256,
        offset,
        totalBytes: whole.length,
        body: bodyOf(whole.subarray(offset)),
      };
      const sent = await store.append(upload).catch(() => undefined);
      if (sent?.isComplete) return;
    }
  };
  await Promise.all(Array.from({ length: 8 }, sendAll));
  expect(readFileSync(store.path(sha256))).toEqual(whole);
  expect(parts(dir)).toEqual([]);
});

test("append() again of a whole blob takes nothing and says that it is there", async () => {
  const { store } = makeStore();
  const { sha256 } = await store.put(Buffer.from("hello"));
  const never = handBody();
  const again = await store.append({ sha256, offset: 0, totalBytes: 5, body: never.body });
  expect(again).toEqual({ sha256, bytes: 5, isComplete: true });
});

test.skipIf(process.platform !== "linux")(
  "append() on a full disk says so by its code",
  async () => {
    const { store, dir } = makeStore();
    const bytes = Buffer.from("hello");
    mkdirSync(join(dir, "parts"));
    symlinkSync("/dev/full", join(dir, "parts", shaOf(bytes)));
    const upload = { sha256: shaOf(bytes), offset: 0, totalBytes: 5, body: bodyOf(bytes) };
    await expect(store.append(upload)).rejects.toMatchObject({ code: "disk_full" });
  },
);

test("a new store of the same folder knows whole blobs and parts", async () => {
  const { store, dir } = makeStore();
  const whole = await store.put(Buffer.from("hello"));
  const other = randomBytes(50);
  await store.append({
    sha256: shaOf(other),
    offset: 0,
    totalBytes: 50,
    body: bodyOf(other.subarray(0, 20)),
  });
  const second = createBlobStore({ dir, bytesMax: 1000, clock: systemClock });
  expect(await second.state(whole.sha256)).toEqual(whole);
  expect(await second.state(shaOf(other))).toMatchObject({ bytes: 20, isComplete: false });
});

test("sweepParts() removes parts that nobody goes on with, and no whole blob", async () => {
  const { store, dir } = makeStore();
  expect(await store.sweepParts(0)).toBe(0);
  const { sha256 } = await store.put(Buffer.from("hello"));
  const [old, running] = [randomBytes(50), randomBytes(60)];
  await store.append({
    sha256: shaOf(old),
    offset: 0,
    totalBytes: 50,
    body: bodyOf(old.subarray(0, 20)),
  });
  const sender = handBody();
  const sent = store.append({
    sha256: shaOf(running),
    offset: 0,
    totalBytes: 60,
    body: sender.body,
  });
  sender.send(running.subarray(0, 30));
  await until(async () => (await store.state(shaOf(running)))?.bytes === 30);
  expect(await store.sweepParts(60_000)).toBe(0);
  expect(await store.sweepParts(-60_000)).toBe(1);
  expect(parts(dir)).toEqual([shaOf(running)]);
  sender.send(running.subarray(30));
  sender.end();
  expect((await sent).isComplete).toBe(true);
  expect((await store.state(sha256))?.isComplete).toBe(true);
});
