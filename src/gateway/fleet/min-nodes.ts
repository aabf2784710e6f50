/** Runs that wait for enough nodes (`minNodes`): nothing of them is leased before so many are alive and open. */
import { type Mesh, sayNotice } from "#gateway/mesh/mesh.ts";
import type { RunState } from "#gateway/mesh/run-state.ts";
import { unqueueRun } from "#gateway/scheduler/cancel.ts";
import { closeTest } from "#gateway/scheduler/settle.ts";
import { openSlots } from "./open-slots.ts";

/**
 * Why the run may not begin yet, in words for people; undefined when it may. A run that has begun goes on, however few
 * are left.
 *
 * @param countOpen As `openNodeCount`; asked only for a run that may have to wait.
 */
export function whyNotBegun(run: RunState, countOpen: () => number): string | undefined {
  const { minNodes } = run.options;
  if (minNodes === undefined || hasBegun(run)) return undefined;
  const openNodes = countOpen();
  if (openNodes >= minNodes) return undefined;
  const there = openNodes === 1 ? "1 is" : `${openNodes} are`;
  return `The run begins when ${minNodes} nodes are there and open: ${there}`;
}

/** How many nodes take offers now: counted when first asked, once. */
export function openNodeCount(mesh: Mesh): () => number {
  let count: number | undefined;
  return () => {
    count ??= [...mesh.nodes.values()].filter((node) => openSlots(mesh, node) > 0).length;
    return count;
  };
}

/** Says once that a run waits, and ends its tests when it has waited for as long as a test waits for a node. Called on each tick. */
export function watchMinNodes(mesh: Mesh): void {
  const countOpen = openNodeCount(mesh);
  const nowMs = mesh.clock.monotonicMs();
  for (const run of [...mesh.runs.values()]) {
    if (run.end !== undefined || run.cancel !== undefined) continue;
    const reason = whyNotBegun(run, countOpen);
    if (reason === undefined) {
      delete run.shortSinceMs;
      continue;
    }
    run.shortSinceMs ??= nowMs;
    sayWaiting(mesh, run, reason);
    const waitedMs = nowMs - run.shortSinceMs;
    if (waitedMs >= (run.options.waitForNodesMs ?? mesh.limits.waitForNodesMs))
      closeAll(mesh, run, `${reason}; waited ${Math.round(waitedMs / 1_000)} s`);
  }
}

function hasBegun(run: RunState): boolean {
  if (run.hasBegun !== true && run.tests.some((test) => test.leases.length > 0))
    run.hasBegun = true;
  return run.hasBegun === true;
}

function sayWaiting(mesh: Mesh, run: RunState, reason: string): void {
  if (run.isWaiting) return;
  run.isWaiting = true;
  sayNotice(mesh, run, { kind: "waiting", reason });
}

function closeAll(mesh: Mesh, run: RunState, reason: string): void {
  for (const test of unqueueRun(mesh, run)) closeTest(mesh, run, { test, code: "no_node", reason });
}
