/** Ends a run before its time: by a person, or because its own time is over (R2). */
import type { Mesh } from "#gateway/mesh/mesh.ts";
import {
  activeLease,
  type CancelCode,
  outlastsCancel,
  type RunState,
  type TestState,
} from "#gateway/mesh/run-state.ts";
import { withdrawRun } from "./queue.ts";
import { cancelLeases } from "./repeat.ts";
import { closeTest, reviewTest, settleLease } from "./settle.ts";

/** Nothing more starts; what runs is cancelled on its node; outcomes that come before the run closes stand (R2). */
export function cancelRun(
  mesh: Mesh,
  run: RunState,
  why: { readonly code: CancelCode; readonly reason: string },
): void {
  // A run that only waits for what comes after all its tests can still be cancelled by a person, or by its time.
  const isFinal = run.cancel !== undefined && run.cancel.code !== "max_failures";
  if (run.end !== undefined || isFinal || run.cancel?.code === why.code) return;
  run.cancel = { ...why, sinceMs: mesh.clock.monotonicMs() };
  mesh.turn.save({ kind: "run_cancelling", runId: run.id, ...why });
  const waiting = unqueueRun(mesh, run);
  cancelLeases(mesh, run);
  for (const test of waiting) {
    if (outlastsCancel(run, test)) reviewTest(mesh, run, test);
    else closeTest(mesh, run, { test, ...why });
  }
}

/** Takes everything of a run that waits out of the queue. @returns Those tests, in ledger order. */
export function unqueueRun(mesh: Mesh, run: RunState): readonly TestState[] {
  const held = run.precedence?.held;
  const waiting = run.tests.filter((test) => mesh.queue.members.has(test) || held?.has(test));
  withdrawRun(mesh.queue, run.id);
  held?.clear();
  return waiting;
}

/** R2: after the bound, what no node answered is cancelled by the gateway's own word. */
export function closeCancelled(mesh: Mesh): void {
  const nowMs = mesh.clock.monotonicMs();
  for (const run of [...mesh.runs.values()]) {
    if (run.end !== undefined || run.cancel === undefined) continue;
    if (nowMs - run.cancel.sinceMs < mesh.limits.cancelAnswerMs) continue;
    for (const test of run.tests) {
      const lease = activeLease(test);
      if (lease === undefined || outlastsCancel(run, test)) continue;
      const reason = `${run.cancel.reason}; its node did not answer in time`;
      settleLease(mesh, run, {
        lease,
        settlement: { kind: "cancelled", cause: "cancelled", reason },
      });
    }
  }
}

/** Cancels the runs whose own time is over. Measured by the wall clock, so that a restart does not stretch it. */
export function timeOutRuns(mesh: Mesh): void {
  for (const run of [...mesh.runs.values()]) {
    const { runTimeoutMs } = run.options;
    const isEnding = run.cancel !== undefined && run.cancel.code !== "max_failures";
    if (run.end !== undefined || isEnding || runTimeoutMs === undefined) continue;
    if (mesh.clock.wallMs() - run.createdWallMs < runTimeoutMs) continue;
    cancelRun(mesh, run, {
      code: "run_timeout",
      reason: `Out of time: the run took longer than ${runTimeoutMs} ms`,
    });
  }
}

/** Stops the runs that have as many failures as they may: what has not ended by now is skipped, on all nodes. */
export function stopOverFailed(mesh: Mesh): void {
  for (const run of mesh.overFailed) {
    const { maxFailures } = run.options;
    if (maxFailures === undefined || run.failureCount < maxFailures) continue;
    const tests = run.failureCount === 1 ? "1 test has" : `${run.failureCount} tests have`;
    const reason = `Stopped: ${tests} failed, and --max-failures is ${maxFailures}`;
    cancelRun(mesh, run, { code: "max_failures", reason });
  }
  mesh.overFailed.clear();
}
