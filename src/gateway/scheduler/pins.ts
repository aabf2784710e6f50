/** Groups whose node does not take tests any more: what waits of them goes to another (G2). */
import { isStaying } from "#gateway/fleet/open-slots.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { withdraw } from "./queue.ts";
import { reviewTest } from "./settle.ts";

/** Called at each tick. */
export function movePinned(mesh: Mesh): void {
  for (const { pin, runId, waiting } of [...mesh.queue.buckets.values()]) {
    if (pin === undefined) continue;
    const node = mesh.nodes.get(pin);
    const run = mesh.runs.get(runId);
    if (run === undefined || (node !== undefined && isStaying(node))) continue;
    for (const { test } of [...waiting]) {
      withdraw(mesh.queue, test);
      reviewTest(mesh, run, test);
    }
  }
}
