/**
 * Steps that hold other steps and decide which of them run, and how often. A node performs them itself and hands what is
 * inside to the driver; what is inside stands in `blocks` of the planned step, which is one step of the test for all
 * that count steps.
 */
import { z } from "zod";
import { Json, Text } from "../matcher.ts";

/** The most times that one loop may go round. */
export const ITERATIONS_MAX = 1_000;
/** The most levels of steps inside steps. */
export const STEP_DEPTH_MAX = 10;
/** The most steps inside other steps of one test. */
export const NESTED_STEPS_MAX = 2_000;

const iterations = z.number().int().min(0).max(ITERATIONS_MAX);

/** Text of a page or of a file may say how often. */
const Count = z.union([
  iterations,
  z
    .string()
    .regex(/^\s*\d{1,4}\s*$/, "expected a whole number")
    .transform(Number)
    .pipe(iterations),
]);

/** What `expect` would demand; it holds or it does not, and neither is a failure. */
const Condition = z.strictObject({
  /** The arguments of an `expect` step. */
  expect: z.record(z.string(), Json),
  /** What it looks at, for people. */
  text: z.string(),
  /** How long it may take to come true, milliseconds; absent: it is looked at once. */
  timeoutMs: z.number().min(0).optional(),
});
export type Condition = z.infer<typeof Condition>;

/** Blocks: `then`, and `else` where there is one. */
const If = z.strictObject({ kind: z.literal("if"), when: Condition });

/** Block: `steps`. Exactly one of `times`, `while` and `until`; the last two with `max`. */
const Repeat = z.strictObject({
  kind: z.literal("repeat"),
  times: Count.optional(),
  /** Looked at before each round. */
  while: Condition.optional(),
  /** Looked at after each round. */
  until: Condition.optional(),
  /** Where the condition does not end the loop by then, the step has failed. */
  max: Count.optional(),
  /** The name under which `steps` know how many rounds were before. */
  index: z.string().optional(),
});

/** Block: `steps`. */
const ForEach = z.strictObject({
  kind: z.literal("forEach"),
  items: z.array(Json).max(ITERATIONS_MAX),
  /** The name under which `steps` know the item. */
  as: z.string(),
  index: z.string().optional(),
});

/** Blocks: `try`, and `catch`, `finally` or both. */
const Try = z.strictObject({ kind: z.literal("try") });

/** Block: `steps`, those of the flow with its parameters filled in. */
const Use = z.strictObject({ kind: z.literal("use"), flow: Text });

/** A finished step that holds others. */
export const FlowStep = z.discriminatedUnion("kind", [If, Repeat, ForEach, Try, Use]);
export type FlowStep = z.infer<typeof FlowStep>;

/** The verbs of steps that hold others, on every platform. */
export const FLOW_VERBS = ["if", "repeat", "forEach", "try", "use"] as const;
