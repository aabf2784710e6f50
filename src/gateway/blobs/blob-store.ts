/**
 * The bytes of artifacts and suite files on the gateway's disk, stored once under their sha256 (R3).
 * It does not know what names a blob or who may read it; http/blobs.ts does the asking, the gateway's store the naming.
 *
 * `DIR/ab/abcd…` is whole, verified and on disk (fsync, rename, fsync of the folders); `DIR/parts/abcd…` is what came so
 * far. Invariants:
 * - B1 A file under its sha256 is never changed and never less than whole.
 * - B2 A part has one writer (writers.ts), and only ever grows or is dropped.
 * - B3 Bytes that are not what their sha256 says are dropped.
 * - B4 A whole blob that somebody was told of is young again (its mtime), and nobody collects what is held or young: what
 *   was said to be here stays until the event or the run that names it can be committed (collector.ts).
 */
import { createHash } from "node:crypto";
import { existsSync, rmSync, statSync } from "node:fs";
import { mkdir, open, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { BlobState } from "#proto/api.ts";
import { Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import { codeOf, removeOldFiles, sizeOf } from "./files.ts";
import { createPartHashes } from "./part-hashes.ts";
import { type BlobReading, type ByteRange, readBlob } from "./read-blob.ts";
import { type BlobUpload, publish, writePart, wrongOffset } from "./upload-part.ts";
import { createWriters } from "./writers.ts";

export type BlobStoreOptions = {
  readonly dir: string;
  /** The most that one blob may have. */
  readonly bytesMax: number;
  readonly clock: Clock;
  /** An upload of which no byte came for this long may be taken over (B2); default 5 s. */
  readonly idleMs?: number;
  /** One upload may last so long, and goes on by another; default 10 minutes. */
  readonly spanMsMax?: number;
  /** Why a blob is not taken: no run wants it, and one has refused it. Asked for each piece. */
  readonly refusalOf?: (sha256: Sha256) => string | undefined;
};

export type BlobStore = {
  /** What is there of a blob; undefined when nothing is. */
  readonly state: (sha256: Sha256) => Promise<BlobState | undefined>;
  /**
   * Takes bytes of a blob; what came before a broken connection is kept. Complete only once it is on disk.
   *
   * @throws {MeshError} `conflict` when `offset` is beyond what is there, or another upload goes on or took over (ask
   * `state`); `too_large`; `blob_mismatch`; `disk_full`.
   */
  readonly append: (upload: BlobUpload) => Promise<BlobState>;
  /** Stores bytes of our own, as complete. @throws {MeshError} `too_large`, `disk_full`. */
  readonly put: (bytes: Uint8Array) => Promise<BlobState>;
  /** The bytes, or `range` of them; undefined when the blob is not whole here. */
  readonly read: (sha256: Sha256, range?: ByteRange) => Promise<BlobReading | undefined>;
  /** Where the file of a whole blob lies. */
  readonly path: (sha256: Sha256) => string;
  /** Whether it is whole here, now. */
  readonly isWhole: (sha256: Sha256) => boolean;
  /** Why it is not taken; undefined when it is. */
  readonly refusalOf: (sha256: Sha256) => string | undefined;
  /** Keeps the collector from a blob while `act` runs (B4). */
  readonly hold: <T>(sha256: Sha256, act: () => Promise<T>) => Promise<T>;
  /** Makes a whole blob young again: somebody was told that it is here (B4). */
  readonly touch: (sha256: Sha256) => Promise<void>;
  /** Removes a whole blob unless it is held or younger than `ageMs`: one look and one deed, nothing between. True when it is gone. */
  readonly removeOld: (sha256: Sha256, ageMs: number) => boolean;
  /** Removes parts whose senders are not heard of for `ageMs`; returns how many. */
  readonly sweepParts: (ageMs: number) => Promise<number>;
};

const IDLE_MS = 5_000;
const SPAN_MS_MAX = 600_000;

/** Opens the blob store of a folder; folders are made when they are needed. */
export function createBlobStore(options: BlobStoreOptions): BlobStore {
  const { dir, bytesMax, clock, idleMs = IDLE_MS, spanMsMax = SPAN_MS_MAX } = options;
  const writers = createWriters({ clock, idleMs, spanMsMax });
  const hashes = createPartHashes();
  const { hold, isHeld } = createHolds();
  const partsPath = join(dir, "parts");
  const path = (sha256: Sha256) => join(dir, sha256.slice(0, 2), sha256);
  const partPath = (sha256: Sha256) => join(partsPath, sha256);
  const refusalOf = options.refusalOf ?? (() => undefined);
  let putCount = 0;

  const state = async (sha256: Sha256): Promise<BlobState | undefined> => {
    const whole = await sizeOf(path(sha256));
    if (whole !== undefined) return { sha256, bytes: whole, isComplete: true };
    const part = writers.get(sha256)?.end ?? (await sizeOf(partPath(sha256)));
    return part === undefined ? undefined : { sha256, bytes: part, isComplete: false };
  };

  const append = async (upload: BlobUpload): Promise<BlobState> => {
    const { sha256 } = upload;
    const check = () => checkRefusal(refusalOf(sha256));
    checkSize(upload, bytesMax);
    const writer = await writers.enter(sha256);
    if (writer === undefined) throw wrongOffset(upload, writers.get(sha256)?.end ?? 0);
    try {
      const whole = await sizeOf(path(sha256));
      if (whole !== undefined) return { sha256, bytes: whole, isComplete: true };
      if (refusalOf(sha256) !== undefined) await rm(partPath(sha256), { force: true });
      check();
      const places = { partPath: partPath(sha256), path: path(sha256) };
      return await writePart({ ...places, upload, writer, hashes, clock, check });
    } catch (thrown) {
      throw asMeshError(thrown, upload);
    } finally {
      writer.finish();
    }
  };

  /** Beside the parts of uploads: nobody waits for another sender of bytes that are here already. */
  const put = async (bytes: Uint8Array): Promise<BlobState> => {
    const sha256 = Sha256.parse(createHash("sha256").update(bytes).digest("hex"));
    const stored = { sha256, bytes: bytes.length, isComplete: true };
    checkSize({ sha256, totalBytes: bytes.length }, bytesMax);
    return hold(sha256, async () => {
      if (existsSync(path(sha256))) await touch(sha256);
      else await putFile(bytes, sha256);
      return stored;
    });
  };
  const putFile = async (bytes: Uint8Array, sha256: Sha256): Promise<void> => {
    putCount += 1;
    const temporary = join(partsPath, `${sha256}.${putCount}.put`);
    try {
      await mkdir(partsPath, { recursive: true });
      await writeSynced(temporary, bytes);
      await publish(temporary, path(sha256));
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw asMeshError(thrown, { sha256 });
    }
  };

  const touch = (sha256: Sha256) => {
    const now = new Date(clock.wallMs());
    return utimes(path(sha256), now, now);
  };
  const removeOld = (sha256: Sha256, ageMs: number): boolean => {
    const found = statSync(path(sha256), { throwIfNoEntry: false });
    if (found === undefined) return true;
    if (isHeld(sha256) || found.mtimeMs > clock.wallMs() - ageMs) return false;
    rmSync(path(sha256));
    return true;
  };

  const sweepParts = (ageMs: number) =>
    removeOldFiles(partsPath, {
      beforeWallMs: clock.wallMs() - ageMs,
      isKept: (name) => writers.get(name as Sha256) !== undefined,
    });
  const read = (sha256: Sha256, range?: ByteRange) => readBlob(path(sha256), range);
  const isWhole = (sha256: Sha256) => existsSync(path(sha256));
  return {
    ...{ state, append, put, read, path, isWhole, refusalOf },
    ...{ hold, touch, removeOld, sweepParts },
  };
}

/** Counts who holds what. */
function createHolds(): Pick<BlobStore, "hold"> & { readonly isHeld: (sha256: Sha256) => boolean } {
  const counts = new Map<Sha256, number>();
  return {
    isHeld: (sha256) => counts.has(sha256),
    hold: async (sha256, act) => {
      counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
      try {
        return await act();
      } finally {
        const count = (counts.get(sha256) ?? 1) - 1;
        if (count > 0) counts.set(sha256, count);
        else counts.delete(sha256);
      }
    },
  };
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function asMeshError(thrown: unknown, { sha256 }: Pick<BlobUpload, "sha256">): unknown {
  if (thrown instanceof MeshError || !FULL.has(codeOf(thrown) ?? "")) return thrown;
  return new MeshError("disk_full", `Cannot store blob ${sha256}: the gateway's disk is full`, {
    cause: thrown,
  });
}

function checkRefusal(reason: string | undefined): void {
  if (reason !== undefined) throw new MeshError("too_large", reason);
}

function checkSize(
  { sha256, totalBytes }: Pick<BlobUpload, "sha256" | "totalBytes">,
  bytesMax: number,
): void {
  if (totalBytes <= bytesMax) return;
  throw new MeshError(
    "too_large",
    `Cannot store blob ${sha256}: ${totalBytes} bytes, at most ${bytesMax}`,
  );
}
