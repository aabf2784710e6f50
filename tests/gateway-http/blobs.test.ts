/** Blobs over HTTP. */
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { parseRange } from "#gateway/http/range.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { BLOB_KEY, problemOf, serveApi } from "./http-kit.ts";

const shaOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const headers = { authorization: `Bearer ${BLOB_KEY}` };

async function setUp(blobBytesMax = 1_000_000) {
  const api = await serveApi({ blobBytesMax });
  const put = (sha: string, bytes: Uint8Array, more: Record<string, string> = {}) =>
    api.call(`/v1/blobs/${sha}`, {
      method: "PUT",
      body: new Uint8Array(bytes),
      headers: { ...headers, ...more },
    });
  const head = async (sha: string) => {
    const answer = await api.call(`/v1/blobs/${sha}`, { method: "HEAD", headers });
    return [
      answer.status,
      answer.headers.get("upload-offset"),
      answer.headers.get("content-length"),
    ];
  };
  return { ...api, put, head };
}

test("a blob goes up whole and comes down whole or in ranges", async () => {
  const { put, head, call, service } = await setUp();
  const bytes = randomBytes(70_000);
  const sha = shaOf(bytes);
  expect((await head(sha)).slice(0, 2)).toEqual([404, "0"]);
  const answer = await put(sha, bytes);
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ sha256: sha, bytes: 70_000, isComplete: true });
  expect([...service.storedBlobs]).toEqual([[sha, 70_000]]);
  expect(await head(sha)).toEqual([200, "70000", "70000"]);
  const whole = await call(`/v1/blobs/${sha}`);
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes);
  expect(whole.headers.get("content-security-policy")).toContain("sandbox");
  const part = await call(`/v1/blobs/${sha}`, { headers: { range: "bytes=100-199" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 100-199/70000"]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200));
  const none = await call(`/v1/blobs/${sha}`, { headers: { range: "bytes=70000-" } });
  expect(none.headers.get("content-range")).toBe("bytes */70000");
  expect(await problemOf(none)).toMatchObject({ status: 416 });
});

test("an empty blob goes up and comes down", async () => {
  const { put, call } = await setUp();
  const sha = shaOf(new Uint8Array());
  expect((await put(sha, new Uint8Array())).status).toBe(201);
  expect(await (await call(`/v1/blobs/${sha}`)).text()).toBe("");
});

test("a blob goes up in parts, by either header, and is not there before its last", async () => {
  const { put, head, call, service } = await setUp();
  const bytes = randomBytes(3000);
  const sha = shaOf(bytes);
  const first = await put(sha, bytes.subarray(0, 1000), { "content-range": "bytes 0-999/3000" });
  expect([
    first.status,
    first.headers.get("upload-offset"),
    first.headers.get("upload-complete"),
  ]).toEqual([202, "1000", "?0"]);
  expect((await head(sha)).slice(0, 2)).toEqual([404, "1000"]);
  expect((await call(`/v1/blobs/${sha}`)).status).toBe(404);
  const gap = await put(sha, bytes.subarray(2000), {
    "upload-offset": "2000",
    "upload-length": "3000",
  });
  expect([gap.status, gap.headers.get("upload-offset")]).toEqual([409, "1000"]);
  expect(service.storedBlobs.size).toBe(0);
  const rest = { "upload-offset": "1000", "upload-length": "3000" };
  expect((await put(sha, bytes.subarray(1000), rest)).status).toBe(201);
  expect(Buffer.from(await (await call(`/v1/blobs/${sha}`)).arrayBuffer())).toEqual(bytes);
});

test("what came before a broken connection is kept", async () => {
  const { server, head, put } = await setUp();
  const bytes = randomBytes(100_000);
  const sha = shaOf(bytes);
  const socket = connect(server.port, "127.0.0.1");
  socket.write(
    `PUT /v1/blobs/${sha} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${BLOB_KEY}\r\nContent-Length: 100000\r\n\r\n`,
  );
  socket.write(bytes.subarray(0, 60_000));
  while ((await head(sha))[1] !== "60000") await pause(systemClock, 5);
  socket.destroy();
  const rest = { "upload-offset": "60000", "upload-length": "100000" };
  expect((await put(sha, bytes.subarray(60_000), rest)).status).toBe(201);
});

test("wrong bytes, large ones and unreadable requests are refused by their codes", async () => {
  const { put, head } = await setUp(1000);
  const bytes = randomBytes(10);
  const sha = shaOf(bytes);
  expect(await problemOf(await put(sha, randomBytes(10)))).toMatchObject({
    status: 422,
    code: "blob_mismatch",
  });
  expect((await head(sha)).slice(0, 2)).toEqual([404, "0"]);
  expect(await problemOf(await put(sha, randomBytes(1001)))).toMatchObject({
    status: 413,
    code: "too_large",
  });
  expect((await put(sha, bytes, { "content-range": "bytes 5-4/9" })).status).toBe(400);
  expect((await put(sha, bytes, { "upload-offset": "-1" })).status).toBe(400);
  expect((await put("ABC", bytes)).status).toBe(404);
});

test("a stored blob is told to the service again when it is sent again", async () => {
  const { put, service } = await setUp();
  const bytes = randomBytes(10);
  await put(shaOf(bytes), bytes);
  service.storedBlobs.clear();
  expect((await put(shaOf(bytes), bytes)).status).toBe(201);
  expect(service.storedBlobs.size).toBe(1);
});

test("R3: a blob whose commit the gateway's death swallowed is told again to the node that asks for it", async () => {
  const { put, head, service } = await setUp();
  const bytes = randomBytes(10);
  await put(shaOf(bytes), bytes);
  service.storedBlobs.clear();
  expect((await head(shaOf(bytes)))[0]).toBe(200);
  expect([...service.storedBlobs.values()]).toEqual([10]);
});

test("many senders of one blob at once all end with it stored", async () => {
  const { put } = await setUp();
  const bytes = randomBytes(300_000);
  const answers = await Promise.all(Array.from({ length: 10 }, () => put(shaOf(bytes), bytes)));
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 201));
});

