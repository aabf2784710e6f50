/** What is known of tests from their earlier runs, as it lies in files and travels over the API. */
import { z } from "zod";
import { TestKey } from "./ids.ts";
import { Platform } from "./test.ts";

/** Of one test on one platform; older outcomes are forgotten. */
export const HISTORY_LENGTH = 20;
/** Tests in one message. */
export const HISTORY_PAGE_MAX = 1_000;
/** Longer durations are kept as this, milliseconds. */
export const HISTORY_DURATION_MS_MAX = 7_000_000_000;
/** Later times are kept as this, milliseconds since the epoch. */
export const HISTORY_WALL_MS_MAX = 100_000_000_000_000;

/** One attempt that counted. */
export const HistoryOutcome = z.strictObject({
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
export const TestHistory = z.strictObject({
  key: TestKey,
  platform: Platform,
  /** Newest first. */
  outcomes: z.array(HistoryOutcome).min(1).max(HISTORY_LENGTH),
});
export type TestHistory = z.infer<typeof TestHistory>;
