/**
 * Brings kept artifacts to the gateway by HTTP, beside the events (R3): a few at a time, each again until the gateway
 * says that it has them on disk; then the bytes are removed here. Goes on after a restart from what the store lists.
 */
import { createReadStream, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Sha256 } from "#proto/ids.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import type { PendingUpload, UploadStore } from "../store/upload-store.ts";

export type UploaderOptions = {
  readonly blobsPath: string;
  readonly uploads: UploadStore;
  readonly gatewayUrl: string;
  readonly blobKey: string;
  readonly clock: Clock;
  readonly log: Log;
};

export type Uploader = {
  /** Uploads what waits. */
  readonly notify: () => void;
  /** The gateway was heard again: what waits for its turn to be tried again is tried now. */
  readonly retryNow: () => void;
  /** True when nothing waits any more within `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<boolean>;
  /** Ends uploads that are under way; they begin where they were at the next start. */
  readonly close: () => void;
};

const PARALLEL_MAX = 4;
const RETRY_MS = 500;
const RETRY_MS_MAX = 10_000;
const REQUEST_MS_MAX = 120_000;

type Waiting = { readonly upload: PendingUpload; failures: number; readyAtMs: number };

type Context = UploaderOptions & {
  readonly waiting: Map<Sha256, Waiting>;
  readonly running: Set<Sha256>;
  readonly emptyWaiters: Set<() => void>;
  readonly closing: AbortController;
  timer: Timer | undefined;
};

export function createUploader(options: UploaderOptions): Uploader {
  const context: Context = {
    ...options,
    waiting: new Map(),
    running: new Set(),
    emptyWaiters: new Set(),
    closing: new AbortController(),
    timer: undefined,
  };
  sweep(options);
  return {
    notify: () => {
      load(context);
      pump(context);
    },
    retryNow: () => {
      for (const item of context.waiting.values()) item.readyAtMs = 0;
      pump(context);
    },
    flush: (timeoutMs) => flush(context, timeoutMs),
    close: () => {
      context.timer?.cancel();
      context.closing.abort(new Error("the node stops"));
    },
  };
}

function load({ uploads, waiting }: Context): void {
  for (const upload of uploads.all()) {
    if (!waiting.has(upload.sha256))
      waiting.set(upload.sha256, { upload, failures: 0, readyAtMs: 0 });
  }
}

/** Starts what may start now; plans a wake-up for what waits for its turn to be tried again. */
function pump(context: Context): void {
  const { clock, waiting, running } = context;
  if (context.closing.signal.aborted) return;
  const nowMs = clock.monotonicMs();
  const idle = [...waiting.values()].filter(({ upload }) => !running.has(upload.sha256));
  const ready = idle.filter(({ readyAtMs }) => readyAtMs <= nowMs);
  for (const item of ready.slice(0, PARALLEL_MAX - running.size)) start(context, item);
  const laterMs = idle
    .filter(({ readyAtMs }) => readyAtMs > nowMs)
    .map(({ readyAtMs }) => readyAtMs - nowMs);
  context.timer?.cancel();
  if (laterMs.length > 0) context.timer = clock.after(Math.min(...laterMs), () => pump(context));
  if (waiting.size === 0) for (const tell of [...context.emptyWaiters]) tell();
}

function start(context: Context, item: Waiting): void {
  const { sha256, name } = item.upload;
  context.running.add(sha256);
  uploadOne(context, item.upload, context.closing.signal)
    .then(
      () => finish(context, item),
      (thrown: unknown) => {
        item.failures += 1;
        const pauseMs = Math.min(RETRY_MS * 2 ** Math.min(item.failures - 1, 20), RETRY_MS_MAX);
        item.readyAtMs = context.clock.monotonicMs() + pauseMs;
        context.log.debug("An artifact was not uploaded yet", { name, reason: messageOf(thrown) });
      },
    )
    .finally(() => {
      context.running.delete(sha256);
      pump(context);
    });
}

function finish({ closing, uploads, waiting, blobsPath }: Context, { upload }: Waiting): void {
  if (closing.signal.aborted) return;
  // The row first: bytes without a row are swept, a row without bytes would be asked for.
  uploads.remove(upload.sha256);
  waiting.delete(upload.sha256);
  rmSync(join(blobsPath, upload.sha256), { force: true });
}

function flush(context: Context, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isEmpty: boolean) => {
      context.emptyWaiters.delete(onEmpty);
      bound.cancel();
      resolve(isEmpty);
    };
    const onEmpty = () => done(true);
    const bound = context.clock.after(timeoutMs, () => done(context.waiting.size === 0));
    context.emptyWaiters.add(onEmpty);
    load(context);
    pump(context);
  });
}

/** Removes bytes that no pending upload names: left by a crash before their event. */
function sweep({ blobsPath, uploads }: UploaderOptions): void {
  const wanted = new Set<string>(uploads.all().map(({ sha256 }) => sha256));
  for (const name of readdirSync(blobsPath)) {
    if (!wanted.has(name)) rmSync(join(blobsPath, name), { force: true });
  }
}

/** Uploads from where the gateway is. @throws {Error} When it did not take all: asked again later. */
async function uploadOne(
  options: UploaderOptions,
  upload: PendingUpload,
  signal: AbortSignal,
): Promise<void> {
  const { sha256, bytes, name } = upload;
  const path = join(options.blobsPath, sha256);
  if (!existsSync(path)) {
    // Nothing will ever bring them back: the gateway shows the artifact as missing.
    options.log.error("The bytes of an artifact are gone", { name, sha256 });
    return;
  }
  const url = `${options.gatewayUrl}/v1/blobs/${sha256}`;
  const authorization = `Bearer ${options.blobKey}`;
  const bound = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]);
  const head = await fetch(url, { method: "HEAD", headers: { authorization }, signal: bound });
  if (head.ok) return;
  if (head.status !== 404) throw new Error(`the gateway answered ${head.status}`);
  const offset = Math.min(Number(head.headers.get("upload-offset") ?? 0) || 0, bytes);
  const response = await fetch(url, {
    method: "PUT",
    headers: {
      authorization,
      "content-type": "application/octet-stream",
      "content-length": String(bytes - offset),
      ...(bytes > offset
        ? { "content-range": `bytes ${offset}-${bytes - 1}/${bytes}` }
        : { "upload-offset": String(offset), "upload-length": String(bytes) }),
    },
    body: Readable.toWeb(
      createReadStream(path, { start: offset }),
    ) as unknown as ReadableStream<Uint8Array>,
    duplex: "half",
    signal: bound,
  } as RequestInit);
  await response.body?.cancel();
  if (response.status === 413) {
    options.log.error("The gateway takes no artifact of this size", { name, bytes });
    return;
  }
  if (response.status !== 201) throw new Error(`the gateway answered ${response.status}`);
}
