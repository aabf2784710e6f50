/** Pure: who goes before a queued test on the nodes that could run it (assign.ts, A2). */
import type { Mesh, NodeState } from "#gateway/mesh/mesh.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { compareCandidates } from "#gateway/scheduler/assign.ts";
import { mayRun } from "#gateway/scheduler/matching.ts";
import { compareQueued, type QueuedTest } from "#gateway/scheduler/order.ts";
import type { Bucket } from "#gateway/scheduler/queue.ts";
import { roomsOf } from "#gateway/scheduler/rooms.ts";
import type { WhyReason } from "#proto/why.ts";
import type { Queued } from "./explain-queued.ts";

type Contest = Queued & { readonly openNodes: readonly NodeState[] };

/** How many of its run go first, and which other runs do. */
export function explainOrder(mesh: Mesh, run: RunState, contest: Contest): readonly WhyReason[] {
  const { test, bucket, openNodes } = contest;
  const entry = bucket.waiting.find((one) => one.test === test);
  if (entry === undefined) return [];
  const rivals = [...mesh.queue.buckets.values()].filter((other) =>
    openNodes.some((node) => mayRun(node, other)),
  );
  return [...ownReasons(rivals, entry), ...otherReasons(mesh, run, { rivals, entry, bucket })];
}

function ownReasons(rivals: readonly Bucket[], entry: QueuedTest): readonly WhyReason[] {
  let ahead = 0;
  for (const { runId, waiting } of rivals)
    if (runId === entry.runId)
      for (const other of waiting) if (compareQueued(other, entry) < 0) ahead += 1;
  if (ahead === 0) return [];
  const tests = ahead === 1 ? "1 test" : `${ahead} tests`;
  return [{ code: "ahead", text: `${tests} of its run go before it` }];
}

type Rivalry = {
  readonly rivals: readonly Bucket[];
  readonly entry: QueuedTest;
  readonly bucket: Bucket;
};

/** Other runs whose first test goes before it now: by priority, by their share, or since they wait too long. */
function otherReasons(mesh: Mesh, run: RunState, rivalry: Rivalry): readonly WhyReason[] {
  const { runs } = roomsOf(mesh, []);
  const own = runs.get(run.id);
  if (own === undefined) return [];
  const candidate = { bucket: rivalry.bucket, entry: rivalry.entry, run: own };
  const reasons = new Map<string, WhyReason>();
  for (const bucket of rivalry.rivals) {
    const [entry] = bucket.waiting;
    const room = runs.get(bucket.runId);
    if (entry === undefined || room === undefined || bucket.runId === run.id) continue;
    if (compareCandidates({ bucket, entry, run: room }, candidate) >= 0) continue;
    const why = room.isStarving
      ? "had nothing for too long"
      : room.priority > own.priority
        ? `has the priority ${room.priority}, its own run ${own.priority}`
        : "has had less than its share, or has more urgent tests";
    reasons.set(bucket.runId, { code: "share", text: `Run ${bucket.runId} goes first: it ${why}` });
  }
  return [...reasons.values()].slice(0, 5);
}
