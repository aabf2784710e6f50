/**
 * One upload's bytes onto the end of a part: hashed as they come, on disk now and then, and the blob's own file when they
 * are whole and right (B1, B3).
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { BlobState } from "#proto/api.ts";
import type { Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { syncFolder, writeAll } from "#shared/durable-file.ts";
import { MeshError } from "#shared/errors.ts";
import { createGarbageHint } from "#shared/runtime/garbage-hint.ts";
import { hashHead, type PartHash, type PartHashes } from "./part-hashes.ts";
import type { Writer } from "./writers.ts";

export type BlobUpload = {
  readonly sha256: Sha256;
  /** Where `body` begins in the blob. */
  readonly offset: number;
  /** Where `body` ends in the blob, exclusive; absent: at its end. */
  readonly until?: number;
  /** Of the whole blob. */
  readonly totalBytes: number;
  readonly body: ReadableStream<Uint8Array> | null;
};

export type PartWriting = {
  readonly upload: BlobUpload;
  readonly writer: Writer;
  readonly hashes: PartHashes;
  readonly clock: Clock;
  readonly partPath: string;
  /** Where the whole blob is to lie. */
  readonly path: string;
  /** Throws when the blob is not wanted (any more). */
  readonly check: () => void;
};

/** So much may be lost by a power cut of what a sender was told to be here; it also bounds the last fsync. */
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

/**
 * Adds the bytes; what is there already is passed over, and judged with the rest when all is there.
 *
 * @throws {MeshError} `conflict`, `blob_mismatch`, or what `check` throws.
 */
export async function writePart(of: PartWriting): Promise<BlobState> {
  const { upload, writer, partPath } = of;
  const { sha256 } = upload;
  await mkdir(dirname(partPath), { recursive: true });
  const file = await open(partPath, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const part = await resumePart(of, file);
    writer.end = part.end;
    // Bytes that came before may be sent again; a gap may not.
    if (upload.offset > part.end) {
      of.hashes.keep(sha256, part);
      throw wrongOffset(upload, part.end);
    }
    await takeBody(of, file, part).catch(async (thrown: unknown) => {
      if (thrown instanceof MeshError && isFatal(thrown)) await rm(partPath, { force: true });
      else of.hashes.keep(sha256, part);
      throw thrown;
    });
    if (part.end < upload.totalBytes) {
      of.hashes.keep(sha256, part);
      return { sha256, bytes: part.end, isComplete: false };
    }
    await checkHash(of, part);
    await file.sync();
  } finally {
    await file.close();
  }
  await publish(partPath, of.path);
  return { sha256, bytes: upload.totalBytes, isComplete: true };
}

/** B3, and what is not wanted: of such a part nothing is kept. */
const isFatal = ({ code }: MeshError) => code === "blob_mismatch" || code === "too_large";

/** Where the part stands: by the running hash, or read again when this process did not write it. */
async function resumePart(of: PartWriting, file: FileHandle): Promise<PartHash> {
  const { upload, writer, clock } = of;
  const { size } = await file.stat();
  const known = of.hashes.take(upload.sha256);
  if (size > upload.totalBytes) {
    // Of another length than this sender says: nobody can go on from it.
    await file.truncate(0);
    return { hash: createHash("sha256"), end: 0 };
  }
  if (known === undefined || known.end > size) {
    return hashHead(file, size, () => {
      writer.heardMs = clock.monotonicMs();
    });
  }
  // Bytes of a write that failed half way are not in the hash.
  if (known.end < size) await file.truncate(known.end);
  return known;
}

async function takeBody(of: PartWriting, file: FileHandle, part: PartHash): Promise<void> {
  const { upload, writer } = of;
  const { body } = upload;
  if (body === null) return;
  const { signal } = writer.ending;
  const reader = body.getReader();
  const hint = createGarbageHint();
  const onEnding = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", onEnding, { once: true });
  let at = upload.offset;
  let syncedEnd = part.end;
  try {
    for (;;) {
      const piece = await reader.read();
      if (signal.reason === "taken_over") throw wrongOffset(upload, part.end);
      // Too long: what came is kept, and the sender goes on by another request.
      if (piece.done || signal.aborted) return;
      of.check();
      hint(piece.value.length);
      at = await takePiece({ of, file, part }, piece.value, at);
      if (part.end - syncedEnd < SYNC_EVERY_BYTES) continue;
      await file.datasync();
      syncedEnd = part.end;
    }
  } finally {
    signal.removeEventListener("abort", onEnding);
    // Whoever still sends is told that nobody reads.
    await reader.cancel().catch(() => undefined);
  }
}

type Taking = { readonly of: PartWriting; readonly file: FileHandle; readonly part: PartHash };

/** Returns where the next piece begins. */
async function takePiece(
  { of, file, part }: Taking,
  piece: Uint8Array,
  at: number,
): Promise<number> {
  const { upload, writer, clock } = of;
  const next = at + piece.length;
  if (next > (upload.until ?? upload.totalBytes)) throw tooMany(upload);
  const fresh = piece.subarray(Math.min(piece.length, Math.max(0, part.end - at)));
  if (fresh.length > 0) {
    await writeAll(file, fresh, part.end);
    part.hash.update(fresh);
    part.end += fresh.length;
  }
  writer.end = part.end;
  writer.heardMs = clock.monotonicMs();
  return next;
}

async function checkHash({ upload, partPath }: PartWriting, part: PartHash): Promise<void> {
  if (part.hash.digest("hex") === upload.sha256) return;
  await rm(partPath, { force: true }); // B3
  throw new MeshError(
    "blob_mismatch",
    `Cannot store blob ${upload.sha256}: its ${part.end} bytes have another sha256`,
  );
}

/** B1: the name appears when the bytes are on disk, and stays over a power cut: its folder's own name, too. */
export async function publish(partPath: string, path: string): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true });
  await rename(partPath, path);
  await syncFolder(folder);
  if (made !== undefined) await syncFolder(dirname(folder));
}

function tooMany({ sha256, offset, until, totalBytes }: BlobUpload): MeshError {
  const said = (until ?? totalBytes) - offset;
  return new MeshError(
    "blob_mismatch",
    `Cannot store blob ${sha256}: more came than the ${said} bytes from ${offset} on that were announced`,
  );
}

/** The sender is to ask where the part ends, and to go on from there. */
export function wrongOffset({ sha256, offset }: BlobUpload, end: number): MeshError {
  return new MeshError(
    "conflict",
    `Cannot go on with blob ${sha256} from ${offset}: ${end} bytes are here`,
  );
}
