/**
 * Takes what an attempt leaves into the node's blobs folder, under its sha256 and never in memory as a whole: a file is
 * moved and then hashed where nobody else reaches it, or copied and hashed on the way.
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, renameSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Sha256 } from "#proto/ids.ts";
import { syncFolder, writeAll } from "#shared/durable-file.ts";

/** Bytes, or a regular file that is the keeper's from now on. */
export type Source = { readonly bytes: Uint8Array } | { readonly path: string };

export type Taking = {
  readonly blobsPath: string;
  /** A name in that folder that nobody else uses. */
  readonly temporary: string;
  /** Ends it between two pieces. */
  readonly signal: AbortSignal;
};

/** What the bytes turned out to be. */
export type Taken = { readonly sha256: Sha256; readonly bytes: number };

const PIECE_BYTES = 256 * 1024;

/** How many bytes it has. @throws {Error} When it is no regular file: a link may lead anywhere. */
export function sizeOfSource(source: Source): number {
  if ("bytes" in source) return source.bytes.length;
  const found = lstatSync(source.path);
  if (!found.isFile()) throw new Error("it is no regular file");
  return found.size;
}

/**
 * Moves a file out of reach at once, as its maker goes on. What another name still leads to (a hard link), or lies on
 * another disk, stays where it is and is copied later: a test must not change what is kept.
 */
export function moveIn(source: Source, temporary: string): Source {
  if ("bytes" in source || lstatSync(source.path).nlink > 1) return source;
  try {
    renameSync(source.path, temporary);
    return { path: temporary };
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EXDEV") return source;
    throw thrown;
  }
}

/**
 * Puts the bytes on disk under their sha256; `onNamed` runs in the same turn in which the name appears.
 *
 * @throws {Error} When they cannot be written, or the signal ended it; nothing stays behind then.
 */
export async function takeIn(
  source: Source,
  taking: Taking,
  onNamed: (taken: Taken) => void,
): Promise<Taken> {
  const { blobsPath, temporary } = taking;
  try {
    const taken = await writeSynced(source, taking);
    const path = join(blobsPath, taken.sha256);
    // One turn: nobody removes the file between its name and its row.
    if (!existsSync(path)) renameSync(temporary, path);
    onNamed(taken);
    await syncFolder(blobsPath);
    return taken;
  } finally {
    await rm(temporary, { force: true });
    if ("path" in source && source.path !== temporary) await rm(source.path, { force: true });
  }
}

async function writeSynced(source: Source, { temporary, signal }: Taking): Promise<Taken> {
  if ("path" in source && source.path === temporary) {
    await using file = await open(temporary, "r+");
    const written = await hashOf(file, signal);
    await file.sync();
    return written;
  }
  await using target = await open(temporary, "wx", 0o600);
  const written =
    "bytes" in source
      ? await writeBytes(source.bytes, target)
      : await copyFile(source.path, target, signal);
  await target.sync();
  return written;
}

async function writeBytes(bytes: Uint8Array, target: FileHandle): Promise<Taken> {
  await writeAll(target, bytes, 0);
  return {
    sha256: Sha256.parse(createHash("sha256").update(bytes).digest("hex")),
    bytes: bytes.length,
  };
}

async function copyFile(path: string, target: FileHandle, signal: AbortSignal): Promise<Taken> {
  await using file = await open(path, "r");
  return await hashOf(file, signal, (piece, at) => writeAll(target, piece, at));
}

async function hashOf(
  file: FileHandle,
  signal: AbortSignal,
  onPiece: (piece: Uint8Array, at: number) => Promise<void> = async () => undefined,
): Promise<Taken> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return { sha256: Sha256.parse(hash.digest("hex")), bytes: at };
    const read = piece.subarray(0, bytesRead);
    hash.update(read);
    await onPiece(read, at);
    at += bytesRead;
  }
}

/** The sha256 and size of a file as it is now. @throws {Error} When it cannot be read, or the signal ended it. */
export async function hashFile(path: string, signal: AbortSignal): Promise<Taken> {
  await using file = await open(path, "r");
  // Awaited: the file is closed when this function is left.
  return await hashOf(file, signal);
}
