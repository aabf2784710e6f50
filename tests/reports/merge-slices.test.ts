/** Reports of slices become one report, or are refused by name: nothing is lost, doubled or made up. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FoundReport, mergeSlices } from "#gateway/reports/merge-slices.ts";
import { Report, type ReportTest, type Verdict } from "#proto/report.ts";
import { type MadeSlices, makeSlices, reportOf, testNamed } from "./made-slices.ts";

function merged(found: readonly FoundReport[]) {
  const outcome = mergeSlices(found);
  if (outcome.kind === "merged") return outcome;
  throw new Error(`Refused: ${outcome.faults.join("\n")}`);
}

function faultsOf(found: readonly FoundReport[]): readonly string[] {
  const outcome = mergeSlices(found);
  return outcome.kind === "refused" ? outcome.faults : [];
}

/** One changed field of a slice's shard. */
function changed(
  { place, report }: FoundReport,
  change: (report: Report) => Partial<Report["run"]> & { readonly tests?: ReportTest[] },
): FoundReport {
  const { tests = report.tests, ...run } = change(report);
  return { place, report: { ...report, tests, run: { ...report.run, ...run } } };
}

const sizes = fc.record({
  testCount: fc.integer({ min: 1, max: 25 }),
  count: fc.integer({ min: 1, max: 7 }),
});

test("M1, M2: all slices in any order give the same report, with every planned test once", () => {
  const shuffledSlices = sizes.chain((size) => {
    const slices = makeSlices(size);
    const options = { minLength: slices.length, maxLength: slices.length };
    return fc.record({
      size: fc.constant(size),
      slices: fc.constant(slices),
      others: fc.shuffledSubarray(slices, options),
    });
  });
  fc.assert(
    fc.property(shuffledSlices, ({ size, slices, others }) => {
      const { report, missing } = merged(others);
      expect(report).toEqual(merged(slices).report);
      expect(missing).toEqual([]);
      expect(report.tests.map(({ key }) => key).toSorted()).toEqual(
        slices.flatMap((slice) => slice.report.tests.map(({ key }) => key)).toSorted(),
      );
      expect(report.totals.planned).toBe(size.testCount);
      expect(Report.parse(report)).toEqual(report);
    }),
  );
});

test("M2, M3: slices that are missing are named, their tests are lost, and the run is incomplete", () => {
  const some = sizes.chain((size) => {
    const slices = makeSlices(size);
    return fc.record({
      slices: fc.constant(slices),
      kept: fc.subarray(slices, { minLength: 1, maxLength: slices.length }),
    });
  });
  fc.assert(
    fc.property(some, ({ slices, kept }) => {
      const { report, missing } = merged(kept);
      const gone = slices.filter((slice) => !kept.includes(slice));
      const text = ({ place }: FoundReport) =>
        `Slice ${place.slice("dir-".length)} of ${slices.length} is missing`;
      expect(missing).toEqual(gone.map(text));
      const lost = report.tests.filter(({ verdict }) => verdict === "lost");
      expect(lost.map(({ key }) => key).toSorted()).toEqual(
        gone.flatMap((slice) => slice.report.tests.map(({ key }) => key)).toSorted(),
      );
      for (const one of lost) expect(one).toMatchObject({ suite: "s", file: "s.yaml" });
      for (const slice of gone)
        for (const { key } of slice.report.tests)
          expect(lost.find((one) => one.key === key)?.reason).toBe(text(slice));
      if (gone.length > 0) expect(report.run).toMatchObject({ status: "incomplete", exitCode: 3 });
    }),
  );
});

test("a slice that is there twice is refused by name: the same run, and another run of it", () => {
  const slices = makeSlices({ testCount: 8, count: 4 });
  const again = makeSlices({ testCount: 8, count: 4, run: "again" });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.boolean(), (at, isSameRun) => {
      const copy = (isSameRun ? slices : again)[at];
      if (copy === undefined) throw new Error("No such slice");
      const faults = faultsOf([...slices, { ...copy, place: "copy" }]);
      const how = isSameRun ? "the same run" : "2 runs of it";
      expect(faults).toEqual([`Slice ${at + 1} of 4 is doubled (${how}): copy, dir-${at + 1}`]);
    }),
  );
});

test("what is doubled and what is missing is said together", () => {
  const [first, second, , fourth] = makeSlices({ testCount: 8, count: 4 });
  if (first === undefined || second === undefined || fourth === undefined) throw new Error("None");
  expect(faultsOf([first, first, second, fourth])).toEqual([
    "Slice 1 of 4 is doubled (the same run): dir-1, dir-1",
    "Slice 3 of 4 is missing",
  ]);
});

test("slices of another count, another build or other tests are refused, each by its difference", () => {
  const slices = makeSlices({ testCount: 8, count: 4, build: "b1" }).slice(0, 3);
  const stranger = (made: MadeSlices) => {
    const last = makeSlices(made)[3];
    if (last === undefined) throw new Error("No such slice");
    return faultsOf([{ ...last, place: "other" }, ...slices]).filter((one) => /^other/.test(one));
  };
  expect(stranger({ testCount: 8, count: 5, build: "b1" })).toEqual([
    "other is of another run: slice 4 of 5 is none of the 4 that dir-1 is one of",
  ]);
  expect(stranger({ testCount: 8, count: 4, build: "b2" })).toEqual([
    "other is of another run: slice 4 of 4 is of build b2, and dir-1 of build b1",
  ]);
  expect(stranger({ testCount: 8, count: 4 })).toEqual([
    "other is of another run: slice 4 of 4 is of no named build, and dir-1 of build b1",
  ]);
  expect(stranger({ testCount: 9, count: 4, build: "b1" })).toEqual([
    "other is of another run: slice 4 of 4 was planned from other tests or another history than dir-1",
  ]);
});

