/**
 * Brings one blob from the gateway into a file: piece by piece, from where a broken connection left it, and verified.
 */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { type Clock, pause } from "#shared/clock.ts";
import { writeAll } from "#shared/durable-file.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { createGarbageHint } from "#shared/runtime/garbage-hint.ts";
import type { ApiClient } from "../api-client.ts";

export type BlobDownload = {
  readonly client: Pick<ApiClient, "blob">;
  readonly clock: Clock;
  readonly sha256: string;
  /** The file to be made. */
  readonly path: string;
};

/** Tries one after the other that brought nothing. */
const FRUITLESS_MAX = 4;
const RETRY_MS = 250;
const IDLE_MS_MAX = 60_000;

/** @throws {Error} When it cannot be had, or is not what its sha256 says; no file stays then. */
export async function downloadBlob(download: BlobDownload): Promise<void> {
  const file = await open(download.path, "w");
  try {
    await fetchAll(download, file);
  } catch (thrown) {
    await rm(download.path, { force: true });
    throw thrown;
  } finally {
    await file.close();
  }
}

type Progress = { readonly hash: Hash; readonly file: FileHandle; at: number };

async function fetchAll(download: BlobDownload, file: FileHandle): Promise<void> {
  const { sha256, clock } = download;
  const progress: Progress = { hash: createHash("sha256"), file, at: 0 };
  for (let fruitless = 0; ; ) {
    const before = progress.at;
    const fault = await fetchRest(download, progress).catch((thrown: unknown) => ({ thrown }));
    // A connection may break after the last byte, too.
    if (fault === undefined || progress.hash.copy().digest("hex") === sha256) break;
    fruitless = progress.at > before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS_MAX || isFinal(fault.thrown)) throw fault.thrown;
    await pause(clock, RETRY_MS);
  }
  const got = progress.hash.digest("hex");
  if (got !== sha256) throw new Error(`its ${progress.at} bytes have the sha256 ${got}`);
}

/** What the gateway says of the blob itself does not change by asking again. */
function isFinal(thrown: unknown): boolean {
  return thrown instanceof MeshError && thrown.code !== "gateway_unreachable";
}

async function fetchRest(
  { client, sha256, clock }: BlobDownload,
  progress: Progress,
): Promise<undefined> {
  const stopping = new AbortController();
  const hint = createGarbageHint();
  let timer = clock.after(IDLE_MS_MAX, () => stopping.abort(stillness()));
  try {
    const body = await client.blob(sha256, progress.at, stopping.signal);
    for await (const piece of body) {
      timer.cancel();
      timer = clock.after(IDLE_MS_MAX, () => stopping.abort(stillness()));
      await writeAll(progress.file, piece, progress.at);
      progress.hash.update(piece);
      progress.at += piece.length;
      hint(piece.length);
    }
  } catch (thrown) {
    if (thrown instanceof MeshError) throw thrown;
    throw new Error(`after ${progress.at} bytes: ${messageOf(thrown)}`, { cause: thrown });
  } finally {
    timer.cancel();
  }
}

const stillness = () => new Error(`nothing came for ${IDLE_MS_MAX} ms`);
