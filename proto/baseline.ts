/** Pictures that tests are compared with: each of one test, on one browser and one system (a baseline). */
import { z } from "zod";
import { RunId, Sha256, TestKey } from "./ids.ts";

/** What a picture may be called: a plain name of a file. */
export const BaselineName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, "is no plain name: letters, digits, space, . _ -");

/** A test on one of its browsers. */
export const BaselinePlace = z.object({
  /** The name of the test's history. */
  key: TestKey,
  /** `chromium` … */
  browser: z.string().min(1).max(60),
  /** `linux`, `darwin`, `windows`. */
  os: z.string().min(1).max(40),
});
export type BaselinePlace = z.infer<typeof BaselinePlace>;

/** As an offer names it to a node. */
export const BaselineFile = z.object({
  name: z.string().min(1).max(100),
  sha256: Sha256,
  bytes: z.number().int().min(0),
});
export type BaselineFile = z.infer<typeof BaselineFile>;

/** The most that one test has on one browser; further ones are not offered. */
export const BASELINES_PER_TEST_MAX = 200;
export const BASELINE_PAGE_MAX = 1_000;

export const Baseline = BaselinePlace.extend({
  name: BaselineName,
  sha256: Sha256,
  bytes: z.number().int().min(0),
  /** The run that made it; absent: it was brought from elsewhere. */
  runId: RunId.optional(),
  /** RFC 3339, UTC. */
  madeAt: z.string(),
});
export type Baseline = z.infer<typeof Baseline>;

/** The answer of `GET /v1/baselines?limit=&after=`; `next` is the `after` of the next page, absent on the last one. */
export const BaselinePage = z.object({ baselines: z.array(Baseline), next: z.string().optional() });
export type BaselinePage = z.infer<typeof BaselinePage>;

/** The body of `PUT /v1/baselines`: their bytes are blobs that the gateway has. */
export const PutBaselines = z.strictObject({
  baselines: z
    .array(
      z.strictObject({
        ...BaselinePlace.shape,
        name: BaselineName,
        sha256: Sha256,
      }),
    )
    .min(1)
    .max(BASELINE_PAGE_MAX),
});
export type PutBaselines = z.infer<typeof PutBaselines>;

/** What changed a list of baselines: how many. */
export const BaselineCount = z.object({ baselines: z.number().int() });
