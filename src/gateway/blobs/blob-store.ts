/**
 * The bytes of artifacts and suite files on the gateway's disk, stored once under their sha256 (R3).
 * It does not know what names a blob or who may read it; http/blobs.ts does the asking, the gateway's store the naming.
 *
 * `DIR/ab/abcd…` is whole, verified and on disk (fsync, rename, fsync of the folder); `DIR/parts/abcd…` is what came so
 * far. Invariants:
 * - B1 A file under its sha256 is never changed and never less than whole.
 * - B2 A part has one writer. A later upload of the same blob waits until the earlier one ends, or takes over when no
 *   byte of that came for `idleMs`: so two senders never write beside each other, and a dead one never blocks for long.
 *   Refused: taking over at once; eight equal uploads then ended each other for ever (measured 2026-11).
 * - B3 Bytes that are not what their sha256 says are dropped.
 */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobState } from "#proto/api.ts";
import { Sha256 } from "#proto/ids.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import { codeOf, removeOldFiles, sizeOf } from "./files.ts";
import { type BlobReading, type ByteRange, readBlob } from "./read-blob.ts";

export type BlobStoreOptions = {
  readonly dir: string;
  /** The most that one blob may have. */
  readonly bytesMax: number;
  readonly clock: Clock;
  /** An upload of which no byte came for this long may be taken over (B2). */
  readonly idleMs?: number;
};

type BlobUpload = {
  readonly sha256: Sha256;
  /** Where `body` begins in the blob. */
  readonly offset: number;
  /** Of the whole blob. */
  readonly totalBytes: number;
  readonly body: ReadableStream<Uint8Array> | null;
};

export type BlobStore = {
  /** What is there of a blob; undefined when nothing is. */
  readonly state: (sha256: Sha256) => Promise<BlobState | undefined>;
  /**
   * Takes bytes of a blob; what came before a broken connection is kept. Complete only once it is on disk.
   *
   * @throws {MeshError} `conflict` when `offset` is beyond what is there, or another upload took over (ask `state`);
   * `too_large`; `blob_mismatch`; `disk_full`.
   */
  readonly append: (upload: BlobUpload) => Promise<BlobState>;
  /** Stores bytes of our own, as complete. @throws {MeshError} as `append`. */
  readonly put: (bytes: Uint8Array) => Promise<BlobState>;
  /** The bytes, or `range` of them; undefined when the blob is not whole here. */
  readonly read: (sha256: Sha256, range?: ByteRange) => Promise<BlobReading | undefined>;
  /** Where the file of a whole blob lies. */
  readonly path: (sha256: Sha256) => string;
  /** Removes parts whose senders are not heard of for `ageMs`; returns how many. */
  readonly sweepParts: (ageMs: number) => Promise<number>;
};

type Writer = {
  /** Where the part ends now. */
  end: number;
  /** When the last byte came. */
  heardMs: number;
  readonly takeover: AbortController;
  readonly done: Promise<void>;
};

const IDLE_MS = 5_000;

/** Opens the blob store of a folder; folders are made when they are needed. */
export function createBlobStore(options: BlobStoreOptions): BlobStore {
  const { dir, bytesMax, clock } = options;
  const idleMs = options.idleMs ?? IDLE_MS;
  const writers = new Map<Sha256, Writer>();
  const path = (sha256: Sha256) => join(dir, sha256.slice(0, 2), sha256);
  const partPath = (sha256: Sha256) => join(dir, "parts", sha256);

  const state = async (sha256: Sha256): Promise<BlobState | undefined> => {
    const whole = await sizeOf(path(sha256));
    if (whole !== undefined) return { sha256, bytes: whole, isComplete: true };
    const part = writers.get(sha256)?.end ?? (await sizeOf(partPath(sha256)));
    return part === undefined ? undefined : { sha256, bytes: part, isComplete: false };
  };

  /** B2: no await between the last look and our own entry. */
  const becomeWriter = async (
    upload: BlobUpload,
  ): Promise<{ writer: Writer; finish: () => void }> => {
    for (
      let other = writers.get(upload.sha256);
      other !== undefined;
      other = writers.get(upload.sha256)
    ) {
      const waitMs = idleMs - (clock.monotonicMs() - other.heardMs);
      if (waitMs <= 0) other.takeover.abort();
      await (waitMs <= 0 ? other.done : Promise.race([other.done, pause(clock, waitMs)]));
    }
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const writer = {
      end: upload.offset,
      heardMs: clock.monotonicMs(),
      takeover: new AbortController(),
      done,
    };
    writers.set(upload.sha256, writer);
    const finish = () => {
      writers.delete(upload.sha256);
      resolve();
    };
    return { writer, finish };
  };

  const append = async (upload: BlobUpload): Promise<BlobState> => {
    const { sha256 } = upload;
    if (upload.totalBytes > bytesMax) throw tooLarge(upload, bytesMax);
    const { writer, finish } = await becomeWriter(upload);
    try {
      const whole = await sizeOf(path(sha256));
      if (whole !== undefined) return { sha256, bytes: whole, isComplete: true };
      const end = (await sizeOf(partPath(sha256))) ?? 0;
      // Bytes that came before may be sent again: they replace what is there.
      if (upload.offset > end) throw wrongOffset(upload, end);
      return await writePart({
        upload,
        writer,
        clock,
        partPath: partPath(sha256),
        path: path(sha256),
      });
    } catch (thrown) {
      throw asMeshError(thrown, upload);
    } finally {
      finish();
    }
  };

  const put = (bytes: Uint8Array): Promise<BlobState> => {
    const sha256 = Sha256.parse(createHash("sha256").update(bytes).digest("hex"));
    const body = new Response(new Uint8Array(bytes)).body;
    return append({ sha256, offset: 0, totalBytes: bytes.length, body });
  };

  const sweepParts = (ageMs: number) =>
    removeOldFiles(join(dir, "parts"), {
      beforeWallMs: clock.wallMs() - ageMs,
      isKept: (name) => writers.has(name as Sha256),
    });
  const read = (sha256: Sha256, range?: ByteRange) => readBlob(path(sha256), range);
  return { state, append, put, path, read, sweepParts };
}

