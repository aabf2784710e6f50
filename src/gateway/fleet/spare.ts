/**
 * Pure: tests that node processes died with (strikes, C4) keep away from the last healthy nodes while there is other
 * work: they could take those along, and everything else with them. They run when nothing else waits or runs there.
 */

import { countStrikes } from "#gateway/merge/verdict.ts";
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { LeaseState } from "#gateway/mesh/run-state.ts";
import { mayRun } from "#gateway/scheduler/matching.ts";
import type { Bucket } from "#gateway/scheduler/queue.ts";
import { hasHealthyNodes } from "./health.ts";

/** Whether a node is spared the tests of a bucket now; one answer for all nodes and buckets of a turn. */
export function sparedNodes(mesh: Mesh): (node: NodeState, bucket: Bucket) => boolean {
  const buckets = [...mesh.queue.buckets.values()];
  if (!buckets.some(({ isStruck }) => isStruck)) return () => false;
  if (hasHealthyNodes(mesh, mesh.limits.healthyNodesMin + 1)) return () => false;
  const others = buckets.filter(({ isStruck }) => isStruck !== true);
  return (node, bucket) =>
    bucket.isStruck === true &&
    (others.some((other) => mayRun(node, other)) ||
      [...node.active].some((lease) => !hasStrikes(mesh, lease)));
}

function hasStrikes(mesh: Mesh, lease: LeaseState): boolean {
  const test = mesh.runs.get(lease.runId)?.tests[lease.testIndex];
  return test !== undefined && countStrikes(test) > 0;
}
