/** What `expect` judges of a page as a whole: its looks, its accessibility, what it asked the network for, what it said, how fast it was. */
import { z } from "zod";
import { BaselineName } from "../baseline.ts";
import { Locator, Matcher, StatusMatcher } from "../matcher.ts";

/** More elements than these are not looked for in one expectation. */
const LOCATORS_MAX = 50;
const NAMES_MAX = 200;

/** The picture of a page or an element beside its baseline. */
export const Looks = z
  .strictObject({
    of: z.literal("screenshot"),
    /** Of the baseline, within its test. */
    name: BaselineName,
    locator: Locator.optional(),
    fullPage: z.boolean().default(false),
    /** The part of the pixels that may differ, 0 to 1; absent: 0.002, or any when `maxDiffPixels` is given. */
    maxDiffRatio: z.number().min(0).max(1).optional(),
    maxDiffPixels: z.number().int().min(0).optional(),
    /** How far the colour of a pixel may be off before it differs, 0 (not at all) to 1. */
    threshold: z.number().min(0).max(1).default(0.02),
    /** Covered before the picture is taken. */
    mask: z.array(Locator).max(LOCATORS_MAX).default([]),
  })
  .refine(({ locator, fullPage }) => locator === undefined || !fullPage, {
    message: "fullPage is of the page and not of an element",
    path: ["fullPage"],
  });
export type Looks = z.infer<typeof Looks>;

/** From the mildest to the worst. */
export const IMPACTS = ["minor", "moderate", "serious", "critical"] as const;

/** What axe-core finds against a page. */
export const Accessibility = z.strictObject({
  of: z.literal("a11y"),
  /** Absent: the whole page. */
  locator: Locator.optional(),
  exclude: z.array(Locator).max(LOCATORS_MAX).default([]),
  /** Only these rules of axe-core; absent: those of `tags`. */
  rules: z.array(z.string().min(1)).max(NAMES_MAX).optional(),
  /** Only rules with any of these tags; absent: all that axe-core runs by itself. */
  tags: z.array(z.string().min(1)).max(NAMES_MAX).optional(),
  /** The mildest that counts. */
  impact: z.enum(IMPACTS).default("minor"),
  /** So many elements may violate rules. */
  max: z.number().int().min(0).default(0),
});
export type Accessibility = z.infer<typeof Accessibility>;

/** The tree that assistive technology sees, beside a template of it in Playwright's YAML; `save` keeps it as text. */
export const AriaTree = z.strictObject({
  of: z.literal("aria"),
  /** Absent: the whole page. */
  locator: Locator.optional(),
  template: z.string().max(100_000).optional(),
});
export type AriaTree = z.infer<typeof AriaTree>;

/** From where on the log counts: the attempt's beginning, or the beginning of the last step that did something. */
const since = z.enum(["attempt", "step"]).default("attempt");
/** Milliseconds for which a count must hold; absent: a bound of our own where nothing at all is expected, else none. */
const forMs = z.number().min(0).optional();

/** How many requests the page made that are so. */
export const PageRequests = z.strictObject({
  of: z.literal("requests"),
  url: z.union([z.strictObject({ glob: z.string().min(1) }), Matcher]).optional(),
  method: z.string().min(1).optional(),
  status: StatusMatcher.optional(),
  /** Of the request; names in any case. */
  headers: z.record(z.string(), Matcher).optional(),
  /** Of the request, as text. */
  body: Matcher.optional(),
  /** JSON paths into the request's body. */
  json: z.record(z.string(), Matcher).optional(),
  since,
  forMs,
});
export type PageRequests = z.infer<typeof PageRequests>;

/** `pageError`: an exception or a rejection that nothing in the page caught. */
export const CONSOLE_LEVELS = ["debug", "log", "info", "warning", "error", "pageError"] as const;

/** How many messages the page's console has that are so. */
export const ConsoleMessages = z.strictObject({
  of: z.literal("console"),
  /** Any of these; absent: all. */
  levels: z.array(z.enum(CONSOLE_LEVELS)).optional(),
  text: Matcher.optional(),
  since,
  forMs,
});
export type ConsoleMessages = z.infer<typeof ConsoleMessages>;

/** Milliseconds since the page was asked for, but `cls` (a sum without unit), `transferBytes` and `requests` (a count). */
export const PERFORMANCE_METRICS = [
  "ttfb",
  "fcp",
  "lcp",
  "cls",
  "inp",
  "domContentLoaded",
  "load",
  "transferBytes",
  "requests",
] as const;

/** A measure that the page's browser took of it. */
export const PageSpeed = z.strictObject({
  of: z.literal("performance"),
  metric: z.enum(PERFORMANCE_METRICS),
});
export type PageSpeed = z.infer<typeof PageSpeed>;
