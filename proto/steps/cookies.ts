/** The step that gives, takes and reads the cookies of an attempt: the page's on web, the jar's on http. */
import { z } from "zod";
import { Text } from "../matcher.ts";

/** What is absent of `domain` and `path` is that of the page, or of `baseUrl`. */
export const Cookie = z.strictObject({
  name: Text,
  value: Text,
  domain: Text.optional(),
  path: Text.optional(),
  secure: z.boolean().optional(),
  httpOnly: z.boolean().optional(),
  sameSite: z.enum(["Strict", "Lax", "None"]).optional(),
  /** From now on; absent: until the attempt ends. */
  maxAgeMs: z.number().optional(),
});
export type Cookie = z.infer<typeof Cookie>;

/** In this order: cleared, set, saved. */
export const Cookies = z.strictObject({
  kind: z.literal("cookies"),
  /** True: all; else those that have all of these. */
  clear: z
    .union([
      z.literal(true),
      z.strictObject({ name: Text.optional(), domain: Text.optional(), path: Text.optional() }),
    ])
    .optional(),
  set: z.array(Cookie).max(1_000).optional(),
  /** Keys to the names of cookies, or to `all` of them as a list of mappings. */
  save: z.record(z.string(), z.union([z.strictObject({ all: z.literal(true) }), Text])).optional(),
});
