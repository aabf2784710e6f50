/**
 * Running sha256 of parts that are being uploaded, so that a part which goes on is not read again: only after a restart
 * of the gateway, or when more parts are open than are remembered.
 */
import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Sha256 } from "#proto/ids.ts";

/** The hash of the bytes before `end`. */
export type PartHash = { readonly hash: Hash; end: number };

export type PartHashes = {
  /** Takes it out: whoever writes has it, and keeps it when the part stays. */
  readonly take: (sha256: Sha256) => PartHash | undefined;
  readonly keep: (sha256: Sha256, known: PartHash) => void;
};

const REMEMBERED_MAX = 256;

export function createPartHashes(): PartHashes {
  const known = new Map<Sha256, PartHash>();
  return {
    take: (sha256) => {
      const found = known.get(sha256);
      known.delete(sha256);
      return found;
    },
    keep: (sha256, part) => {
      const oldest = known.keys().next();
      if (known.size >= REMEMBERED_MAX && oldest.done !== true) known.delete(oldest.value);
      known.set(sha256, part);
    },
  };
}

const PIECE_BYTES = 256 * 1024;

/**
 * Hashes the first bytes of a file, piece by piece: others have their turn after each.
 *
 * @param onPiece Called after each: a long part is no sign of a dead writer.
 * @throws {Error} When the file ends before.
 */
export async function hashHead(
  file: FileHandle,
  bytes: number,
  onPiece: () => void,
): Promise<PartHash> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes));
  let at = 0;
  while (at < bytes) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, bytes - at), at);
    if (bytesRead === 0) throw new Error(`A part of a blob ends at ${at}, before ${bytes}`);
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
    onPiece();
  }
  return { hash, end: at };
}
