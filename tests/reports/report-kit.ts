/** Reports and a strict XML parser for the tests of this folder. */
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { junitXml } from "#gateway/reports/junit.ts";
import {
  Report,
  type ReportArtifact,
  type ReportAttempt,
  type ReportTest,
  Verdict,
} from "#proto/report.ts";

export type Parsed = {
  tag: string;
  attributes: Record<string, string>;
  children: Parsed[];
  text: string;
};

/** A strict parser: throws on anything that is not well-formed. */
export function parse(xml: string): Parsed {
  const root: Parsed = { tag: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const node = {
      tag: name,
      attributes: { ...attributes } as Record<string, string>,
      children: [],
      text: "",
    };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on("text", (text) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += text;
  });
  parser.on("closetag", () => void open.pop());
  parser.write(xml).close();
  return root.children[0] ?? root;
}

/** A passed attempt, changed as told. */
export const attempt = (more: Partial<ReportAttempt>): ReportAttempt => ({
  number: 1,
  status: "passed",
  counted: true,
  late: false,
  node: "n1",
  startedAt: "2026-01-02T03:04:05.000Z",
  durationMs: 1500,
  steps: [],
  artifacts: [],
  ...more,
});

/** A passed test without attempts, changed as told. */
export const reportTest = (more: Partial<ReportTest>): ReportTest => ({
  key: "shop › buys",
  name: "buys",
  suite: "shop",
  file: "shop.yaml",
  line: 3,
  platform: "web",
  tags: [],
  verdict: "passed",
  attempts: [],
  ...more,
});

/** A report with these tests and the totals that belong to them. */
export function reportOf(tests: ReportTest[]): Report {
  const count = (verdict: Verdict) => tests.filter((one) => one.verdict === verdict).length;
  const totals = {
    planned: tests.length,
    passed: count("passed"),
    failed: count("failed"),
    flaky: count("flaky"),
    skipped: count("skipped"),
    lost: count("lost"),
  };
  const run = {
    id: "run-1",
    status: "failed" as const,
    exitCode: 1,
    startedAt: "2026-01-02T03:04:05.000Z",
    durationMs: 9,
  };
  return Report.parse({ schemaVersion: 1, run, totals, nodes: [], tests });
}

/** The outcome elements of the only test of a report. */
export function outcomeOf(one: ReportTest): Parsed[] {
  const testcase = parse(junitXml(reportOf([one]))).children[0]?.children[0];
  return testcase?.children ?? [];
}

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(
    "]]>",
    "<![CDATA[",
    "&amp;",
    "\"'<>&",
    "\u0000\u0008\u000b\u001b[31m",
    "\ud800",
    "\ufffe\uffff",
    "a\r\n\tb",
    "</failure>",
  ),
);
const failures = fc.record(
  { message: anyText, file: anyText, line: fc.integer({ min: 1 }), code: anyText },
  { requiredKeys: ["message"] },
);
const artifacts = fc.record(
  {
    name: anyText,
    kind: fc.constant("file" as const),
    state: fc.constantFrom("stored", "pending", "missing"),
    reason: anyText,
    bytes: fc.nat(),
    path: anyText,
  },
  { requiredKeys: ["name", "kind", "state", "bytes"] },
) as fc.Arbitrary<ReportArtifact>;
const attempts = fc.record(
  {
    number: fc.integer({ min: 1 }),
    status: fc.constantFrom("passed", "failed", "lost", "cancelled"),
    counted: fc.boolean(),
    late: fc.boolean(),
    node: anyText,
    startedAt: anyText,
    durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    error: failures,
    warnings: fc.array(anyText, { maxLength: 2 }),
    steps: fc.array(
      fc.record(
        {
          name: anyText,
          kind: anyText,
          status: fc.constantFrom("passed", "failed"),
          durationMs: fc.nat(),
          error: failures,
        },
        { requiredKeys: ["name", "kind", "status", "durationMs"] },
      ),
      { maxLength: 2 },
    ),
    artifacts: fc.array(artifacts, { maxLength: 2 }),
  },
  {
    requiredKeys: [
      "number",
      "status",
      "counted",
      "late",
      "node",
      "startedAt",
      "durationMs",
      "steps",
      "artifacts",
    ],
  },
) as fc.Arbitrary<ReportAttempt>;
/** Any test of a report, with any texts. */
export const tests = fc.record(
  {
    key: anyText,
    name: anyText,
    suite: fc.oneof(anyText, fc.constantFrom("a", "b")),
    file: fc.oneof(anyText, fc.constantFrom("a.yaml", "b.yaml")),
    line: fc.integer({ min: 1 }),
    platform: anyText,
    tags: fc.constant([]),
    verdict: fc.constantFrom(...Verdict.options),
    reason: anyText,
    attempts: fc.array(attempts, { maxLength: 3 }),
  },
  {
    requiredKeys: [
      "key",
      "name",
      "suite",
      "file",
      "line",
      "platform",
      "tags",
      "verdict",
      "attempts",
    ],
  },
) as fc.Arbitrary<ReportTest>;
