/**
 * Blobs over HTTP, for nodes (by their blob keys) and for people.
 *
 * - `HEAD /v1/blobs/SHA`: 200 when it is whole, else 404, or 413 when it is not taken; `Upload-Offset` says how many bytes
 *   are there in each.
 * - `PUT /v1/blobs/SHA`: the body is the bytes from an offset on, which `Content-Range: bytes A-B/TOTAL` says, or
 *   `Upload-Offset: A` with `Upload-Length: TOTAL`; with neither it is the whole blob. 201 when it is whole, verified and
 *   on disk; 202 when more is wanted; 409 when the offset is beyond what is there, or another upload of it goes on or took
 *   over; 422 when the bytes are not what their sha256 says; 413 when it is too large, or no run wants it and one refused
 *   it; 507. `Upload-Offset` of the answer says how many bytes are there. What came before a broken connection is kept:
 *   ask by HEAD and go on from there.
 * - `POST /v1/blobs/SHA/missing`: a node that owed it says why it will not come.
 * - `GET /v1/blobs/SHA`: the bytes, or one `Range` of them (blob-answer.ts).
 */
import { type Context, Hono } from "hono";
import { type BlobState, MissingBlob } from "#proto/api.ts";
import { Sha256 } from "#proto/ids.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { GatewayService } from "../service.ts";
import { answerBlob, answerHead, offsetHeaders } from "./blob-answer.ts";
import { answerProblem, problemOf, throwNotFound } from "./problem.ts";
import { readJson } from "./request-body.ts";
import { uploadPartOf } from "./upload-headers.ts";

export type BlobRoutesOptions = { readonly service: GatewayService; readonly blobs: BlobStore };

const MISSING_BYTES_MAX = 16 * 1024;

/** `/v1/blobs` */
export function blobRoutes(options: BlobRoutesOptions): Hono {
  const { service, blobs } = options;
  const app = new Hono();
  app.put("/:sha256", (c) => takeUpload(c, options));
  app.get("/:sha256", async (c) => {
    const sha256 = shaOf(c);
    if (c.req.method === "HEAD") return blobs.hold(sha256, () => sayState(c, options));
    const state = await blobs.state(sha256);
    return state?.isComplete === true
      ? answerBlob(c, state, blobs)
      : answerProblem(c, missing(sha256, state));
  });
  app.post("/:sha256/missing", async (c) => {
    const { reason } = await readJson(c, MissingBlob, MISSING_BYTES_MAX);
    await service.blobMissed(shaOf(c), reason);
    return c.body(null, 204);
  });
  return app;
}

/** Held until it is committed: nothing collects a blob that its sender was told of (B4). */
async function takeUpload(c: Context, { service, blobs }: BlobRoutesOptions): Promise<Response> {
  const sha256 = shaOf(c);
  const part = uploadPartOf(c);
  return blobs.hold(sha256, async () => {
    try {
      const state = await blobs.append({ sha256, ...part, body: c.req.raw.body });
      // Repeated for a blob that was here: the gateway may have been killed between the two, or it was a suite's file.
      if (state.isComplete) await promise({ service, blobs }, state);
      return c.json(state, state.isComplete ? 201 : 202, offsetHeaders(state));
    } catch (thrown) {
      const parts = problemOf(thrown);
      if (parts.status === 500) throw thrown;
      return answerProblem(c, { ...parts, headers: offsetHeaders(await blobs.state(sha256)) });
    }
  });
}

async function sayState(c: Context, options: BlobRoutesOptions): Promise<Response> {
  const { blobs } = options;
  const sha256 = shaOf(c);
  const state = await blobs.state(sha256);
  if (state?.isComplete === true) {
    await promise(options, state);
    return answerHead(c, state);
  }
  const refusal = blobs.refusalOf(sha256);
  if (refusal === undefined) return answerProblem(c, missing(sha256, state));
  const headers = offsetHeaders(state);
  return answerProblem(c, { status: 413, code: "too_large", detail: refusal, headers });
}

/** Whoever hears that it is whole forgets its bytes: not before that is committed (R3), and it is young from now on (B4). */
async function promise({ service, blobs }: BlobRoutesOptions, state: BlobState): Promise<void> {
  await blobs.touch(state.sha256);
  await service.blobStored(state.sha256, state.bytes);
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
