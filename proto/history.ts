/** What is known of tests from their earlier runs, as it lies in files and travels over the API. */
import { z } from "zod";
import { TestKey } from "./ids.ts";
import { Platform } from "./test.ts";

/** Of one test on one platform; older outcomes are forgotten. */
export const HISTORY_LENGTH = 20;
/** Tests in one answer. */
export const HISTORY_PAGE_MAX = 1_000;
/** Tests in one file or one import. */
export const HISTORY_TESTS_MAX = 200_000;
/** Longer durations are kept as this, milliseconds. */
export const HISTORY_DURATION_MS_MAX = 7_000_000_000;
/** Later times are kept as this, milliseconds since the epoch. */
export const HISTORY_WALL_MS_MAX = 100_000_000_000_000;

/** One attempt that counted. */
export const HistoryOutcome = z.object({
  status: z.enum(["passed", "failed"]),
  /** On the node that ran it, to a tenth of a millisecond. */
  durationMs: z.number().min(0).max(HISTORY_DURATION_MS_MAX),
  /** When the gateway counted it, milliseconds since the epoch. */
  wallMs: z.number().int().min(0).max(HISTORY_WALL_MS_MAX),
  /** The node that ran it: a short hash of its id, since the id is of one mesh alone. */
  node: z.string().regex(/^[0-9a-f]{10}$/, "is no hash of a node's id"),
});
export type HistoryOutcome = z.infer<typeof HistoryOutcome>;

/** A test's history on one platform. */
export const TestHistory = z.object({
  key: TestKey,
  platform: Platform,
  /** Newest first. */
  outcomes: z.array(HistoryOutcome).min(1).max(HISTORY_LENGTH),
});
export type TestHistory = z.infer<typeof TestHistory>;

/** A file of histories, and the body of `POST /v1/history`; keys that it does not know are dropped, so that version 1 may grow. */
export const HistoryFile = z.object({
  format: z.literal("panoptic-history"),
  /** A file of a newer version is refused by name. */
  version: z.literal(1),
  tests: z.array(TestHistory).max(HISTORY_TESTS_MAX),
});
export type HistoryFile = z.infer<typeof HistoryFile>;

/** The answer of `GET /v1/history/export?limit=&after=&run=`; `next` is the `after` of the next page, absent on the last one. */
export const HistoryExport = HistoryFile.extend({ next: z.string().optional() });
export type HistoryExport = z.infer<typeof HistoryExport>;

/** What the history of a test adds up to. */
export const HistorySummary = z.object({
  key: z.string(),
  platform: Platform,
  /** Of the last 20 at most. */
  passed: z.number().int().min(0),
  failed: z.number().int().min(0),
  /** Median of the passes on a node of speed 1, milliseconds; absent when it never passed. */
  expectedMs: z.number().min(0).optional(),
  /** 0 to 1: how often it changed between passed and failed (README, "History and flaky tests"). */
  flakiness: z.number().min(0).max(1),
  hasFailedLast: z.boolean(),
  /** RFC 3339 UTC. */
  lastAt: z.string(),
});
export type HistorySummary = z.infer<typeof HistorySummary>;

/** The answer of `GET /v1/history?limit=&after=`; `next` is the `after` of the next page, absent on the last one. */
export const HistoryPage = z.object({
  tests: z.array(HistorySummary),
  next: z.string().optional(),
});
export type HistoryPage = z.infer<typeof HistoryPage>;
