/** What a suite says about when and beside what a test may run. Only the gateway reads it; nodes run what they are given. */
import { z } from "zod";

/** A named lock of the whole mesh; with a limit above 1 a semaphore. */
export const Lock = z.object({
  name: z.string().min(1).max(200),
  /** How many tests may hold it at once; where tests disagree, the least. */
  limit: z.number().int().min(1).max(10_000),
});
export type Lock = z.infer<typeof Lock>;

/** Tests of one suite and group name run on one node, one after the other, in the order of the file. */
export const TestGroup = z.object({
  name: z.string().min(1).max(500),
  /** Once one of them has not passed, those after it are skipped. */
  isSerial: z.boolean(),
});
export type TestGroup = z.infer<typeof TestGroup>;

export const Schedule = z.object({
  /** Added to the run's; higher goes first. */
  priority: z.number().int().min(-1000).max(1000).optional(),
  group: TestGroup.optional(),
  /** Held while the test runs, all or none; distinct names. */
  locks: z.array(Lock).max(20).optional(),
  /** Names of tests of the same suite: it runs when all of them have passed, and is skipped when one has not. */
  after: z.array(z.string().min(1)).max(100).optional(),
  /**
   * All tests of its suite wait for `beforeAll` to pass and are skipped when it does not; `afterAll` waits until all of
   * them have ended, however they did.
   */
  role: z.enum(["beforeAll", "afterAll"]).optional(),
  /** `node`: the submit makes one test for each matching node. */
  each: z.literal("node").optional(),
});
export type Schedule = z.infer<typeof Schedule>;
