/** What makes a browser be logged in: cookies, and what origins keep; Playwright's `storageState`. */
import { z } from "zod";

const Cookie = z.object({
  name: z.string(),
  value: z.string(),
  domain: z.string(),
  path: z.string(),
  /** Seconds since 1970; -1: until the browser ends. */
  expires: z.number(),
  httpOnly: z.boolean(),
  secure: z.boolean(),
  sameSite: z.enum(["Strict", "Lax", "None"]),
});

const Origin = z.looseObject({
  origin: z.string(),
  localStorage: z.array(z.object({ name: z.string(), value: z.string() })),
});

/** IndexedDB is passed on unread: its form is Playwright's own. */
export const PageState = z.object({
  cookies: z.array(Cookie).default([]),
  origins: z.array(Origin).default([]),
});
export type PageState = z.infer<typeof PageState>;

/** Reads a state file; a text says why it is none. It shows nothing of what stands in the file. */
export function readPageState(text: string): PageState | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own words would show a part of the file.
    return "it is no JSON";
  }
  const parsed = PageState.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `${issue?.message ?? "it is no state"} at ${issue?.path.join(".") || "its root"}`;
}
