/** What `save` and `expect` read, and what is demanded of it. */
import { z } from "zod";
import { Json, Locator, Matcher, StatusMatcher } from "../matcher.ts";
import * as element from "./element-checks.ts";
import * as page from "./page-checks.ts";
import { RESPONSE_SUBJECTS } from "./response.ts";

/** What `save` and `expect` can read. `body`, `status`, `header`, `json`, `durationMs` are of the last response. */
export const Subject = z.discriminatedUnion("of", [
  z.strictObject({
    of: z.enum([
      "visible",
      "hidden",
      "enabled",
      "disabled",
      "checked",
      "unchecked",
      "text",
      "value",
      "count",
    ]),
    locator: Locator,
  }),
  z.strictObject({ of: z.literal("attribute"), name: z.string().min(1), locator: Locator }),
  z.strictObject({ of: z.enum(["url", "title", "tabs", "body", "status", "durationMs"]) }),
  z.strictObject({ of: z.literal("header"), name: z.string().min(1) }),
  z.strictObject({ of: z.literal("json"), path: z.string().min(1) }),
  z.strictObject({ of: z.literal("that"), value: Json }),
  /** How many requests routes of this name have had. */
  z.strictObject({ of: z.literal("routed"), name: z.string().min(1) }),
  element.ElementState,
  element.InViewport,
  element.ElementReading,
  element.Style,
  page.Looks,
  page.Accessibility,
  page.AriaTree,
  page.PageRequests,
  page.ConsoleMessages,
  page.PageSpeed,
  ...RESPONSE_SUBJECTS,
]);
export type Subject = z.infer<typeof Subject>;

/**
 * One thing that `expect` demands. Exactly one of `matcher` and `status`; none for the states (visible, checked …) and
 * for what judges itself (looks, accessibility, a tree with a template). Of requests and messages it is of their count.
 */
export const Demand = z.strictObject({
  subject: Subject,
  matcher: Matcher.optional(),
  status: StatusMatcher.optional(),
});
export type Demand = z.infer<typeof Demand>;
export const Save = z.strictObject({
  kind: z.literal("save"),
  values: z.record(z.string(), Subject),
});

export const Expect = z.strictObject({ kind: z.literal("expect"), checks: z.array(Demand).min(1) });
