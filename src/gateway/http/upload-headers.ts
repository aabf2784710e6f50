/** What the headers of an upload say of its body: where in the blob it begins and ends, and how large the blob is. */
import type { Context } from "hono";
import { HttpProblem, throwBadRequest } from "./problem.ts";

export type UploadPart = {
  readonly offset: number;
  /** Exclusive; absent: the blob's end. */
  readonly until?: number;
  readonly totalBytes: number;
};

/** @throws {HttpProblem} 400 when they contradict each other or cannot be read, 411 when they name no length. */
export function uploadPartOf(c: Context): UploadPart {
  const contentRange = c.req.header("content-range");
  const length = countOf(c, "content-length");
  if (contentRange !== undefined) return checkLength(partOfContentRange(contentRange), length);
  const offset = countOf(c, "upload-offset") ?? 0;
  const totalBytes = countOf(c, "upload-length") ?? lengthAfter(offset, length);
  if (offset <= totalBytes) return { offset, totalBytes };
  return throwBadRequest(`Cannot take the upload: it begins at ${offset} of ${totalBytes} bytes`);
}

function partOfContentRange(text: string): Required<UploadPart> {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text);
  const [offset = 0, last = 0, totalBytes = 0] = (found ?? []).slice(1).map(Number);
  if (found !== null && offset <= last && last < totalBytes)
    return { offset, until: last + 1, totalBytes };
  return throwBadRequest(
    `Cannot take the upload: Content-Range is "${text.slice(0, 100)}", "bytes A-B/TOTAL" is wanted`,
  );
}

function checkLength(part: Required<UploadPart>, length: number | undefined): UploadPart {
  const said = part.until - part.offset;
  if (length === undefined || length === said) return part;
  return throwBadRequest(
    `Cannot take the upload: Content-Length is ${length}, but Content-Range names ${said} bytes`,
  );
}

function lengthAfter(offset: number, contentLength: number | undefined): number {
  if (contentLength !== undefined) return offset + contentLength;
  const detail =
    "Cannot take the upload: its length is missing; send Content-Length, Content-Range or Upload-Length";
  throw new HttpProblem({ status: 411, code: "length_required", detail });
}

function countOf(c: Context, name: string): number | undefined {
  const text = c.req.header(name);
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text)
    ? Number(text)
    : throwBadRequest(
        `Cannot take the upload: ${name} is "${text.slice(0, 100)}", a number is wanted`,
      );
}