test("a whole run is no slice, alone and beside slices", () => {
  const slices = makeSlices({ testCount: 4, count: 2 });
  const whole = {
    place: "whole",
    report: reportOf([testNamed("t", "passed")], "run-9", undefined),
  };
  const fault = "whole is no slice: run run-9 was not made by --shard";
  expect(faultsOf([whole])).toEqual([fault]);
  expect(faultsOf([whole, ...slices])).toEqual([fault]);
});

test("a report that does not hold what its plan says is not believed", () => {
  const [first, second] = makeSlices({ testCount: 6, count: 2 });
  if (first === undefined || second === undefined) throw new Error("None");
  const faultOf = (change: Parameters<typeof changed>[1]) =>
    faultsOf([changed(first, change), second]);
  expect(faultOf(({ tests }) => ({ tests: tests.slice(1) }))).toEqual([
    "dir-1 cannot be believed: slice 1 of 2 does not report its test s › t0",
  ]);
  expect(faultOf(({ tests }) => ({ tests: [...tests, testNamed("x", "passed")] }))).toEqual([
    "dir-1 cannot be believed: slice 1 of 2 reports s › x, a test of another slice",
  ]);
  expect(faultOf(({ tests }) => ({ tests: [...tests, ...tests.slice(0, 1)] }))).toEqual([
    "dir-1 cannot be believed: slice 1 of 2 reports a test twice",
  ]);
  const emptied = faultOf(({ run: { shard } }) =>
    shard === undefined ? {} : { shard: { ...shard, slices: [[], ...shard.slices.slice(1)] } },
  );
  expect(emptied).toContain("dir-1 cannot be believed: the plan of slice 1 of 2 is not whole");
});

test("M3: the whole ends as the worst of its slices does", () => {
  const ending = (verdictOf: (index: number) => Verdict, change?: (of: Report) => object) => {
    const [first, ...rest] = makeSlices({ testCount: 4, count: 2, verdictOf });
    if (first === undefined) throw new Error("None");
    const { run } = merged([changed(first, change ?? (() => ({}))), ...rest]).report;
    return [run.status, run.exitCode, run.reason];
  };
  expect(ending(() => "passed")).toEqual(["passed", 0, undefined]);
  expect(ending((index) => (index === 3 ? "flaky" : "passed"))).toEqual(["passed", 0, undefined]);
  expect(ending((index) => (index === 3 ? "failed" : "passed"))).toEqual(["failed", 1, undefined]);
  expect(ending((index) => (index < 2 ? "failed" : "passed"))[1]).toBe(1);
  expect(ending((index) => (index === 3 ? "lost" : "failed"))).toEqual([
    "incomplete",
    3,
    "Slice 2 of 2 is incomplete: 1 of its tests were lost",
  ]);
  const cancelled = { status: "incomplete", exitCode: 3, reason: "Cancelled" };
  expect(
    ending(
      () => "passed",
      () => cancelled,
    ),
  ).toEqual(["incomplete", 3, "Slice 1 of 2 is incomplete: Cancelled"]);
  // By --fail-on-flaky: only the slice knows.
  const failed = { status: "failed", exitCode: 1 };
  expect(
    ending(
      () => "flaky",
      () => failed,
    ),
  ).toEqual(["failed", 1, undefined]);
  // By the quarantine list: failed, and excused.
  const excused = ({ tests }: Report) => ({
    status: "passed",
    exitCode: 0,
    tests: tests.map((one) => ({
      ...one,
      quarantined: { owner: "ann", reason: "known", until: "2027-01-01T00:00:00.000Z" },
    })),
  });
  const quarantine = (index: number): Verdict => (index % 2 === 0 ? "failed" : "passed");
  expect(ending(quarantine, excused)).toEqual(["passed", 0, undefined]);
  // Not excused: what a slice says of itself does not make it green.
  const passed = { status: "passed", exitCode: 0 };
  expect(ending(quarantine, () => passed)).toEqual(["failed", 1, undefined]);
  // Every test of one slice was skipped: the others ran.
  const idle = { status: "incomplete", exitCode: 2, reason: "Nothing was executed" };
  expect(
    ending(
      (index) => (index % 2 === 0 ? "skipped" : "passed"),
      () => idle,
    ),
  ).toEqual(["passed", 0, undefined]);
});

test("nodes of one name on several machines are told apart, one node that ran two slices is one", () => {
  const slices = makeSlices({ testCount: 4, count: 2 });
  const two = merged(slices).report;
  expect(two.nodes.map(({ name }) => name)).toEqual(["node-1 (slice 1)", "node-1 (slice 2)"]);
  const names = two.tests.flatMap(({ attempts }) => attempts.map(({ node }) => node));
  expect(new Set(names)).toEqual(new Set(["node-1 (slice 1)", "node-1 (slice 2)"]));
  const shared = slices.map(({ place, report }) => ({
    place,
    report: { ...report, nodes: report.nodes.map((node) => ({ ...node, id: "node-x" })) },
  }));
  const one = merged(shared).report;
  expect(one.nodes.map(({ name }) => name)).toEqual(["node-1"]);
  expect(one.tests.every(({ attempts }) => attempts.every(({ node }) => node === "node-1"))).toBe(
    true,
  );
});
