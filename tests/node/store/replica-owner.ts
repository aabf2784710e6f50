/** Child process of replica.test.ts: runs attempts into a replica, and prints each number after its event is saved. */
import { writeSync } from "node:fs";
import { openReplica } from "#node/store/replica.ts";
import { RunId } from "#proto/ids.ts";
import { leaseIdOf, systemIds } from "#shared/ids.ts";

const [, , path = ""] = process.argv;
const { store } = openReplica({ path, ids: systemIds });
const runId = RunId.parse(`run-${store.lastNumber()}`);
const say = () => writeSync(1, `${store.lastNumber()}\n`);

for (let testIndex = 0; testIndex < 100_000; testIndex += 1) {
  const leaseId = leaseIdOf({ runId, testIndex, number: 1 });
  store.saveAccepted([
    { leaseId, state: "accepted", attemptNumber: 1, testKey: "t", plannedSteps: [] },
  ]);
  store.start(leaseId, {
    kind: "attempt_started",
    leaseId,
    attemptNumber: 1,
    slotIndex: 0,
    wallMs: 0,
  });
  say();
  store.append({ kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: 1 });
  say();
  store.append({ kind: "attempt_ended", leaseId, status: "passed", durationMs: 1 });
  say();
}
