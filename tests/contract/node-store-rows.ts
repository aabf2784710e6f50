/** Rows and events of a few leases, for the tests of node stores. */
import type { AttemptEnd, LeaseRow } from "#node/store/node-store.ts";
import type { NodeEvent } from "#proto/event.ts";
import { type LeaseId, RunId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";

const runId = RunId.parse("run-1");
export const leaseOf = (testIndex: number): LeaseId => leaseIdOf({ runId, testIndex, number: 1 });
export const rowOf = (testIndex: number): LeaseRow => ({
  leaseId: leaseOf(testIndex),
  state: "accepted",
  attemptNumber: 1,
  testKey: `suite › test ${testIndex}`,
  plannedSteps: [{ name: "open", kind: "goto" }],
});
export const startedOf = (testIndex: number): NodeEvent => ({
  kind: "attempt_started",
  leaseId: leaseOf(testIndex),
  attemptNumber: 1,
  slotIndex: 0,
  wallMs: 1,
});
export const stepOf = (testIndex: number): NodeEvent => ({
  kind: "step_ended",
  leaseId: leaseOf(testIndex),
  stepIndex: 0,
  status: "passed",
  durationMs: 1.5,
});
export const endedOf = (testIndex: number): AttemptEnd => ({
  kind: "attempt_ended",
  leaseId: leaseOf(testIndex),
  status: "passed",
  durationMs: 3.25,
});
/** No bound. */
export const ALL = { countMax: 1_000, bytesMax: 1e9 };
