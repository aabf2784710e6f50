/** Groups whose node does not take tests any more, or came back without what they need: what waits of them goes to another (G2). */
import { isStaying } from "#gateway/fleet/open-slots.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { canRun } from "./matching.ts";
import { withdraw } from "./queue.ts";
import { reviewTest } from "./settle.ts";

/** Called at each tick. */
export function movePinned(mesh: Mesh): void {
  for (const { pin, runId, needs, waiting } of [...mesh.queue.buckets.values()]) {
    if (pin === undefined) continue;
    const node = mesh.nodes.get(pin);
    const run = mesh.runs.get(runId);
    const isThere = node !== undefined && isStaying(node) && canRun(node, { needs, waiting });
    if (run === undefined || isThere) continue;
    for (const { test } of [...waiting]) {
      withdraw(mesh.queue, test);
      reviewTest(mesh, run, test);
    }
  }
}
