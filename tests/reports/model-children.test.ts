/** Steps inside steps on their way from an event to report.json. */
import { expect, test } from "vitest";
import { foldEvent } from "#gateway/merge/fold.ts";
import { reportModel } from "#gateway/reports/model.ts";
import { StepEnded } from "#proto/event.ts";
import { definitionOf, leaseOf, runStateOf } from "../gateway/make.ts";

test("what became of steps inside a step, and that a failure was soft, stand in the report", () => {
  const lease = leaseOf(1, { end: "failed" });
  const { attempt } = lease;
  if (attempt === undefined) throw new Error("An attempt was expected");
  delete attempt.end;
  const place = { line: 4, column: 5 };
  const child = { name: "click #a", kind: "click", status: "failed", durationMs: 1, ...place };
  const children = {
    told: [{ ...child, iteration: 2 }],
    counted: [{ name: "back", status: "passed", count: 9 }],
  };
  const told = StepEnded.parse({
    ...{ kind: "step_ended", leaseId: lease.id, stepIndex: 0, status: "failed", durationMs: 2 },
    ...{ soft: true, children },
  });
  expect(foldEvent(lease, told, 0)).toBeUndefined();
  const steps = [{ name: "one", kind: "repeat", phase: "main", ...place, args: {} }];
  const run = runStateOf([{ index: 0, definition: definitionOf(0, { steps }), leases: [lease] }]);
  const report = reportModel({
    run,
    node: () => undefined,
    bytesOf: () => undefined,
    mayStillCome: () => false,
    nowWallMs: 0,
  });
  const [step] = report.tests[0]?.attempts[0]?.steps ?? [];
  expect(step).toMatchObject({ status: "failed", soft: true, children });
});
