/**
 * P: a report as JUnit XML, in the form that CI systems read (Maven Surefire's report schema 3.0, with `file` and `line`).
 *
 * failed → `<failure>` of the first failed attempt and `<rerunFailure>` of each later one; flaky → `<flakyFailure>` of
 * each failed attempt; lost → `<error>`; skipped → `<skipped>`. What has no place there (attempts that were lost or came
 * late, artifacts that are missing) is a line of `<system-out>`: nothing is hidden. A failed test that is quarantined is
 * `<skipped>`, with its failures in `<system-out>`: CI systems fail a build with any `<failure>`.
 */
import type { Failure } from "#proto/failure.ts";
import type {
  Report,
  ReportArtifact,
  ReportAttempt,
  ReportStep,
  ReportTest,
  Verdict,
} from "#proto/report.ts";
import { unreachable } from "#shared/errors.ts";
import { childText } from "./child-text.ts";
import { element, type XmlElement, xmlDocument } from "./xml.ts";

/** Writes the report as one JUnit document; its counts are the report's totals. */
export function junitXml(report: Report): string {
  const suites = groupBySuite(report.tests);
  const timestamp = report.run.startedAt;
  const attributes = {
    name: `panoptic ${report.run.id}`,
    ...countsOf(report.tests),
    time: seconds(report.run.durationMs),
    timestamp,
  };
  const children = suites.map((tests) => suiteElement(tests, timestamp));
  return xmlDocument(element("testsuites", attributes, children));
}

function groupBySuite(tests: readonly ReportTest[]): readonly (readonly ReportTest[])[] {
  const groups = new Map<string, ReportTest[]>();
  for (const test of tests) {
    // Two files may name their suites alike.
    const key = JSON.stringify([test.file, test.suite]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [test]);
    else group.push(test);
  }
  return [...groups.values()];
}

function suiteElement(tests: readonly ReportTest[], timestamp: string): XmlElement {
  const first = tests[0];
  const time = seconds(tests.reduce((sum, test) => sum + durationMsOf(test), 0));
  const attributes = { name: first?.suite, file: first?.file, ...countsOf(tests), time, timestamp };
  return element("testsuite", attributes, tests.map(testElement));
}

function countsOf(tests: readonly ReportTest[]) {
  const count = (verdict: Verdict) => tests.filter((test) => test.verdict === verdict).length;
  const excused = tests.filter(isExcused).length;
  return {
    tests: tests.length,
    failures: count("failed") - excused,
    errors: count("lost"),
    skipped: count("skipped") + excused,
    flakes: count("flaky"),
  };
}

function testElement(test: ReportTest): XmlElement {
  const attributes = {
    classname: test.suite,
    name: nameWithinSuite(test),
    time: seconds(durationMsOf(test)),
    file: test.file,
    line: test.line,
  };
  const lines = [...excusedLines(test), ...test.attempts.flatMap(attemptLines)];
  const output = lines.length === 0 ? [] : [element("system-out", {}, [lines.join("\n")])];
  return element("testcase", attributes, [...outcomeElements(test), ...output]);
}

/** The key tells rows of a table apart, the name need not. */
function nameWithinSuite(test: ReportTest): string {
  const prefix = `${test.suite} › `;
  return test.key.startsWith(prefix) ? test.key.slice(prefix.length) : test.name;
}

