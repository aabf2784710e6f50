/** The form in which a report travels inside its page: nothing that the page shows is lost on the way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { packReport } from "#gateway/reports/packed/pack.ts";
import type { PackedReport } from "#gateway/reports/packed/packed.ts";
import { type PageChild, type PageTest, unpackTests } from "#gateway/reports/packed/unpack.ts";
import type { ChildStep } from "#proto/event.ts";
import type { Failure } from "#proto/failure.ts";
import { NOT_ENDED_REASON, type Report, type ReportTest, RUNNING_CODE } from "#proto/report.ts";
import { makeReport } from "./made-report.ts";
import { attempt, reportOf, reportTest, tests } from "./report-kit.ts";

const options = { texts: new Map(), hasArtifacts: true };

/** Through JSON, as the page reads it. */
function there(report: Report, own: Partial<typeof options> = {}): readonly PageTest[] {
  const packed = packReport(report, { ...options, ...own });
  return unpackTests(JSON.parse(JSON.stringify(packed)) as PackedReport);
}

/** "" is as good as absent in a page. */
const orNone = (text: string | undefined) => (text === "" ? undefined : text);

const failureOf = (failure: Failure | undefined) =>
  failure === undefined
    ? undefined
    : {
        message: failure.message,
        file: orNone(failure.file),
        line: failure.line,
        column: failure.column,
        code: orNone(failure.code),
      };

const childOf = (child: ChildStep): PageChild => ({
  name: child.name,
  kind: child.kind,
  status: child.status,
  durationMs: child.durationMs,
  line: child.line,
  file: orNone(child.file),
  depth: child.depth ?? 0,
  block: orNone(child.block),
  iteration: child.iteration,
  isOptional: child.optional === true,
  isSoft: child.soft === true,
  note: orNone(child.note),
  warnings: child.warnings ?? [],
  error: failureOf(child.error),
});

/** What a page shows of a test, written down from the report itself. */
function shownOf(test: ReportTest, index: number, runStart: string): PageTest {
  const { key, name, suite, file, line, platform, tags, verdict } = test;
  return {
    ...{ index, key, name, suite, file, line, platform, tags, status: verdict },
    reason: orNone(test.reason),
    attempts: test.attempts.map((one) => {
      const startMs = Date.parse(one.startedAt) - Date.parse(runStart);
      return {
        number: one.number,
        status: one.status,
        isCounted: one.counted,
        isLate: one.late,
        node: one.node,
        slot: one.slot,
        startMs: Number.isNaN(startMs) ? undefined : startMs,
        durationMs: one.durationMs,
        error: failureOf(one.error),
        warnings: one.warnings ?? [],
        steps: one.steps.map((step) => ({
          name: step.name,
          kind: step.kind,
          status: step.status,
          durationMs: step.durationMs,
          line: step.line,
          phase: step.phase ?? "main",
          isOptional: step.optional === true,
          isSoft: step.soft === true,
          reason: orNone(step.reason),
          warnings: step.warnings ?? [],
          error: failureOf(step.error),
          children: (step.children?.told ?? []).map(childOf),
          counted: step.children?.counted ?? [],
        })),
        artifacts: one.artifacts.map((artifact) => ({
          name: artifact.name,
          kind: artifact.kind,
          state: artifact.state,
          bytes: artifact.bytes,
          path: artifact.path?.endsWith("/") === true ? undefined : orNone(artifact.path),
          reason: orNone(artifact.reason),
          text: undefined,
        })),
      };
    }),
  };
}

test("unpackTests() gives back what packReport() took, whatever the texts", () => {
  fc.assert(
    fc.property(fc.array(tests, { maxLength: 5 }), (list) => {
      const report = reportOf(list);
      expect(there(report)).toEqual(
        report.tests.map((one, index) => shownOf(one, index, report.run.startedAt)),
      );
    }),
    { numRuns: 300 },
  );
});

test("unpackTests() gives back a report with slots, phases, warnings and artifacts", () => {
  const report = makeReport({ testCount: 120 });
  expect(there(report)).toEqual(
    report.tests.map((one, index) => shownOf(one, index, report.run.startedAt)),
  );
});

