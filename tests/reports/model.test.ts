/** report.json as the model of a run, running or ended (interface.md, Files of a report). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeaseState, RunState, TestState } from "#gateway/mesh/run-state.ts";
import { type ReportInput, reportModel } from "#gateway/reports/model.ts";
import { ArtifactNote } from "#proto/artifact.ts";
import { Report } from "#proto/report.ts";
import { helloOf } from "../gateway/bare-mesh.ts";
import { definitionOf, type LeaseStory, leaseOf, runStateOf } from "../gateway/make.ts";

const step = (name: string, own: object = {}) => ({
  name,
  kind: "request",
  phase: "main",
  line: 3,
  column: 5,
  args: {},
  ...own,
});
const steps = [step("one"), step("two", { optional: true }), step("three")];

const runOf = (tests: readonly TestState[], own: Partial<RunState> = {}): RunState =>
  runStateOf(tests, {
    createdWallMs: Date.parse("2026-11-21T08:00:00.250Z"),
    end: { status: "passed", exitCode: 0, wallMs: Date.parse("2026-11-21T08:00:01.750Z") },
    ...own,
  });

const testOf = (leases: readonly LeaseState[], own: Partial<TestState> = {}): TestState => ({
  index: 0,
  definition: definitionOf(0, { steps, tags: ["smoke"] }),
  leases: [...leases],
  decided: { verdict: "passed" },
  ...own,
});

function modelOf(run: RunState, own: Partial<ReportInput> = {}): Report {
  const hello = helloOf("1", { name: "lab" });
  const { nodeId, name, bootId, storeId } = hello;
  const record = {
    nodeId,
    name,
    bootId,
    storeId,
    epoch: 1 as never,
    isGone: false,
    isDrained: false,
    offsetMs: 0,
    hello,
  };
  return reportModel({
    run,
    node: (id) => (id === nodeId ? record : undefined),
    bytesOf: () => undefined,
    mayStillCome: () => false,
    nowWallMs: Date.parse("2026-11-21T08:00:09.250Z"),
    ...own,
  });
}

const attemptOf = (lease: LeaseState, own: Partial<ReportInput> = {}) =>
  modelOf(runOf([testOf([lease])]), own).tests[0]?.attempts[0];

test("an ended run: times in RFC 3339 UTC, durations, totals, its nodes", () => {
  const model = modelOf(runOf([testOf([leaseOf(1, { end: "passed" })])]));
  expect(model).toMatchObject({
    schemaVersion: 1,
    run: {
      id: "run-1",
      status: "passed",
      exitCode: 0,
      startedAt: "2026-11-21T08:00:00.250Z",
      durationMs: 1_500,
    },
    totals: { planned: 1, passed: 1 },
    nodes: [{ name: "lab", version: "0.1.0", platform: "linux x64", slots: 2, browsers: [] }],
    tests: [{ key: "suite › test 0", tags: ["smoke"], verdict: "passed" }],
  });
});

test("a running run says so: never passed, no verdict that is not there", () => {
  const { end: _ended, ...running } = runOf([
    testOf([leaseOf(1, { end: "passed" })]),
    { index: 1, definition: definitionOf(1), leases: [leaseOf(1, { end: "running" })] },
  ]);
  expect(modelOf({ ...running, openCount: 1 })).toMatchObject({
    run: { status: "incomplete", exitCode: 3, reason: "The run has not ended", durationMs: 9_000 },
    tests: [
      { verdict: "passed" },
      {
        verdict: "lost",
        reason: "The run has not ended",
        attempts: [{ status: "lost", error: { message: "It has not ended", code: "running" } }],
      },
    ],
  });
});

describe("steps of an attempt: all that were planned, in order", () => {
  const statuses = (story: LeaseStory) =>
    attemptOf(leaseOf(1, story))?.steps.map((one) => one.status);
  test.each<[string, LeaseStory, readonly string[]]>([
    [
      "failed: the rest is skipped",
      { end: "failed", steps: new Map([[0, "failed"]]) },
      ["failed", "skipped", "skipped"],
    ],
    [
      "lost: the one that ran is lost",
      { end: "lost", steps: new Map([[0, "passed"]]) },
      ["passed", "lost", "skipped"],
    ],
    [
      "lost with its node: the same",
      { end: "running", settlement: {}, steps: new Map([[0, "passed"]]) },
      ["passed", "lost", "skipped"],
    ],
    ["cancelled: the same", { end: "cancelled", steps: new Map() }, ["lost", "skipped", "skipped"]],
    [
      "passed",
      {
        end: "passed",
        steps: new Map([
          [0, "passed"],
          [1, "failed"],
          [2, "passed"],
        ]),
      },
      ["passed", "failed", "passed"],
    ],
  ])("%s", (_, story, expected) => {
    expect(statuses(story)).toEqual(expected);
  });

  test("an optional step is marked", () => {
    expect(attemptOf(leaseOf(1, { end: "passed" }))?.steps.map((one) => one.optional)).toEqual([
      undefined,
      true,
      undefined,
    ]);
  });
});

test("each step says its line, a phase that is not main, and why it was skipped on purpose", () => {
  const planned = [
    step("open", { phase: "before", line: 7 }),
    step("look", { line: 9, skip: "vision_click is not supported yet" }),
    step("leave", { phase: "after", line: 11 }),
  ];
  const definition = definitionOf(0, { steps: planned });
  const lease = leaseOf(1, { end: "lost", steps: new Map([[0, "passed"]]) });
  const [attempt] = modelOf(runOf([testOf([lease], { definition })])).tests[0]?.attempts ?? [];
  expect(
    attempt?.steps.map(({ line, phase, reason, status }) => ({ line, phase, reason, status })),
  ).toEqual([
    { line: 7, phase: "before", reason: undefined, status: "passed" },
    { line: 9, phase: undefined, reason: "vision_click is not supported yet", status: "skipped" },
    // What was never going to run was not cut off.
    { line: 11, phase: "after", reason: undefined, status: "lost" },
  ]);
  expect(attempt?.slot).toBe(lease.attempt?.slotIndex);
});

test("attempts have the number that they were told, in the order of their leases; what never started is none (L3)", () => {
  const leases = [
    leaseOf(1, { settlement: { kind: "recalled", cause: "recalled" } }),
    leaseOf(2, { end: "failed" }),
    leaseOf(3, { settlement: { kind: "recalled", cause: "refused" } }),
    leaseOf(4, { end: "passed", settlement: {} }),
    leaseOf(5, { end: "passed", settlement: { isRevoked: true } }),
  ];
  const model = modelOf(runOf([testOf(leases, { decided: { verdict: "flaky" } })]));
  expect(
    model.tests[0]?.attempts.map(({ number, status, counted, late }) => [
      number,
      status,
      counted,
      late,
    ]),
  ).toEqual([
    [2, "failed", true, false],
    [4, "passed", false, true],
    [5, "passed", true, false],
  ]);
});

test("a lost attempt says why: the node's word, else the settlement's", () => {
  expect(
    attemptOf(leaseOf(1, { end: "lost", loss: "disk_full", message: "No room" }))?.error,
  ).toEqual({
    message: "No room",
  });
  expect(
    attemptOf(leaseOf(1, { end: "running", settlement: { reason: "Node lab is gone" } })),
  ).toMatchObject({
    status: "lost",
    error: { message: "Node lab is gone", code: "node_silent" },
  });
  const cancelled = { kind: "cancelled", cause: "cancelled", reason: "By a person" } as const;
  expect(attemptOf(leaseOf(1, { end: "running", settlement: cancelled }))).toMatchObject({
    status: "cancelled",
    error: { message: "By a person" },
  });
});

describe("R3: an artifact is stored, pending, or missing with the reason", () => {
  const sha256 = "a".repeat(64);
  const withNote = (note: object): LeaseState => {
    const lease = leaseOf(1, { end: "failed" });
    lease.attempt?.artifacts.push(
      ArtifactNote.parse({ name: "a.png", kind: "screenshot", bytes: 4, ...note }),
    );
    return lease;
  };
  const HERE = { bytesOf: () => ({ state: "stored" }) as const };
  const GONE = { bytesOf: () => ({ state: "missing", reason: "Gone" }) as const };
  test.each<[string, readonly [object, Partial<ReportInput>], object]>([
    ["stored", [{ sha256 }, HERE], { state: "stored", sha256 }],
    ["known to be gone", [{ sha256 }, GONE], { state: "missing", sha256, reason: "Gone" }],
    ["refused", [{ sha256, missing: "No room" }, HERE], { state: "missing", reason: "No room" }],
    ["pending", [{ sha256 }, { mayStillCome: () => true }], { state: "pending", sha256 }],
    ["missing", [{ sha256 }, {}], { state: "missing", reason: "Node lab did not deliver it" }],
    ["never had bytes", [{ missing: "Too large" }, {}], { state: "missing", reason: "Too large" }],
    ["no reason given", [{}, {}], { state: "missing", reason: "The node has no bytes of it" }],
  ])("%s", (_, [note, input], expected) => {
    expect(attemptOf(withNote(note), input)?.artifacts).toMatchObject([expected]);
  });
});

test("a time that no clock shows does not break the report", () => {
  const lease = leaseOf(1, { end: "passed" });
  if (lease.attempt !== undefined) Object.assign(lease.attempt, { startedWallMs: 1e300 });
  expect(Report.safeParse(modelOf(runOf([testOf([lease])]))).success).toBe(true);
});

test("whatever happened to its leases, the model is a report of the published schema, with every planned test and step", () => {
  const story: fc.Arbitrary<LeaseStory> = fc.record(
    {
      end: fc.constantFrom("passed", "failed", "lost", "cancelled", "running"),
      loss: fc.constantFrom("crashed", "browser_crash"),
      message: fc.string(),
      settlement: fc.record({
        kind: fc.constantFrom("lost", "cancelled", "recalled"),
        isRevoked: fc.boolean(),
      }),
      steps: fc
        .dictionary(fc.constantFrom("0", "1", "2"), fc.constantFrom("passed", "failed", "skipped"))
        .map(
          (told) =>
            new Map(
              Object.entries(told).map(([index, status]) => [Number(index), status] as const),
            ),
        ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.array(story, { maxLength: 4 }), { maxLength: 4 }), (tests) => {
      const run = runOf(
        tests.map((stories, index) => ({
          ...testOf(stories.map((one, at) => leaseOf(at + 1, one))),
          index,
          definition: definitionOf(index, { steps }),
        })),
      );
      const model = Report.parse(modelOf(run));
      expect(model.tests).toHaveLength(tests.length);
      for (const attempt of model.tests.flatMap((one) => one.attempts)) {
        expect(attempt.steps.map((one) => one.name)).toEqual(["one", "two", "three"]);
        expect(attempt.counted && attempt.late).toBe(false);
        if (attempt.counted) expect(["passed", "failed"]).toContain(attempt.status);
      }
    }),
  );
});

test("a lost attempt ran at least until it was given up, or as long as its told steps", () => {
  const givenUp = leaseOf(1, { end: "running", settlement: { wallMs: 2_700 } });
  const crashed = leaseOf(2, { end: "lost", loss: "crashed" });
  if (crashed.attempt?.end !== undefined) crashed.attempt.end = { status: "lost", durationMs: 0 };
  const model = modelOf(runOf([testOf([givenUp, crashed])]));
  expect(model.tests[0]?.attempts.map(({ durationMs }) => durationMs)).toEqual([2_700, 1]);
});