/** Of the attempt that decided: the last one that counted. */
function durationMsOf(test: ReportTest): number {
  return test.attempts.findLast((attempt) => attempt.counted)?.durationMs ?? 0;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Failed, and quarantined: JUnit has no word for it, and CI systems fail a build with any `<failure>`. */
function isExcused({ verdict, quarantined }: ReportTest): boolean {
  return verdict === "failed" && quarantined !== undefined;
}

function outcomeElements(test: ReportTest): XmlElement[] {
  const { verdict } = test;
  if (isExcused(test)) return [skippedElement(quarantineText(test))];
  switch (verdict) {
    case "passed":
      return [];
    case "skipped":
      return [skippedElement(test.reason ?? "skipped")];
    case "lost":
      return [lostElement(test)];
    case "flaky":
      return failedAttempts(test).map((attempt) => failureElement("flakyFailure", attempt));
    case "failed":
      return failedElements(test);
    default:
      return unreachable(verdict);
  }
}

function quarantineText({ quarantined }: ReportTest): string {
  const { owner = "", until = "", reason = "" } = quarantined ?? {};
  return `quarantined by ${owner} until ${until}: ${reason}`;
}

/** What failed is told all the same. */
function excusedLines(test: ReportTest): string[] {
  if (!isExcused(test)) return [];
  return [quarantineText(test), ...failedAttempts(test).map(failureText)];
}

function failedElements(test: ReportTest): XmlElement[] {
  const [first, ...later] = failedAttempts(test);
  if (first === undefined)
    return [element("failure", { message: test.reason ?? "failed", type: "failed" })];
  return [
    failureElement("failure", first),
    ...later.map((attempt) => failureElement("rerunFailure", attempt)),
  ];
}

function failedAttempts(test: ReportTest): readonly ReportAttempt[] {
  return test.attempts.filter((attempt) => attempt.counted && attempt.status === "failed");
}

/** The reason twice: some read the attribute (Jenkins), some the text (GitLab). */
function skippedElement(reason: string): XmlElement {
  return element("skipped", { message: reason }, [reason]);
}

function lostElement(test: ReportTest): XmlElement {
  const message =
    test.reason ?? test.attempts.findLast((attempt) => attempt.error !== undefined)?.error?.message;
  return element("error", { message: message ?? "lost", type: "lost" }, [message ?? "lost"]);
}

function failureElement(
  tag: "failure" | "rerunFailure" | "flakyFailure",
  attempt: ReportAttempt,
): XmlElement {
  const attributes = {
    message: attempt.error?.message ?? "failed",
    type: attempt.error?.code ?? "failed",
  };
  const text = failureText(attempt);
  // The schema wants the text of a failed attempt beside the deciding one in an element of its own.
  return element(tag, attributes, [tag === "failure" ? text : element("stackTrace", {}, [text])]);
}

function failureText(attempt: ReportAttempt): string {
  const { error } = attempt;
  const steps = attempt.steps.filter((step) => step.status === "failed" && step.optional !== true);
  // An attempt that failed by a step has that step's error: said once, at the step.
  const isTold = steps.some((step) => step.error?.message === error?.message);
  const own = error === undefined || isTold ? [] : [`${error.message}${placeText(error)}`];
  const told = steps.map(
    (step) =>
      `step ${step.name}: ${step.error?.message ?? "failed"}${placeText(step.error)}${insideText(step)}`,
  );
  return [`attempt ${attempt.number} on ${attempt.node}`, ...own, ...told].join("\n");
}

/** Which of the steps inside it failed, in which round. */
function insideText({ children }: ReportStep): string {
  const failed = (children?.told ?? []).filter(({ status }) => status === "failed");
  return failed.map((child) => `\n  inside: ${childText(child)}`).join("");
}

function placeText(error: Failure | undefined): string {
  if (error?.file === undefined) return "";
  return `\n    at ${[error.file, error.line, error.column].filter((part) => part !== undefined).join(":")}`;
}

function attemptLines(attempt: ReportAttempt): string[] {
  const notes = [attempt.late ? ", late" : "", attempt.counted ? "" : ", not counted"].join("");
  const why =
    attempt.status === "passed" || attempt.error === undefined ? "" : `: ${attempt.error.message}`;
  const head = `attempt ${attempt.number} on ${attempt.node}: ${attempt.status} after ${seconds(attempt.durationMs)} s${notes}${why}`;
  const warnings = (attempt.warnings ?? []).map((warning) => `warning: ${warning}`);
  const artifacts = attempt.artifacts.toSorted((a, b) => rankOf(a) - rankOf(b));
  return [...[head, ...warnings].map(inertLine), ...artifacts.map(artifactLine)];
}

/** GitLab shows the first attachment of a test, as a picture. */
function rankOf({ kind }: ReportArtifact): number {
  return kind === "screenshot" ? 0 : 1;
}

function artifactLine(artifact: ReportArtifact): string {
  const { path, state } = artifact;
  if (state === "stored" && path !== undefined && !/[\r\n]|\]\]/.test(path))
    return `[[ATTACHMENT|${path}]]`;
  const why = artifact.reason === undefined ? "" : `: ${artifact.reason}`;
  return inertLine(`artifact ${artifact.name} is ${state}${why}`);
}

/** So that no text of a test is taken for an attachment: readers look for the mark anywhere in the output. */
function inertLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replaceAll("[[ATTACHMENT|", "[[ATTACHMENT |");
}