test("unpackTests() gives back steps inside steps, those that are only counted too", () => {
  const told: ChildStep[] = [
    {
      name: "if visible #a: yes",
      kind: "condition",
      status: "passed",
      durationMs: 1,
      line: 3,
      column: 5,
      note: "seen",
    },
    {
      name: "click #b",
      kind: "click",
      status: "failed",
      durationMs: 2,
      line: 4,
      column: 5,
      depth: 1,
      block: "then",
      iteration: 3,
      file: "login.yaml",
      soft: true,
      warnings: ["w"],
      error: { message: "m", file: "login.yaml", line: 4 },
    },
    {
      name: "back",
      kind: "back",
      status: "skipped",
      durationMs: 0,
      line: 5,
      column: 5,
      optional: true,
    },
  ];
  const counted = [{ name: "click #b", status: "passed" as const, count: 700 }];
  const step = {
    name: "s",
    kind: "repeat",
    status: "failed" as const,
    durationMs: 3,
    soft: true,
    children: { told, counted },
  };
  const report = reportOf([
    reportTest({ attempts: [attempt({ status: "failed", steps: [step] })] }),
  ]);
  expect(there(report)).toEqual(
    report.tests.map((one, index) => shownOf(one, index, report.run.startedAt)),
  );
  expect(there(report)[0]?.attempts[0]?.steps[0]?.children[1]?.iteration).toBe(3);
});

test("packReport() keeps a repeated text once: 5,000 tests stay below 5 MB", () => {
  const packed = JSON.stringify(packReport(makeReport({ testCount: 5_000 }), options));
  expect(packed.length).toBeLessThan(5e6);
});

test("packReport() cuts long texts, and says so, only when a page would become too large", () => {
  const failing = (count: number) =>
    reportOf(
      Array.from({ length: count }, (_, index) => {
        const error = { message: `${index} ${"long ".repeat(20_000)}` };
        const attempts = [attempt({ status: "failed", error })];
        return reportTest({ key: `shop › ${index}`, verdict: "failed", attempts });
      }),
    );
  const few = failing(20);
  expect(there(few)[3]?.attempts[0]?.error?.message).toBe(
    few.tests[3]?.attempts[0]?.error?.message,
  );
  const packed = JSON.stringify(packReport(failing(2_000), options));
  expect(packed.length).toBeLessThan(10e6);
  const message = there(failing(2_000))[3]?.attempts[0]?.error?.message;
  expect(message).toMatch(/^3 long .*… \(cut here: the whole is in report\.json\)$/);
});

test("packReport() shows what has no verdict in a run that goes on as open, not as lost", () => {
  const running = { message: "It has not ended", code: RUNNING_CODE };
  const report = reportOf([
    reportTest({
      verdict: "lost",
      reason: NOT_ENDED_REASON,
      attempts: [attempt({ status: "lost", error: running })],
    }),
    reportTest({ key: "shop › other", verdict: "lost", reason: "no node" }),
  ]);
  const goingOn = { ...report, run: { ...report.run, reason: NOT_ENDED_REASON } };
  expect(there(goingOn).map(({ status }) => status)).toEqual(["open", "lost"]);
  expect(there(goingOn)[0]?.attempts[0]?.status).toBe("running");
  expect(there(report).map(({ status }) => status)).toEqual(["lost", "lost"]);
});

test("packReport() puts a text beside each artifact of its content, and keeps it once", () => {
  const console = (name: string) => ({
    name,
    kind: "console" as const,
    state: "stored" as const,
    bytes: 9,
    sha256: "ab",
  });
  const artifacts = [console("a.txt"), console("b.txt"), { ...console("c.txt"), sha256: "cd" }];
  const report = reportOf([reportTest({ attempts: [attempt({ artifacts })] })]);
  const said = { text: "[error] no", isCut: true };
  const texts = new Map([["ab", said]]);
  expect(packReport(report, { ...options, texts }).texts).toEqual([said]);
  expect(there(report, { texts })[0]?.attempts[0]?.artifacts.map(({ text }) => text)).toEqual([
    said,
    said,
    undefined,
  ]);
});
