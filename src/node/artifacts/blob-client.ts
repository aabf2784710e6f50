/**
 * The gateway's blobs by HTTP, from the node's side: the only place that makes these requests. Nothing is held in memory:
 * a body is read from its file as fast as the gateway takes it. Retries nothing.
 */
import { type FileHandle, open } from "node:fs/promises";
import type { MissingBlob } from "#proto/api.ts";
import type { Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { createGarbageHint } from "#shared/runtime/garbage-hint.ts";
import { fetchTrusting } from "#shared/runtime/trusting-fetch.ts";

export type BlobAccess = {
  readonly gatewayUrl: string;
  readonly blobKey: string;
  /** PEM of the CA that signed the gateway's certificate; absent: one that this machine trusts. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
};

/** The gateway's word on a blob. */
export type BlobAnswer = {
  readonly status: number;
  /** How many bytes of it are there. */
  readonly offset: number;
};

export type BlobClient = {
  /** Whether the gateway has it (200), wants it (404) or refuses it (413). */
  readonly ask: (sha256: Sha256, signal: AbortSignal) => Promise<BlobAnswer>;
  /** Sends a file from an offset on. */
  readonly send: (file: BlobFile, signal: AbortSignal) => Promise<BlobAnswer>;
  /** Says that it will not come. */
  readonly tellMissing: (
    sha256: Sha256,
    reason: string,
    signal: AbortSignal,
  ) => Promise<BlobAnswer>;
  /** The bytes from an offset on, as they come. @throws {Error} When the gateway has none to give. */
  readonly fetch: (
    sha256: string,
    offset: number,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<Uint8Array>>;
};

export type BlobFile = {
  readonly sha256: Sha256;
  readonly path: string;
  readonly offset: number;
  /** Of the whole file. */
  readonly bytes: number;
};

/** How long nothing may move, either way. The gateway syncs what came last before it answers: a slow disk needs time. */
const IDLE_MS_MAX = 60_000;
const PIECE_BYTES = 256 * 1024;

/** Makes a client; connects to nothing by itself. */
export function createBlobClient({ gatewayUrl, blobKey, ca, clock }: BlobAccess): BlobClient {
  const call = (path: string, request: RequestInit): Promise<Response> => {
    const headers = {
      authorization: `Bearer ${blobKey}`,
      ...(request.headers as Record<string, string> | undefined),
    };
    return fetchTrusting(`${gatewayUrl}/v1/blobs/${path}`, { ...request, headers }, ca);
  };
  const answer = async (path: string, request: RequestInit): Promise<BlobAnswer> => {
    const response = await call(path, request);
    await response.body?.cancel();
    const offset = Number(response.headers.get("upload-offset") ?? 0) || 0;
    return { status: response.status, offset };
  };
  return {
    ask: (sha256, signal) =>
      withinIdle(clock, signal, (idle) => answer(sha256, { method: "HEAD", signal: idle.signal })),
    send: (file, signal) =>
      withinIdle(clock, signal, async (idle) => {
        const body = await streamOf(file, idle.moved);
        try {
          return await answer(file.sha256, putOf(file, body.stream, idle.signal));
        } finally {
          // An answer that came before the last byte is a refusal: fetch would send the rest all the same (Bun 1.4.5).
          idle.leave();
          await body.close();
        }
      }),
    tellMissing: (sha256, reason, signal) =>
      withinIdle(clock, signal, (idle) =>
        answer(`${sha256}/missing`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ reason } satisfies MissingBlob),
          signal: idle.signal,
        }),
      ),
    fetch: async (sha256, offset, signal) => {
      const range = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const response = await withinIdle(clock, signal, (idle) =>
        call(sha256, { headers: range, signal: idle.signal }),
      );
      if (response.status === (offset === 0 ? 200 : 206) && response.body !== null)
        return pieces(clock, response.body);
      await response.body?.cancel();
      throw new Error(`the gateway answered ${response.status}`);
    },
  };
}

function putOf(file: BlobFile, body: ReadableStream, signal: AbortSignal): RequestInit {
  const { offset, bytes } = file;
  const place =
    bytes > offset
      ? { "content-range": `bytes ${offset}-${bytes - 1}/${bytes}` }
      : { "upload-offset": String(offset), "upload-length": String(bytes) };
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": String(bytes - offset),
    ...place,
  };
  return { method: "PUT", headers, body, duplex: "half", signal } as RequestInit;
}

type Idle = {
  readonly signal: AbortSignal;
  readonly moved: () => void;
  /** Ends the request, whatever of it is under way. */
  readonly leave: () => void;
};

/** Ends what does not move for `IDLE_MS_MAX`, or is ended from outside. */
async function withinIdle<T>(
  clock: Clock,
  signal: AbortSignal,
  act: (idle: Idle) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const end = () => idle.abort(new Error(`nothing moved for ${IDLE_MS_MAX} ms`));
  let timer = clock.after(IDLE_MS_MAX, end);
  const moved = () => {
    timer.cancel();
    timer = clock.after(IDLE_MS_MAX, end);
  };
  try {
    const leave = () => idle.abort(new Error("the request is over"));
    return await act({ signal: AbortSignal.any([signal, idle.signal]), moved, leave });
  } finally {
    timer.cancel();
  }
}

/**
 * The file's bytes from its offset on, read only as they are asked for. A refusal may come before the last of them, and
 * fetch still asks for the next piece then (Bun 1.4.5): it gets an end, and the file is closed when nobody reads from it.
 */
async function streamOf({ path, offset, bytes }: BlobFile, moved: () => void) {
  const file = await open(path, "r");
  let at = offset;
  let isClosed = false;
  const hint = createGarbageHint();
  let reading: Promise<void> = Promise.resolve();
  const read = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const piece = await readPiece(file, at, bytes);
    at += piece.length;
    hint(piece.length);
    moved();
    if (piece.length > 0) controller.enqueue(piece);
    if (at >= bytes) controller.close();
    else if (piece.length === 0) controller.error(new Error(`its file ends at ${at}`));
  };
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (isClosed) return controller.close();
    reading = read(controller);
    return reading;
  };
  const close = async () => {
    isClosed = true;
    // Its own failure is the stream's, and by it the request's.
    await reading.catch(() => undefined);
    await file.close();
  };
  const cancel = () => {
    isClosed = true;
  };
  return { stream: new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }), close };
}

async function readPiece(file: FileHandle, at: number, until: number): Promise<Uint8Array> {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, until - at));
  if (piece.length === 0) return piece;
  const { bytesRead } = await file.read(piece, 0, piece.length, at);
  return piece.subarray(0, bytesRead);
}

/** @throws {Error} When nothing comes for `IDLE_MS_MAX`. */
async function* pieces(clock: Clock, body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const part = await readInTime(clock, reader);
      if (part.done) return;
      yield part.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // It is over, whatever the other side says.
  }
}

async function readInTime(clock: Clock, reader: ReadableStreamDefaultReader<Uint8Array>) {
  const late = Promise.withResolvers<never>();
  const end = () => late.reject(new Error(`nothing came for ${IDLE_MS_MAX} ms`));
  const timer = clock.after(IDLE_MS_MAX, end);
  try {
    return await Promise.race([reader.read(), late.promise]);
  } finally {
    timer.cancel();
  }
}
