/**
 * Brings kept artifacts to the gateway by HTTP, beside the events (R3): a few at a time, each again until the gateway
 * says that it has them on disk; then the bytes are removed here. Goes on after a restart from what the store lists.
 *
 * A pending upload ends in one of three ways: the gateway has it; the gateway refuses it (its report says why); or its
 * bytes are gone or spoilt here, and the gateway was told so. Until then it is tried again, ever more slowly.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Sha256 } from "#proto/ids.ts";
import type { Clock, Timer } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import type { PendingUpload, UploadStore } from "../store/upload-store.ts";
import { createBlobClient } from "./blob-client.ts";
import { type Delivery, deliver } from "./deliver.ts";

export type UploaderOptions = {
  readonly blobsPath: string;
  readonly uploads: UploadStore;
  readonly gatewayUrl: string;
  readonly blobKey: string;
  readonly clock: Clock;
  readonly log: Log;
};

export type Uploader = {
  /** Uploads what waits; `kept` was kept just now, maybe once more. */
  readonly notify: (kept?: Sha256) => void;
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

type Waiting = {
  readonly upload: PendingUpload;
  failures: number;
  readyAtMs: number;
  /** How often the gateway said that it got other bytes. */
  mismatches: number;
  /** The same bytes were kept once more while they were under way. */
  isKeptAgain: boolean;
};

type Context = UploaderOptions & {
  readonly deliver: (item: Waiting) => Promise<Delivery>;
  readonly waiting: Map<Sha256, Waiting>;
  readonly running: Set<Sha256>;
  readonly emptyWaiters: Set<() => void>;
  readonly closing: AbortController;
  timer: Timer | undefined;
};

export function createUploader(options: UploaderOptions): Uploader {
  const client = createBlobClient(options);
  const closing = new AbortController();
  const context: Context = {
    ...options,
    deliver: (item) =>
      deliver({
        client,
        path: join(options.blobsPath, item.upload.sha256),
        upload: item.upload,
        signal: closing.signal,
        countMismatch: () => {
          item.mismatches += 1;
          return item.mismatches;
        },
      }),
    waiting: new Map(),
    running: new Set(),
    emptyWaiters: new Set(),
    closing,
    timer: undefined,
  };
  sweep(options);
  return {
    notify: (kept) => {
      const item = kept === undefined ? undefined : context.waiting.get(kept);
      if (item !== undefined) item.isKeptAgain = true;
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
    if (waiting.has(upload.sha256)) continue;
    const none = { failures: 0, readyAtMs: 0, mismatches: 0, isKeptAgain: false };
    waiting.set(upload.sha256, { upload, ...none });
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
  item.isKeptAgain = false;
  context
    .deliver(item)
    .then((delivery) => finish(context, item, delivery))
    .catch((thrown: unknown) => {
      tryLater(context, item);
      context.log.debug("An artifact was not uploaded yet", { name, reason: messageOf(thrown) });
    })
    .finally(() => {
      context.running.delete(sha256);
      pump(context);
    });
}

function tryLater({ clock }: Context, item: Waiting): void {
  item.failures += 1;
  const pauseMs = Math.min(RETRY_MS * 2 ** Math.min(item.failures - 1, 20), RETRY_MS_MAX);
  item.readyAtMs = clock.monotonicMs() + pauseMs;
}

function finish(context: Context, item: Waiting, delivery: Delivery): void {
  const { closing, uploads, waiting, blobsPath, log } = context;
  const { sha256, bytes, name } = item.upload;
  if (closing.signal.aborted) return;
  if (delivery.kind !== "stored" && item.isKeptAgain) return tryLater(context, item);
  if (delivery.kind === "refused") log.warn("The gateway takes no such artifact", { name, bytes });
  if (delivery.kind === "missing")
    log.error("An artifact is lost", { name, reason: delivery.reason });
  // The row first: bytes without a row are swept, a row without bytes would be asked for.
  uploads.remove(sha256);
  waiting.delete(sha256);
  rmSync(join(blobsPath, sha256), { force: true });
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

/** Removes bytes that no pending upload names: left by a crash before their event, or half written. */
function sweep({ blobsPath, uploads }: UploaderOptions): void {
  const wanted = new Set<string>(uploads.all().map(({ sha256 }) => sha256));
  for (const name of readdirSync(blobsPath)) {
    if (!wanted.has(name)) rmSync(join(blobsPath, name), { force: true });
  }
}
