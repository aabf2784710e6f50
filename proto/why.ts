/** Why a test waits, where it runs, or what it came to: the answer of `GET /v1/runs/:id/tests/:key/why`. */
import { z } from "zod";
import { Verdict } from "./report.ts";

export const WhyCode = z.enum([
  "decided",
  "running",
  "leased",
  "cancelled",
  "min_nodes",
  "max_in_flight",
  "quota",
  "lock",
  "after",
  "group",
  "no_node",
  "node_gone",
  "node_suspect",
  "node_cordoned",
  "node_drained",
  "node_closed",
  "node_breaker",
  "node_resting",
  "busy",
  "alone",
  "spared",
  "ahead",
  "share",
  "next",
]);
export type WhyCode = z.infer<typeof WhyCode>;

export const WhyReason = z.object({
  code: WhyCode,
  /** One sentence for people. */
  text: z.string(),
});
export type WhyReason = z.infer<typeof WhyReason>;

export const TestWhy = z.object({
  key: z.string(),
  state: z.enum(["waiting", "running", "decided"]),
  verdict: Verdict.optional(),
  /** What holds it back most comes first; never empty. */
  reasons: z.array(WhyReason).min(1),
});
export type TestWhy = z.infer<typeof TestWhy>;
