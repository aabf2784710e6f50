/** The step that gives, takes and reads what a page's origin keeps: `localStorage` and `sessionStorage`. */
import { z } from "zod";
import { Json } from "../matcher.ts";

/** In this order: cleared, removed, set. */
const Area = z.strictObject({
  clear: z.literal(true).optional(),
  remove: z.array(z.string()).max(1_000).optional(),
  /** A value that is no text is kept as JSON text. */
  set: z.record(z.string(), Json).optional(),
});
export type Area = z.infer<typeof Area>;

export const Storage = z.strictObject({
  kind: z.literal("storage"),
  local: Area.optional(),
  session: Area.optional(),
  /** After the rest, under this key: `{ local: {…}, session: {…} }`. */
  save: z.string().optional(),
});