test.each([
  [undefined, undefined],
  ["bytes=0-0", { start: 0, end: 0 }],
  ["bytes=5-", { start: 5, end: 9 }],
  ["bytes=5-100", { start: 5, end: 9 }],
  ["bytes=-3", { start: 7, end: 9 }],
  ["bytes=-30", { start: 0, end: 9 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=3-2", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,3-4", undefined],
  ["items=0-1", undefined],
] as const)("parseRange() of %s in 10 bytes", (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

test("a known blob is not sent again, a range is of the same content or it is the whole", async () => {
  const { put, call, head } = await setUp();
  const bytes = randomBytes(5000);
  const sha = shaOf(bytes);
  await put(sha, bytes);
  const get = (more: Record<string, string>, method = "GET") =>
    call(`/v1/blobs/${sha}`, { method, headers: more });
  const tag = `"${sha}"`;
  for (const method of ["GET", "HEAD"]) {
    const known = await get({ "if-none-match": `"other", W/${tag}` }, method);
    expect([known.status, known.headers.get("etag"), await known.text()]).toEqual([304, tag, ""]);
    expect((await get({ "if-none-match": '"other"' }, method)).status).toBe(200);
  }
  const seek = { range: "Bytes=4000-" };
  const rest = await get({ ...seek, "if-range": tag });
  expect([rest.status, rest.headers.get("content-range")]).toEqual([206, "bytes 4000-4999/5000"]);
  expect(Buffer.from(await rest.arrayBuffer())).toEqual(bytes.subarray(4000));
  for (const condition of ['"other"', `W/${tag}`, "Sat, 21 Nov 2026 08:00:00 GMT"])
    expect((await get({ ...seek, "if-range": condition })).status).toBe(200);
  const last = await get({ range: "bytes=-100" });
  expect(Buffer.from(await last.arrayBuffer())).toEqual(bytes.subarray(4900));
  expect((await get({ range: "bytes=0-1,4-5" })).status).toBe(200);
  const whole = await get({});
  const asked = await get(seek, "HEAD");
  // Bun 1.4.5 sends a stream in chunks, without its length.
  const named = ["etag", "accept-ranges", "content-type", "cache-control", "upload-offset"];
  for (const name of named) expect(asked.headers.get(name)).toBe(whole.headers.get(name));
  expect([asked.status, (await head(sha))[2]]).toEqual([200, "5000"]);
});

test("what no run wants is refused with the run's reason, before and while it comes; its part is gone", async () => {
  const { put, head, refused } = await setUp();
  const bytes = randomBytes(3000);
  const sha = shaOf(bytes);
  await put(sha, bytes.subarray(0, 1000), { "content-range": "bytes 0-999/3000" });
  refused.set(sha, "large.bin has no room");
  expect((await head(sha)).slice(0, 2)).toEqual([413, "1000"]);
  const rest = { "content-range": "bytes 1000-2999/3000" };
  expect(await problemOf(await put(sha, bytes.subarray(1000), rest))).toMatchObject({
    status: 413,
    detail: "large.bin has no room",
  });
  refused.clear();
  expect((await head(sha)).slice(0, 2)).toEqual([404, "0"]);
});

test("a node says why a blob will not come, in a sentence of its own", async () => {
  const { call, service } = await setUp();
  const sha = shaOf(randomBytes(3));
  const post = (body: unknown) =>
    call(`/v1/blobs/${sha}/missing`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  expect((await post({ reason: "a.png was not delivered" })).status).toBe(204);
  expect([...service.missedBlobs]).toEqual([[sha, "a.png was not delivered"]]);
  expect((await post({})).status).toBe(400);
  expect((await post({ reason: "x".repeat(2001) })).status).toBe(400);
});

test("headers that contradict each other, and bodies longer or shorter than they say, change nothing of what is there", async () => {
  const { put, head } = await setUp();
  const bytes = randomBytes(3000);
  const sha = shaOf(bytes);
  await put(sha, bytes.subarray(0, 1000), { "content-range": "bytes 0-999/3000" });
  const bad = [
    { "content-range": "bytes 1000-1998/3000" }, // 1000 bytes are sent
    { "content-range": "bytes 1000-1999/*" },
    { "content-range": "bytes -5/3000" },
    { "content-range": "items 0-999/3000" },
    { "content-range": "bytes 2999-3000/3000" },
    { "content-range": `bytes 0-999/${"9".repeat(30)}` },
    { "upload-offset": "1e3", "upload-length": "3000" },
    { "upload-offset": "4000", "upload-length": "3000" },
  ];
  for (const more of bad) {
    expect((await put(sha, bytes.subarray(1000, 2000), more)).status, JSON.stringify(more)).toBe(
      400,
    );
    expect((await head(sha))[1]).toBe("1000");
  }
  // Shorter than its blob: more is wanted. What was there before is passed over.
  const again = { "upload-offset": "500", "upload-length": "3000" };
  const short = await put(sha, bytes.subarray(500, 2000), again);
  expect([short.status, short.headers.get("upload-offset")]).toEqual([202, "2000"]);
  // Another length than before: nobody can go on from it.
  const other = randomBytes(10);
  expect((await put(sha, other, { "content-range": "bytes 0-9/10" })).status).toBe(422);
  expect((await head(sha)).slice(0, 2)).toEqual([404, "0"]);
  expect((await put(sha, bytes)).status).toBe(201);
});
