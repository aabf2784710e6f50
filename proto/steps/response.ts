/** What `expect` and `save` read of the last response beside its status, headers, text and JSON. */
import { z } from "zod";
import { Json } from "../matcher.ts";

/** A document that a step carries, or a file beside the suite: JSON, listed in the test's `files`. */
export const Document = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("inline"), document: Json }),
  z.strictObject({ kind: z.literal("file"), file: z.string() }),
]);
export type Document = z.infer<typeof Document>;

/** Parts of a request's time; `firstByte` is from its beginning to the head of the answer. */
export const TimingPhase = z.enum(["dns", "connect", "tls", "firstByte"]);
export type TimingPhase = z.infer<typeof TimingPhase>;

export const RESPONSE_SUBJECTS = [
  /** Size and sha256 of the body as it was read, its type without parameters, how many redirects led to it, where it came from. */
  z.strictObject({ of: z.enum(["bytes", "sha256", "contentType", "redirects", "responseUrl"]) }),
  /** The value of a cookie that the attempt would send there again. */
  z.strictObject({ of: z.literal("cookie"), name: z.string().min(1) }),
  z.strictObject({ of: z.literal("timing"), phase: TimingPhase }),
  /** Of the whole body, or of what a JSON path finds. */
  z.strictObject({ of: z.literal("schema"), schema: Document, path: z.string().optional() }),
  /** Request and response obey an OpenAPI document; the operation is found by method and path, or named. */
  z.strictObject({
    of: z.literal("openapi"),
    spec: Document,
    operation: z.string().optional(),
  }),
  /** The body is the same, byte by byte. */
  z.strictObject({ of: z.literal("bodyFile"), file: z.string() }),
] as const;
