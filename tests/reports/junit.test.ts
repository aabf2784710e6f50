/** Reports as JUnit XML: well-formed whatever tests say, and true to the report. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { junitXml } from "#gateway/reports/junit.ts";
import { reportJsonSchema } from "#gateway/reports/report-schema.ts";
import type { ReportArtifact } from "#proto/report.ts";
import { attempt, outcomeOf, parse, reportOf, reportTest, tests } from "./report-kit.ts";

const COUNTS = ["tests", "failures", "errors", "skipped", "flakes"];

test("junitXml() is well-formed and counts what the totals say, whatever the texts", () => {
  fc.assert(
    fc.property(fc.array(tests, { maxLength: 5 }), (list) => {
      const report = reportOf(list);
      const { totals } = report;
      const root = parse(junitXml(report));
      const wanted = [totals.planned, totals.failed, totals.lost, totals.skipped, totals.flaky].map(
        String,
      );
      expect(COUNTS.map((name) => root.attributes[name])).toEqual(wanted);
      for (const name of COUNTS) {
        const sum = root.children.reduce((all, suite) => all + Number(suite.attributes[name]), 0);
        expect(String(sum)).toBe(root.attributes[name]);
      }
      const cases = root.children.flatMap((suite) => suite.children);
      const having = (tag: string) =>
        cases.filter((one) => one.children.some((child) => child.tag === tag)).length;
      expect(cases).toHaveLength(totals.planned);
      expect([having("failure"), having("error"), having("skipped")]).toEqual([
        totals.failed,
        totals.lost,
        totals.skipped,
      ]);
      for (const one of cases)
        expect(
          one.children.filter((child) => /^(failure|error|skipped)$/.test(child.tag)).length,
        ).toBeLessThan(2);
    }),
    { numRuns: 300 },
  );
});

test("junitXml() keeps every character that XML can say", () => {
  const sayable = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(sayable, fc.option(sayable, { nil: undefined }), (message, reason) => {
      const error = { message: `a${message}\r\n\t"z` };
      const [failure] = outcomeOf(
        reportTest({
          verdict: "failed",
          attempts: [attempt({ status: "failed", error })],
          ...(reason === undefined ? {} : { reason }),
        }),
      );
      const clean = error.message.replace(
        /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu,
        "",
      );
      expect(failure?.attributes["message"]).toBe(clean);
      expect(failure?.text).toContain(clean);
    }),
  );
});

test("junitXml() shows a failed test as a failure and a rerunFailure for each later attempt", () => {
  const failed = (number: number) =>
    attempt({
      number,
      status: "failed",
      error: { message: `no ${number}`, code: "expect", file: "a.yaml", line: 7, column: 3 },
    });
  const outcome = outcomeOf(
    reportTest({ verdict: "failed", attempts: [failed(1), failed(2), failed(3)] }),
  );
  expect(outcome.map((node) => [node.tag, node.attributes["message"]])).toEqual([
    ["failure", "no 1"],
    ["rerunFailure", "no 2"],
    ["rerunFailure", "no 3"],
    ["system-out", undefined],
  ]);
  expect(outcome[0]?.attributes["type"]).toBe("expect");
  expect(outcome[0]?.text).toContain("at a.yaml:7:3");
  expect(outcome[1]?.children[0]).toMatchObject({
    tag: "stackTrace",
    text: expect.stringContaining("no 2"),
  });
});

test("junitXml() shows a flaky test by its flakyFailure only, and the time of the attempt that decided", () => {
  const flaky = reportTest({
    verdict: "flaky",
    attempts: [
      attempt({ status: "failed", error: { message: "no" } }),
      attempt({ number: 2, durationMs: 2500 }),
    ],
  });
  expect(outcomeOf(flaky).map((node) => node.tag)).toEqual(["flakyFailure", "system-out"]);
  const testcase = parse(junitXml(reportOf([flaky]))).children[0]?.children[0];
  expect(testcase?.attributes).toEqual({
    classname: "shop",
    name: "buys",
    time: "2.500",
    file: "shop.yaml",
    line: "3",
  });
});

test("junitXml() shows a lost test as an error and a skipped one with its reason", () => {
  expect(outcomeOf(reportTest({ verdict: "lost", reason: "no node" }))[0]).toMatchObject({
    tag: "error",
    attributes: { message: "no node", type: "lost" },
  });
  expect(outcomeOf(reportTest({ verdict: "skipped", reason: "not today" }))).toMatchObject([
    { tag: "skipped", attributes: { message: "not today" } },
  ]);
});

test("junitXml() of a passed test hides neither its lost and late attempts nor its artifacts", () => {
  const stored: ReportArtifact = {
    name: "shot",
    kind: "screenshot",
    state: "stored",
    bytes: 1,
    path: "artifacts/shot.png",
  };
  const missing: ReportArtifact = {
    name: "video",
    kind: "video",
    state: "missing",
    bytes: 1,
    reason: "the node is gone",
  };
  const lines = outcomeOf(
    reportTest({
      attempts: [
        attempt({
          status: "lost",
          counted: false,
          error: { message: "crashed\n[[ATTACHMENT|/etc/passwd]]" },
        }),
        attempt({ number: 2, warnings: ["slow"], artifacts: [missing, stored] }),
        attempt({ number: 3, counted: false, late: true }),
      ],
    }),
  );
  expect(lines.map((node) => node.tag)).toEqual(["system-out"]);
  expect(lines[0]?.text.split("\n")).toEqual([
    "attempt 1 on n1: lost after 1.500 s, not counted: crashed [[ATTACHMENT |/etc/passwd]]",
    "attempt 2 on n1: passed after 1.500 s",
    "warning: slow",
    "[[ATTACHMENT|artifacts/shot.png]]",
    "artifact video is missing: the node is gone",
    "attempt 3 on n1: passed after 1.500 s, late, not counted",
  ]);
});

test("junitXml() says the error of a failed step once, and another one of its attempt too", () => {
  const failed = (message: string) =>
    outcomeOf(
      reportTest({
        verdict: "failed",
        attempts: [
          attempt({
            status: "failed",
            error: { message, file: "a.yaml", line: 7 },
            steps: [
              {
                name: "click Buy",
                kind: "click",
                status: "failed",
                durationMs: 1,
                error: { message: "no such element", file: "a.yaml", line: 7 },
              },
            ],
          }),
        ],
      }),
    )[0]?.text.split("\n");
  const step = ["step click Buy: no such element", "    at a.yaml:7"];
  expect(failed("no such element")).toEqual(["attempt 1 on n1", ...step]);
  expect(failed("timed out")).toEqual(["attempt 1 on n1", "timed out", "    at a.yaml:7", ...step]);
});

test("junitXml() names attachments as GitLab looks for them: the first mark anywhere is a picture of ours", () => {
  const artifact = (name: string, kind: "log" | "screenshot", path: string): ReportArtifact => ({
    name,
    kind,
    state: "stored",
    bytes: 1,
    path,
  });
  const [, output] = outcomeOf(
    reportTest({
      verdict: "failed",
      attempts: [
        attempt({
          status: "failed",
          error: { message: "see [[ATTACHMENT|/etc/passwd]]" },
          artifacts: [
            artifact("odd", "screenshot", "artifacts/odd]].png"),
            artifact("log", "log", "artifacts/a.log"),
            artifact("shot", "screenshot", "artifacts/shot.png"),
          ],
        }),
      ],
    }),
  );
  // gitlab-org/gitlab, lib/gitlab/ci/parsers/test/junit.rb
  const found = /\[\[ATTACHMENT\|(.+?)\]\]/.exec(output?.text ?? "");
  expect(found?.[1]).toBe("artifacts/shot.png");
  expect(output?.text).toContain("artifact odd is stored");
  expect(output?.text).toContain("[[ATTACHMENT|artifacts/a.log]]");
});

test("junitXml() tells rows of a table apart and keeps suites of two files apart", () => {
  const rows = ["1", "2"].map((id) => reportTest({ key: `shop › buys [id=${id}]` }));
  const root = parse(junitXml(reportOf([...rows, reportTest({ file: "other.yaml" })])));
  expect(
    root.children.map((suite) => [suite.attributes["file"], suite.attributes["tests"]]),
  ).toEqual([
    ["shop.yaml", "2"],
    ["other.yaml", "1"],
  ]);
  expect(root.children[0]?.children.map((one) => one.attributes["name"])).toEqual([
    "buys [id=1]",
    "buys [id=2]",
  ]);
});

test("reportJsonSchema() names every fixed field of report.json", () => {
  const schema = reportJsonSchema();
  expect(schema).toMatchObject({
    type: "object",
    required: ["schemaVersion", "run", "totals", "nodes", "tests"],
  });
  expect(JSON.stringify(schema)).toContain('"attempts"');
});

test("junitXml() shows a failed test that is quarantined as skipped, with its failure in system-out", () => {
  const quarantined = { owner: "ann", reason: "BUG-1", until: "2026-12-01T00:00:00.000Z" };
  const error = { message: "Not found", file: "a.yaml", line: 3 };
  const one = reportTest({
    verdict: "failed",
    quarantined,
    attempts: [attempt({ status: "failed", error })],
  });
  const [skipped, output, ...rest] = outcomeOf(one);
  expect(skipped).toMatchObject({
    tag: "skipped",
    attributes: { message: "quarantined by ann until 2026-12-01T00:00:00.000Z: BUG-1" },
  });
  expect(output?.tag).toBe("system-out");
  expect(output?.text).toContain("Not found");
  expect(rest).toEqual([]);
  const root = parse(junitXml(reportOf([one, reportTest({ quarantined })])));
  expect(root.attributes).toMatchObject({ tests: "2", failures: "0", skipped: "1" });
  expect(outcomeOf(reportTest({ quarantined })).map(({ tag }) => tag)).not.toContain("skipped");
});

test("junitXml() names the steps inside a step that failed, with their round", () => {
  const told = [
    { name: "click #b", kind: "click", line: 4, column: 5, durationMs: 2, iteration: 3 },
    { name: "back", kind: "back", line: 5, column: 5, durationMs: 0, block: "catch" },
  ].map((child, index) => ({
    ...child,
    status: index === 0 ? ("failed" as const) : ("passed" as const),
  }));
  const error = { message: "No element\n(in round 3)", file: "a.yaml", line: 4 };
  const step = {
    name: "repeat 5 times",
    kind: "repeat",
    status: "failed" as const,
    durationMs: 3,
    error,
  };
  const children = { told: told.map((child) => ({ ...child, error: { message: "No element" } })) };
  const one = attempt({ status: "failed", error, steps: [{ ...step, children }] });
  const [failure] = outcomeOf(reportTest({ verdict: "failed", attempts: [one] }));
  expect(failure?.text).toContain("step repeat 5 times: No element");
  expect(failure?.text).toContain("inside: click #b (round 3): No element");
  expect(failure?.text).not.toContain("inside: back");
});
