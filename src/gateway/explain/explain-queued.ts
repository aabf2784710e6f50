/** Pure: what keeps a queued test from a node, by the rules that a turn of the scheduler decides by (assign.ts, A1 to A4). */
import { openNodeCount, whyNotBegun } from "#gateway/fleet/min-nodes.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import type { RunState, TestState } from "#gateway/mesh/run-state.ts";
import { whoHolds } from "#gateway/scheduler/locks.ts";
import type { Bucket } from "#gateway/scheduler/queue.ts";
import { allowancesOf, missingLocks, roomsOf } from "#gateway/scheduler/rooms.ts";
import { projectOf } from "#gateway/scheduler/share.ts";
import type { WhyReason } from "#proto/why.ts";
import { explainNodes } from "./explain-nodes.ts";
import { explainOrder } from "./explain-order.ts";

export type Queued = { readonly test: TestState; readonly bucket: Bucket };

/** Never empty. */
export function explainQueued(mesh: Mesh, run: RunState, queued: Queued): readonly WhyReason[] {
  const { reasons, openNodes } = explainNodes(mesh, queued);
  const held = [
    ...minNodes(mesh, run),
    ...allowances(mesh, run),
    ...locks(mesh, queued.bucket),
    ...reasons,
    ...(openNodes.length === 0 ? [] : explainOrder(mesh, run, { ...queued, openNodes })),
  ];
  if (held.length > 0) return held;
  return [{ code: "next", text: "Nothing holds it back: it goes to a node in the next turn" }];
}

function minNodes(mesh: Mesh, run: RunState): readonly WhyReason[] {
  const text = whyNotBegun(run, openNodeCount(mesh));
  return text === undefined ? [] : [{ code: "min_nodes", text }];
}

/** A3: its run's most in flight and its project's quota. */
function allowances(mesh: Mesh, run: RunState): readonly WhyReason[] {
  const { own, project } = allowancesOf(mesh, run);
  const reasons: WhyReason[] = [];
  if (own !== undefined && own.left <= 0)
    reasons.push({
      code: "max_in_flight",
      text: `Its run may have ${run.options.maxInFlight} in flight, and has ${run.share.activeCount}`,
    });
  if (project !== undefined && project.left <= 0) {
    const name = projectOf(run);
    const slots = mesh.quotas.get(name);
    const text = `The project ${name} may use ${slots} slots at once, and uses ${(slots ?? 0) - project.left}`;
    reasons.push({ code: "quota", text });
  }
  return reasons;
}

function locks(mesh: Mesh, bucket: Bucket): readonly WhyReason[] {
  const missing = missingLocks(mesh, bucket).map(({ name, limit }): WhyReason => {
    const holders = whoHolds(mesh.locks, { name, limit }).map(({ lease }) => {
      const holder = mesh.runs.get(lease.runId)?.tests[lease.testIndex]?.definition.key ?? lease.id;
      const node = mesh.nodes.get(lease.nodeId)?.record.name ?? lease.nodeId;
      return `${holder} on ${node}`;
    });
    const shown = holders.slice(0, 3).join(", ");
    const more = holders.length > 3 ? ` and ${holders.length - 3} more` : "";
    return { code: "lock", text: `The lock ${name} is held by ${shown}${more}` };
  });
  if (missing.length > 0 || bucket.locks.length === 0) return missing;
  if (roomsOf(mesh, []).locks.isFree(bucket)) return [];
  const text = "A test that waits longer, for several locks at once, gets its locks first";
  return [{ code: "lock", text }];
}
