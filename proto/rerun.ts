/** Tests of a run that has ended run again: what is asked and answered over the HTTP API. */
import { z } from "zod";
import { RunOptions } from "./api.ts";

/** What may be said anew of a run whose tests run again; the rest is as it was. */
export const RerunOptions = RunOptions.omit({
  tags: true,
  grep: true,
  keys: true,
  allowEmpty: true,
  skipUnsupported: true,
  pool: true,
  repeatEach: true,
  shard: true,
}).extend({ allowEmpty: z.boolean().optional() });
export type RerunOptions = z.infer<typeof RerunOptions>;

/** `failed`: those that failed or were lost, and those that were skipped because of others that failed. */
export const RerunTests = z.enum(["failed", "all"]);
export type RerunTests = z.infer<typeof RerunTests>;

/** The body of `POST /v1/runs/:id/rerun`. */
export const RerunRun = z.strictObject({
  tests: RerunTests,
  /** The values of the secrets that the tests use: the gateway has forgotten them with the end of the run. */
  secrets: z.record(z.string(), z.string()).default({}),
  options: RerunOptions.default({}),
});
export type RerunRun = z.infer<typeof RerunRun>;

/** The answer of `GET /v1/runs/:id/rerun?tests=failed`: what a rerun would be. */
export const RerunOutlook = z.object({
  /** Tests that would run. */
  count: z.number().int().min(0),
  /** Names of the secrets that they use. */
  secrets: z.array(z.string()),
});
export type RerunOutlook = z.infer<typeof RerunOutlook>;
