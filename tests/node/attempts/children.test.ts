/** What is told of steps inside a step: bounded, complete in number, failures before anything else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Children } from "#node/attempts/children.ts";
import { cutEvent } from "#node/store/cut-event.ts";
import { CHILDREN_MAX, type ChildStep, ChildSteps, StepEnded } from "#proto/event.ts";
import { RunId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 600 }),
  fc.constantFrom(
    "click #a",
    "x".repeat(5_000),
    "\u0000".repeat(3_000),
    "\ud83d\ude00".repeat(400),
  ),
);
const outcomes = fc.record(
  {
    name: texts,
    kind: fc.constant("click"),
    status: fc.constantFrom("passed" as const, "failed" as const, "skipped" as const),
    durationMs: fc.nat(),
    line: fc.constant(1),
    column: fc.constant(1),
    depth: fc.nat(10),
    iteration: fc.integer({ min: 1, max: 1_000 }),
    note: texts,
    warnings: fc.array(texts, { maxLength: 8 }),
    error: fc.record({ message: texts }),
  },
  { requiredKeys: ["name", "kind", "status", "durationMs", "line", "column"] },
);

function told(all: readonly ChildStep[], repeats: number): ChildSteps | undefined {
  const children = new Children();
  for (let round = 0; round < repeats; round += 1)
    for (const child of all) children.end(children.begin(), child);
  return children.result();
}

test("Children: every step is told or counted, within bounds; the first failures are told", () => {
  fc.assert(
    fc.property(
      fc.array(outcomes, { maxLength: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (all, repeats) => {
        const result = told(all, repeats);
        if (all.length === 0) {
          expect(result).toBeUndefined();
          return;
        }
        const known = ChildSteps.parse(result);
        const counted = (known.counted ?? []).reduce((sum, { count }) => sum + count, 0);
        expect(known.told.length + counted).toBe(all.length * repeats);
        expect(known.told.length).toBeLessThanOrEqual(CHILDREN_MAX);
        const failures = all.filter(({ status }) => status === "failed").length * repeats;
        const shown = known.told.filter(({ status }) => status === "failed").length;
        expect(shown).toBeGreaterThanOrEqual(Math.min(failures, 20));
      },
    ),
    { numRuns: 60 },
  );
});

test("Children: what begins first is told first, also where it ends last", () => {
  const children = new Children();
  const outer = children.begin();
  const step = (name: string): ChildStep => ({
    ...{ name, kind: "use", status: "passed", durationMs: 1, line: 1, column: 1 },
  });
  children.end(children.begin(), step("inner"));
  children.end(outer, step("outer"));
  expect(children.result()?.told.map(({ name }) => name)).toEqual(["outer", "inner"]);
});

test("cutEvent() makes an event with many steps inside fit, counting them at last", () => {
  const leaseId = leaseIdOf({ runId: RunId.parse("run-1"), testIndex: 0, number: 1 });
  fc.assert(
    fc.property(
      fc.array(outcomes, { minLength: 1, maxLength: 30 }),
      fc.constantFrom(2_000, 20_000, 256 * 1024),
      (all, bytesMax) => {
        const children = told(all, 20);
        const event: StepEnded = {
          ...{ kind: "step_ended", leaseId, stepIndex: 0, status: "passed", durationMs: 1 },
          ...(children && { children }),
        };
        const cut = StepEnded.parse(cutEvent(event, bytesMax));
        expect(new TextEncoder().encode(JSON.stringify(cut)).length).toBeLessThanOrEqual(bytesMax);
        const { told: named = [], counted = [] } = cut.children ?? {};
        const sum = counted.reduce((all_, { count }) => all_ + count, named.length);
        expect(sum).toBe(all.length * 20);
      },
    ),
    { numRuns: 40 },
  );
});
