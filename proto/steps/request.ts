/** The step that sends a request over HTTP. */
import { z } from "zod";
import { Json, Text } from "../matcher.ts";

/** A field of a multipart form. */
const Part = z.union([Text, z.strictObject({ file: z.string(), type: z.string().optional() })]);
export const Request = z.strictObject({
  kind: z.literal("request"),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  url: Text,
  headers: z.record(z.string(), Text).default({}),
  query: z.record(z.string(), z.union([z.array(Text), Text])).default({}),
  body: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("json"), value: Json }),
      z.strictObject({ kind: z.literal("form"), fields: z.record(z.string(), Text) }),
      z.strictObject({ kind: z.literal("multipart"), fields: z.record(z.string(), Part) }),
      z.strictObject({ kind: z.literal("text"), text: Text }),
    ])
    .optional(),
  auth: z
    .union([
      z.strictObject({ basic: z.strictObject({ user: Text, password: Text }) }),
      z.strictObject({ bearer: Text }),
    ])
    .optional(),
  followRedirects: z.boolean().default(true),
});
