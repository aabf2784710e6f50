/** How a whole blob is answered: all of it, one range of it, or that it is the one the asker has (RFC 9110, 13 and 14). */
import type { Context } from "hono";
import type { BlobState } from "#proto/api.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { HttpProblem, throwNotFound } from "./problem.ts";
import { isTagIn, parseRange } from "./range.ts";

/** What a sender goes by: how many bytes are here, and whether these are all. */
export function offsetHeaders(state: BlobState | undefined): Record<string, string> {
  return {
    "upload-offset": String(state?.bytes ?? 0),
    "upload-complete": state?.isComplete ? "?1" : "?0",
  };
}

/** A blob never changes: its name is its tag. */
const tagOf = ({ sha256 }: BlobState) => `"${sha256}"`;

function blobHeaders(state: BlobState): Record<string, string> {
  return {
    ...offsetHeaders(state),
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag: tagOf(state),
    // Asked for by key: kept by nobody between, and asked about again by whoever keeps it.
    "cache-control": "private, no-cache",
    // What a page under test left behind is never shown as a page of ours.
    "content-disposition": "attachment",
    "content-security-policy": "default-src 'none'; sandbox",
  };
}

/** As the GET of all of it would be answered, without the bytes. */
export function answerHead(c: Context, state: BlobState): Response {
  if (isKnown(c, state)) return c.body(null, 304, blobHeaders(state));
  return c.body(null, 200, { ...blobHeaders(state), "content-length": String(state.bytes) });
}

/** @throws {HttpProblem} 416 for a range beyond its end. */
export async function answerBlob(
  c: Context,
  state: BlobState,
  blobs: BlobStore,
): Promise<Response> {
  if (isKnown(c, state)) return c.body(null, 304, blobHeaders(state));
  const range = parseRange(wantedRange(c, state), state.bytes);
  if (range === "unsatisfiable") throw badRange(state);
  const reading = await blobs.read(state.sha256, range);
  if (reading === undefined) return throwNotFound(`the blob ${state.sha256}`);
  const length = range === undefined ? state.bytes : range.end - range.start + 1;
  const headers = { ...blobHeaders(state), "content-length": String(length) };
  if (range === undefined) return c.body(reading.stream, 200, headers);
  return c.body(reading.stream, 206, {
    ...headers,
    "content-range": `bytes ${range.start}-${range.end}/${state.bytes}`,
  });
}

function isKnown(c: Context, state: BlobState): boolean {
  return isTagIn(c.req.header("if-none-match"), tagOf(state));
}

/** With an `If-Range` that names another content, or a date, the whole is the answer. */
function wantedRange(c: Context, state: BlobState): string | undefined {
  const condition = c.req.header("if-range");
  return condition === undefined || condition === tagOf(state) ? c.req.header("range") : undefined;
}

function badRange(state: BlobState): HttpProblem {
  return new HttpProblem({
    status: 416,
    code: "bad_range",
    detail: `Cannot read that range of the blob ${state.sha256}: it has ${state.bytes} bytes`,
    headers: { "content-range": `bytes */${state.bytes}` },
  });
}
