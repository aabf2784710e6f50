/**
 * The files of a test: fetched from the gateway once by their sha256, verified, and copied into each attempt's
 * workspace under their own paths, which cannot leave it.
 */
import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { TestFile } from "#proto/test.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { writeAll } from "#shared/durable-file.ts";
import { messageOf } from "#shared/errors.ts";
import { type BlobClient, createBlobClient } from "../artifacts/blob-client.ts";
import { hashFile } from "../artifacts/take-in.ts";
import { StepError } from "../drivers/driver.ts";
import type { Workspace } from "./workspace.ts";

export type FileSource = {
  /**
   * Puts the files into the workspace; returns what turns their paths into those of the copies.
   *
   * @throws {StepError} `lost`, `file_missing` when one cannot be had within the bound.
   */
  readonly place: (files: readonly TestFile[], into: Placing) => Promise<(path: string) => string>;
};

export type Placing = { readonly workspace: Workspace; readonly signal: AbortSignal };

export type FileSourceOptions = {
  /** Emptied at the start: a cache of this process. */
  readonly cachePath: string;
  readonly gatewayUrl: string;
  readonly blobKey: string;
  readonly clock: Clock;
};

const RETRY_MS = [100, 300, 1_000, 3_000];
/** All tries of one file together. */
const FETCH_MS_MAX = 300_000;
/** The cache is emptied when it grows beyond this: 1 GiB. */
const CACHE_BYTES_MAX = 1024 ** 3;

export function createFileSource(options: FileSourceOptions): FileSource {
  const cache = createCache(options);
  return {
    place: async (files, { workspace, signal }) => {
      if (files.length === 0) return refuseUnknown(new Map());
      const copies = new Map<string, string>();
      for (const file of files) {
        const cached = await cache.get(file, signal);
        const path = safeJoin(workspace.path(), file.path);
        mkdirSync(dirname(path), { recursive: true });
        copyFileSync(cached, path, constants.COPYFILE_FICLONE);
        copies.set(normal(file.path), path);
      }
      return refuseUnknown(copies);
    },
  };
}

function refuseUnknown(copies: ReadonlyMap<string, string>): (path: string) => string {
  return (path) => {
    const copy = copies.get(normal(path));
    if (copy !== undefined) return copy;
    throw new StepError(
      "failed",
      "file_unknown",
      `Cannot use the file ${path}: it does not travel with the test`,
    );
  };
}

const normal = (path: string): string => path.replace(/^(\.\/)+/, "");

/** @throws {StepError} When the path would leave the folder: the gateway checked it, a node does not rely on it. */
function safeJoin(folder: string, path: string): string {
  const parts = path.split("/");
  const isSafe = !path.startsWith("/") && !/[\0\\:]/.test(path) && !parts.includes("..");
  const joined = join(folder, ...parts);
  if (isSafe && joined.startsWith(folder + sep)) return joined;
  throw new StepError(
    "lost",
    "file_missing",
    `Cannot place the file ${JSON.stringify(path)}: it would leave the workspace`,
  );
}

function createCache(options: FileSourceOptions) {
  const { cachePath } = options;
  rmSync(cachePath, { recursive: true, force: true });
  mkdirSync(cachePath, { recursive: true, mode: 0o700 });
  const fetching = new Map<string, Promise<string>>();
  let bytesKept = 0;
  const client = createBlobClient(options);
  const load = async (file: TestFile): Promise<string> => {
    const path = join(cachePath, file.sha256);
    const temporary = `${path}.tmp`;
    const signal = AbortSignal.timeout(FETCH_MS_MAX);
    await fetchFile(client, options.clock, { file, path: temporary, signal });
    renameSync(temporary, path);
    bytesKept += file.bytes;
    return path;
  };
  const makeRoom = (bytes: number) => {
    if (bytesKept + bytes <= CACHE_BYTES_MAX || fetching.size > 0) return;
    rmSync(cachePath, { recursive: true, force: true });
    mkdirSync(cachePath, { recursive: true, mode: 0o700 });
    bytesKept = 0;
  };
  return {
    get: async (file: TestFile, signal: AbortSignal): Promise<string> => {
      const path = join(cachePath, file.sha256);
      if (existsSync(path)) return path;
      makeRoom(file.bytes);
      const loading =
        fetching.get(file.sha256) ?? load(file).finally(() => fetching.delete(file.sha256));
      fetching.set(file.sha256, loading);
      return untilAborted(loading, signal, file);
    },
  };
}

function untilAborted(
  loading: Promise<string>,
  signal: AbortSignal,
  { path }: TestFile,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = () => reject(missing(path, messageOf(signal.reason)));
    if (signal.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
    loading.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}

/** Tries again while the gateway is away, from where it was: shared by all attempts that wait for this file. */
async function fetchFile(client: BlobClient, clock: Clock, wanted: Wanted): Promise<void> {
  for (let count = 0; ; count += 1) {
    try {
      return await fetchRest(client, wanted);
    } catch (thrown) {
      const pauseMs = RETRY_MS[count];
      if (pauseMs === undefined) throw missing(wanted.file.path, messageOf(thrown));
      await pause(clock, pauseMs);
    }
  }
}

type Wanted = {
  readonly file: TestFile;
  /** Where its bytes are gathered. */
  readonly path: string;
  readonly signal: AbortSignal;
};

/** What came before is there still: only the rest is fetched, and all of it is verified. */
async function fetchRest(client: BlobClient, { file, path, signal }: Wanted): Promise<void> {
  await using target = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let { size } = await target.stat();
  if (size < file.bytes) {
    for await (const piece of await client.fetch(file.sha256, size, signal)) {
      await writeAll(target, piece, size);
      size += piece.length;
    }
  }
  const { sha256 } = await hashFile(path, signal);
  if (sha256 === file.sha256) return;
  await target.truncate(0);
  throw new Error(`its bytes have the sha256 ${sha256}`);
}

const missing = (path: string, reason: string): StepError =>
  new StepError("lost", "file_missing", `Cannot get the file ${path} from the gateway: ${reason}`);
