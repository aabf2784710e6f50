/** Steps that ask over HTTP: a request, and one in GraphQL. */
import { z } from "zod";
import { Json, Matcher, Text } from "../matcher.ts";
import { Tls } from "../tls.ts";
import { Demand } from "./subject.ts";

const FilePart = z.strictObject({
  file: z.string(),
  type: z.string().optional(),
  /** What the server is told; absent: the file's own name. */
  filename: Text.optional(),
});
const TextPart = z.strictObject({ value: Text, type: z.string() });
/** A field of a multipart form. */
const Part = z.union([Text, FilePart, TextPart]);
export type Part = z.infer<typeof Part>;

/** What is tried again, and how: the pause grows by `backoff` up to `delayMsMax`; a Retry-After is obeyed up to there. */
export const Retry = z.strictObject({
  /** Statuses, their classes, and `network`: there was no answer. */
  on: z
    .array(
      z.union([
        z.number().int().min(100).max(599),
        z.string().regex(/^[1-5]xx$/),
        z.literal("network"),
      ]),
    )
    .min(1),
  /** Further tries after the first. */
  times: z.number().int().min(1).max(100),
  delayMs: z.number().min(0).default(200),
  backoff: z.number().min(1).max(10).default(2),
  delayMsMax: z.number().min(0).default(10_000),
});
export type Retry = z.infer<typeof Retry>;

const Headers = z.record(z.string(), Text).default({});
const Auth = z
  .union([
    z.strictObject({ basic: z.strictObject({ user: Text, password: Text }) }),
    z.strictObject({ bearer: Text }),
  ])
  .optional();

/** What every step that opens a connection may say. */
export const CONNECTING = { url: Text, headers: Headers, auth: Auth, tls: Tls.optional() } as const;

export const Request = z.strictObject({
  kind: z.literal("request"),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  ...CONNECTING,
  query: z.record(z.string(), z.union([z.array(Text), Text])).default({}),
  body: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("json"), value: Json }),
      z.strictObject({ kind: z.literal("form"), fields: z.record(z.string(), Text) }),
      z.strictObject({
        kind: z.literal("multipart"),
        fields: z.record(z.string(), z.union([z.array(Part), Part])),
      }),
      z.strictObject({ kind: z.literal("text"), text: Text }),
      /** Sent as it is, in pieces. */
      z.strictObject({ kind: z.literal("file"), file: z.string(), type: z.string().optional() }),
    ])
    .optional(),
  followRedirects: z.boolean().default(true),
  /** False: the body is taken as it came. */
  decompress: z.boolean().optional(),
  /** Measures dns, connect, tls and firstByte. */
  timings: z.boolean().optional(),
  /** The body goes into a file, which is kept as an artifact of this name. */
  saveAs: z.strictObject({ name: Text, bytesMax: z.number().int().min(1) }).optional(),
  retry: Retry.optional(),
  /** Asks again until all of these hold, within the step's bound. */
  until: z
    .strictObject({ checks: z.array(Demand).min(1), everyMs: z.number().min(10).default(1_000) })
    .optional(),
});

export const Graphql = z.strictObject({
  kind: z.literal("graphql"),
  ...CONNECTING,
  query: z.union([z.strictObject({ file: z.string() }), Text]),
  variables: z.record(z.string(), Json).optional(),
  operationName: Text.optional(),
  retry: Retry.optional(),
  timings: z.boolean().optional(),
  /** Of the answer's `data`. */
  data: z.array(z.strictObject({ path: z.string().min(1), matcher: Matcher })).default([]),
  /** On the messages of the answer's `errors`, one a line; absent: there must be none. */
  errors: Matcher.optional(),
});
