/** Reads a body to its end, into memory or into a file, within a bound. */
import { StepError } from "../driver.ts";
import type { HttpResponse } from "./response.ts";

/** Of a body in memory, bytes. */
export const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** Of a body that goes into a file, so much is read by `json` and `text`, bytes. */
const SHOWN_BYTES_MAX = 1024 * 1024;

/** A file that takes a body. */
export type Sink = {
  readonly name: string;
  readonly bytesMax: number;
  readonly write: (piece: Uint8Array) => Promise<void>;
  /** Ends the file; gives the sha256 of what was written, hexadecimal. */
  readonly end: () => Promise<string>;
};

export type Reading = {
  readonly sink: Sink | undefined;
  /** Counts what has come so far. */
  readonly progress: { bytes: number };
};

type Read = Pick<HttpResponse, "body" | "kept">;

/** @throws {StepError} `request` when it is too large. @throws {Error} Of the runtime, when it breaks off. */
export async function readBody(
  body: AsyncIterable<Uint8Array> | undefined,
  { sink, progress }: Reading,
): Promise<Read> {
  const parts: Uint8Array[] = [];
  const bytesMax = sink?.bytesMax ?? BODY_BYTES_MAX;
  for await (const part of body ?? []) {
    progress.bytes += part.length;
    if (progress.bytes > bytesMax) break;
    if (sink === undefined || progress.bytes <= SHOWN_BYTES_MAX) parts.push(part);
    await sink?.write(part);
  }
  const sha256 = await sink?.end();
  const { bytes } = progress;
  if (bytes > bytesMax)
    throw new StepError("failed", "request", `the body is larger than ${bytesMax} bytes`);
  const shown = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  if (sink === undefined || sha256 === undefined) return { body: shown };
  return { body: shown, kept: { name: sink.name, bytes, sha256 } };
}
