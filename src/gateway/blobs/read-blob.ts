/** Reading the file of a whole blob, or a range of it, as a stream that reads only as fast as it is read from. */
import { type FileHandle, open } from "node:fs/promises";
import { createGarbageHint } from "#shared/runtime/garbage-hint.ts";
import { codeOf } from "./files.ts";

/** Both ends belong to it, as in HTTP; 0 ≤ start ≤ end < the blob's bytes. */
export type ByteRange = { readonly start: number; readonly end: number };

export type BlobReading = {
  readonly totalBytes: number;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
};

const CHUNK_BYTES = 256 * 1024;

/** Opens the file; undefined when there is none. The stream closes it at its end, when cancelled, or on an error. */
export async function readBlob(path: string, range?: ByteRange): Promise<BlobReading | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  const { size } = await file.stat();
  const until = Math.min(size, range === undefined ? size : range.end + 1);
  return { totalBytes: size, stream: streamOf(file, { start: range?.start ?? 0, until }) };
}

function streamOf(file: FileHandle, part: { readonly start: number; readonly until: number }) {
  let at = part.start;
  const hint = createGarbageHint();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, part.until - at));
    const { bytesRead } =
      chunk.length === 0 ? { bytesRead: 0 } : await file.read(chunk, 0, chunk.length, at);
    at += bytesRead;
    hint(bytesRead);
    if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
    if (bytesRead > 0 && at < part.until) return;
    await file.close();
    controller.close();
  };
  return new ReadableStream({ pull, cancel: () => file.close() }, { highWaterMark: 1 });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
