/** Further things that `expect` and `save` read of elements. */
import { z } from "zod";
import { Locator } from "../matcher.ts";

/** Hold or do not: without a matcher they must hold. */
export const ElementState = z.strictObject({
  of: z.enum(["focused", "editable", "empty", "attached"]),
  locator: Locator,
});

/** Whether a person can see a part of it without scrolling. */
export const InViewport = z.strictObject({
  of: z.literal("inViewport"),
  locator: Locator,
  /** The least part of it that must be there, 0 to 1; absent: any. */
  ratio: z.number().min(0).max(1).optional(),
});

/** `class`: a list of names. `texts`: of every match. `textContent`: hidden text, too, letters as the page's source has them. `values`: the chosen options of a list. */
export const ElementReading = z.strictObject({
  of: z.enum([
    "class",
    "id",
    "texts",
    "textContent",
    "values",
    "role",
    "accessibleName",
    "accessibleDescription",
  ]),
  locator: Locator,
});

/** A computed style. */
export const Style = z.strictObject({
  of: z.literal("css"),
  name: z.string().min(1),
  locator: Locator,
});