type Writing = {
  readonly upload: BlobUpload;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly partPath: string;
  readonly path: string;
};

async function writePart(of: Writing): Promise<BlobState> {
  const { upload, writer, partPath } = of;
  await mkdir(dirname(partPath), { recursive: true });
  const file = await open(partPath, upload.offset === 0 ? "w+" : "r+");
  try {
    const hash = createHash("sha256");
    if (upload.offset > 0) await file.truncate(upload.offset);
    await hashPrefix(file, hash, upload.offset);
    await writeBody(of, file, hash);
    if (writer.end < upload.totalBytes) {
      return { sha256: upload.sha256, bytes: writer.end, isComplete: false };
    }
    if (hash.digest("hex") !== upload.sha256) {
      await rm(partPath, { force: true }); // B3
      throw new MeshError(
        "blob_mismatch",
        `Cannot store blob ${upload.sha256}: its ${writer.end} bytes have another sha256`,
      );
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await publish(partPath, of.path);
  return { sha256: upload.sha256, bytes: writer.end, isComplete: true };
}

async function writeBody(of: Writing, file: FileHandle, hash: Hash): Promise<void> {
  const { upload, writer, partPath } = of;
  if (upload.body === null) return;
  const { signal } = writer.takeover;
  const reader = upload.body.getReader();
  const onTakeover = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", onTakeover, { once: true });
  try {
    for (;;) {
      const part = await reader.read();
      if (signal.aborted) throw wrongOffset(upload, writer.end);
      if (part.done) return;
      const { value } = part;
      if (writer.end + value.length > upload.totalBytes) {
        await rm(partPath, { force: true }); // B3
        throw new MeshError(
          "blob_mismatch",
          `Cannot store blob ${upload.sha256}: more came than its ${upload.totalBytes} bytes`,
        );
      }
      await file.writev([value], writer.end);
      hash.update(value);
      writer.end += value.length;
      writer.heardMs = of.clock.monotonicMs();
    }
  } finally {
    signal.removeEventListener("abort", onTakeover);
    // Whoever still sends is told that nobody reads.
    await reader.cancel().catch(() => undefined);
  }
}

const HASH_CHUNK_BYTES = 256 * 1024;

async function hashPrefix(file: FileHandle, hash: Hash, bytes: number): Promise<void> {
  const chunk = new Uint8Array(Math.min(HASH_CHUNK_BYTES, bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (bytesRead === 0) throw new Error(`A part of a blob ends at ${at}, before ${bytes}`);
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** B1: the name appears when the bytes are on disk, and stays over a power cut. */
async function publish(partPath: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rename(partPath, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function asMeshError(thrown: unknown, upload: BlobUpload): unknown {
  if (thrown instanceof MeshError || !FULL.has(codeOf(thrown) ?? "")) return thrown;
  return new MeshError(
    "disk_full",
    `Cannot store blob ${upload.sha256}: the gateway's disk is full`,
    { cause: thrown },
  );
}

function tooLarge(upload: BlobUpload, bytesMax: number): MeshError {
  return new MeshError(
    "too_large",
    `Cannot store blob ${upload.sha256}: ${upload.totalBytes} bytes, at most ${bytesMax}`,
  );
}

function wrongOffset(upload: BlobUpload, end: number): MeshError {
  return new MeshError(
    "conflict",
    `Cannot go on with blob ${upload.sha256} from ${upload.offset}: ${end} bytes are here`,
  );
}
