/** What a run is expected to take before it is one: asked and answered over the HTTP API. */
import { z } from "zod";
import { SubmitRun } from "./api.ts";

/** So many nodes with so many slots each. */
export const FleetPart = z.strictObject({
  nodes: z.number().int().min(1).max(10_000),
  slots: z.number().int().min(1).max(1_000),
});
export type FleetPart = z.infer<typeof FleetPart>;

const FLEET_NODES_MAX = 10_000;

/** The body of `POST /v1/plan`: a submit that makes no run. */
export const PlanRun = z.strictObject({
  run: SubmitRun,
  /** Nodes that can run every test, instead of those of the gateway. */
  fleet: z
    .array(FleetPart)
    .min(1)
    .max(100)
    .refine(
      (parts) => parts.reduce((sum, { nodes }) => sum + nodes, 0) <= FLEET_NODES_MAX,
      `has more than ${FLEET_NODES_MAX} nodes`,
    )
    .optional(),
});
export type PlanRun = z.infer<typeof PlanRun>;

/** A test and when it would run, milliseconds from the first start; without a node it could not. */
export const PlannedTest = z.object({
  key: z.string(),
  node: z.string().optional(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  /** What its own history lets expect on a typical node; absent: it has none. */
  expectedMs: z.number().optional(),
  /** Why no node would run it. */
  reason: z.string().optional(),
});
export type PlannedTest = z.infer<typeof PlannedTest>;

/** The answer of `POST /v1/plan`. */
export const RunForecast = z.object({
  /** In the order in which they would start; then those that would not. */
  tests: z.array(PlannedTest),
  skipped: z.number().int().min(0),
  nodes: z.array(z.object({ name: z.string(), slots: z.number().int(), speed: z.number() })),
  /** Whether the nodes are those of a mesh, or stated. */
  isStated: z.boolean(),
  /** From the first start to the last end; absent when nothing is known of any test. */
  makespanMs: z.number().optional(),
  /** No order could take less: the longest test, or all of them spread evenly over the slots. */
  lowerBoundMs: z.number().optional(),
  /** Tests without a history of their own. */
  unknown: z.number().int().min(0),
  /** What is assumed of those whose suite has none either; absent when nothing is known of any test. */
  assumedMs: z.number().optional(),
  warnings: z.array(z.string()),
});
export type RunForecast = z.infer<typeof RunForecast>;
