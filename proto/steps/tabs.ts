/** Steps about what a page opens beside itself: tabs, dialogs, downloads. */
import { z } from "zod";
import { Locator, Matcher, Text } from "../matcher.ts";

/** Which of the open tabs, which are counted in the order of their opening. */
export const TabChoice = z.discriminatedUnion("kind", [
  /** 0-based, from the end below zero. */
  z.strictObject({ kind: z.literal("nth"), nth: z.number().int() }),
  z.strictObject({ kind: z.literal("title"), matcher: Matcher }),
  z.strictObject({ kind: z.literal("url"), matcher: Matcher }),
]);
export type TabChoice = z.infer<typeof TabChoice>;
export const Tab = z.strictObject({
  kind: z.literal("tab"),
  to: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("open"), url: Text }),
    z.strictObject({ kind: z.literal("switch"), choice: TabChoice }),
    z.strictObject({ kind: z.literal("close") }),
  ]),
});
/** Prepares the answer to the next dialog that has none yet. */
export const Dialog = z.strictObject({
  kind: z.literal("dialog"),
  answer: z.enum(["accept", "dismiss"]),
  /** What is typed into a prompt; absent: what stands there. */
  text: Text.optional(),
  /** Of the message; absent: any. */
  matcher: Matcher.optional(),
});
/** Does what starts a download, and waits for it. */
export const Download = z.strictObject({
  kind: z.literal("download"),
  by: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("click"), locator: Locator }),
    z.strictObject({ kind: z.literal("goto"), url: Text }),
  ]),
  /** Key under which name, bytes, sha256 and url are saved. */
  save: z.string().optional(),
  /** Of the artifact; absent: as the server or the page names the file. */
  as: Text.optional(),
  /** Saves its content, too. */
  content: z.enum(["text", "json"]).optional(),
});
