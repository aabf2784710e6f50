/**
 * Blobs over HTTP, for nodes (by the blob key) and for people.
 *
 * - `HEAD /v1/blobs/SHA`: 200 when it is whole, else 404; `Upload-Offset` says how many bytes are there in both.
 * - `PUT /v1/blobs/SHA`: the body is the bytes from an offset on, which `Content-Range: bytes A-B/TOTAL` says, or
 *   `Upload-Offset: A` with `Upload-Length: TOTAL`; with neither it is the whole blob. 201 when it is whole, verified and
 *   on disk; 202 when more is wanted; 409 when the offset is beyond what is there, or another upload took over; 422 when the bytes are not what their
 *   sha256 says; 413; 507. `Upload-Offset` of the answer says how many bytes are there. What came before a broken
 *   connection is kept: ask by HEAD and go on from there.
 * - `GET /v1/blobs/SHA`: the bytes, or one `Range` of them.
 */
import { type Context, Hono } from "hono";
import type { BlobState } from "#proto/api.ts";
import { Sha256 } from "#proto/ids.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { GatewayService } from "../service.ts";
import {
  answerProblem,
  HttpProblem,
  problemOf,
  throwBadRequest,
  throwNotFound,
} from "./problem.ts";
import { parseRange } from "./range.ts";

export type BlobRoutesOptions = { readonly service: GatewayService; readonly blobs: BlobStore };

/** `/v1/blobs` */
export function blobRoutes({ service, blobs }: BlobRoutesOptions): Hono {
  const app = new Hono();
  app.put("/:sha256", async (c) => {
    const sha256 = shaOf(c);
    const part = uploadPartOf(c);
    try {
      const state = await blobs.append({ sha256, ...part, body: c.req.raw.body });
      // Repeated for a blob that was here: the gateway may have been killed between the two, or it was a suite's file.
      if (state.isComplete) await service.blobStored(sha256, state.bytes);
      return c.json(state, state.isComplete ? 201 : 202, offsetHeaders(state));
    } catch (thrown) {
      const parts = problemOf(thrown);
      if (parts.status === 500) throw thrown;
      return answerProblem(c, { ...parts, headers: offsetHeaders(await blobs.state(sha256)) });
    }
  });
  app.get("/:sha256", async (c) => {
    const sha256 = shaOf(c);
    const state = await blobs.state(sha256);
    if (state?.isComplete !== true) {
      for (const [name, value] of Object.entries(offsetHeaders(state))) c.header(name, value);
      return answerProblem(c, missing(sha256, state));
    }
    if (c.req.method !== "HEAD") return answerBytes(c, state, blobs);
    // Whoever hears that it is whole forgets its bytes: not before that is committed (R3).
    await service.blobStored(sha256, state.bytes);
    return answerHead(c, state);
  });
  return app;
}

function shaOf(c: Context): Sha256 {
  const sha256 = Sha256.safeParse(c.req.param("sha256"));
  return sha256.success
    ? sha256.data
    : throwNotFound("the blob: its name is not a sha256 of 64 small hexadecimal digits");
}

function missing(sha256: Sha256, state: BlobState | undefined) {
  const detail =
    state === undefined
      ? `Cannot find the blob ${sha256}`
      : `Cannot read the blob ${sha256}: only ${state.bytes} bytes of it are here`;
  return { status: 404, code: "not_found", detail, headers: offsetHeaders(state) } as const;
}

function offsetHeaders(state: BlobState | undefined): Record<string, string> {
  return {
    "upload-offset": String(state?.bytes ?? 0),
    "upload-complete": state?.isComplete ? "?1" : "?0",
  };
}

function blobHeaders(state: BlobState): Record<string, string> {
  return {
    ...offsetHeaders(state),
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag: `"${state.sha256}"`,
    // What a page under test left behind is never shown as a page of ours.
    "content-disposition": "attachment",
    "content-security-policy": "default-src 'none'; sandbox",
  };
}

function answerHead(c: Context, state: BlobState): Response {
  return c.body(null, 200, { ...blobHeaders(state), "content-length": String(state.bytes) });
}

async function answerBytes(c: Context, state: BlobState, blobs: BlobStore): Promise<Response> {
  const range = parseRange(c.req.header("range"), state.bytes);
  if (range === "unsatisfiable") {
    const detail = `Cannot read that range of the blob ${state.sha256}: it has ${state.bytes} bytes`;
    throw new HttpProblem({
      status: 416,
      code: "bad_range",
      detail,
      headers: { "content-range": `bytes */${state.bytes}` },
    });
  }
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

type UploadPart = { readonly offset: number; readonly totalBytes: number };

function uploadPartOf(c: Context): UploadPart {
  const contentRange = c.req.header("content-range");
  if (contentRange !== undefined) return partOfContentRange(contentRange);
  const offset = countOf(c, "upload-offset") ?? 0;
  const totalBytes =
    countOf(c, "upload-length") ?? lengthAfter(offset, countOf(c, "content-length"));
  if (offset <= totalBytes) return { offset, totalBytes };
  return throwBadRequest(`Cannot take the upload: it begins at ${offset} of ${totalBytes} bytes`);
}

function partOfContentRange(text: string): UploadPart {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text);
  const [offset = 0, last = 0, totalBytes = 0] = (found ?? []).slice(1).map(Number);
  if (found !== null && offset <= last && last < totalBytes) return { offset, totalBytes };
  return throwBadRequest(
    `Cannot take the upload: Content-Range is "${text.slice(0, 100)}", "bytes A-B/TOTAL" is wanted`,
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
