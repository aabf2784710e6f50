/** Steps that answer, block, hold back or change the requests of an attempt's pages. */
import { z } from "zod";
import { Json, Text } from "../matcher.ts";

/** What a page asks for, in Chromium's and Playwright's words. */
export const RESOURCES = [
  "document",
  "stylesheet",
  "image",
  "media",
  "font",
  "script",
  "texttrack",
  "xhr",
  "fetch",
  "eventsource",
  "manifest",
  "ping",
  "other",
] as const;

/** How a request can end without an answer, in Playwright's words. */
export const BLOCK_REASONS = [
  "blockedbyclient",
  "aborted",
  "accessdenied",
  "addressunreachable",
  "blockedbyresponse",
  "connectionaborted",
  "connectionclosed",
  "connectionfailed",
  "connectionrefused",
  "connectionreset",
  "failed",
  "internetdisconnected",
  "namenotresolved",
  "timedout",
] as const;

const headers = z.record(z.string(), Text).optional();
const names = z.array(Text).max(100).optional();
const status = z.number().int().min(200).max(599).optional();

/** At most one of `json`, `body` and `file`. */
const body = {
  json: Json.optional(),
  body: Text.optional(),
  /** Relative to the suite's folder, listed in the test's `files`. */
  file: z.string().optional(),
};

const Act = z.discriminatedUnion("act", [
  z.strictObject({ act: z.literal("pass") }),
  z.strictObject({ act: z.literal("block"), reason: z.enum(BLOCK_REASONS) }),
  /** Without a status: 200. */
  z.strictObject({ act: z.literal("mock"), status, headers, ...body }),
  z.strictObject({
    act: z.literal("modify"),
    url: Text.optional(),
    method: Text.optional(),
    headers,
    removeHeaders: names,
    body: Text.optional(),
    json: Json.optional(),
    /** Of the answer that came. */
    response: z
      .strictObject({
        status,
        headers,
        removeHeaders: names,
        ...body,
        /** Texts of the body, and what stands there instead. */
        replace: z.record(z.string(), Text).optional(),
      })
      .optional(),
  }),
]);
export type RouteAct = z.infer<typeof Act>;

/** The last that was declared and matches has a request; the attempt's end takes all of them away. */
export const Route = z.strictObject({
  kind: z.literal("route"),
  /** A glob of the whole address, or of its path where it begins with `/`; or a regular expression `/…/flags`. */
  url: Text,
  method: Text.optional(),
  resource: z.array(z.enum(RESOURCES)).optional(),
  /** Before anything else is done, milliseconds. */
  delayMs: z.number().min(0).optional(),
  do: Act,
  /** So many requests, then it is as if it were not there. */
  times: z.number().int().min(1).optional(),
  /** Absent: its url. */
  name: Text.optional(),
});
export const Unroute = z.strictObject({
  kind: z.literal("unroute"),
  /** Absent: all. */
  name: Text.optional(),
});
