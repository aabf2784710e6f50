/**
 * P: what went wrong in a run as GitHub's workflow commands: `::error file=…,line=…,title=…::message`, shown beside the
 * suite's line. GitHub shows ten of each kind a step; what does not fit is said in the tenth, not dropped in silence.
 */
import type { Failure } from "#proto/failure.ts";
import type { Report, ReportTest } from "#proto/report.ts";
import type { Fault } from "#suite/source.ts";
import { isExcused, quarantineText } from "../run/quarantine-text.ts";
import { inertLine, inertText } from "../screen/inert-text.ts";

export type AnnotationOptions = {
  /** A suite's file relative to the workspace; undefined when it lies outside. */
  readonly placeOf: (file: string) => string | undefined;
};

type Annotation = {
  readonly title: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

const SHOWN_MAX = 10;
const TITLE_LENGTH_MAX = 200;
const MESSAGE_LENGTH_MAX = 4_000;

/** One line an annotation: errors for failed and lost tests and for a run that is incomplete, warnings for flaky and quarantined ones. */
export function annotationLines(report: Report, options: AnnotationOptions): string[] {
  const those = (...verdicts: readonly string[]) =>
    report.tests.filter(({ verdict }) => verdicts.includes(verdict));
  const wrong = those("failed", "lost");
  const errors = [
    ...runAnnotations(report),
    ...wrong.filter((test) => !isExcused(test)).map(wrongAnnotation),
  ];
  const warnings = [
    ...those("flaky").map(flakyAnnotation),
    ...wrong.filter(isExcused).map(wrongAnnotation),
  ];
  const lines = (kind: "error" | "warning", all: readonly Annotation[]) =>
    bounded(kind, all).map((one) => commandLine(kind, one, options));
  return [...lines("error", errors), ...lines("warning", warnings)];
}

/** The same of suites that were refused: an error a fault. */
export function faultLines(faults: readonly Fault[], options: AnnotationOptions): string[] {
  const all = faults.map((fault) => ({ title: "The suite is refused", ...fault }));
  return bounded("error", all).map((one) => commandLine("error", one, options));
}

/** A run that was cancelled or ran out of time may have no lost test that says so. */
function runAnnotations({ run }: Report): Annotation[] {
  if (run.status !== "incomplete") return [];
  const message = run.reason ?? "Tests were lost: this run says nothing of them";
  return [{ title: "The run is incomplete", message }];
}

function wrongAnnotation(test: ReportTest): Annotation {
  const attempt = test.attempts.findLast(({ counted, error }) => counted && error !== undefined);
  const step = attempt?.steps.find(({ status, optional }) => status === "failed" && !optional);
  // Of soft failures the attempt's error names all.
  const error = (step?.soft === true ? attempt?.error : step?.error) ?? attempt?.error;
  const where = attempt === undefined ? [] : [`attempt ${attempt.number} on ${attempt.node}`];
  const message = [
    ...(test.quarantined === undefined ? [] : [quarantineText(test.quarantined)]),
    ...(test.reason === undefined ? [] : [test.reason]),
    ...(error === undefined ? [] : [error.message]),
    ...(step === undefined ? [] : [`step: ${step.name}`]),
    ...where,
  ].join("\n");
  return annotationOf(test, error, message);
}

function flakyAnnotation(test: ReportTest): Annotation {
  const failed = test.attempts.find(({ counted, status }) => counted && status === "failed");
  const passed = test.attempts.findLast(({ status }) => status === "passed");
  const why = failed?.error === undefined ? "" : `: ${failed.error.message}`;
  const message = `Attempt ${failed?.number ?? 1} failed, attempt ${passed?.number ?? 2} passed${why}`;
  return annotationOf(test, failed?.error, message);
}

function annotationOf(test: ReportTest, error: Failure | undefined, message: string): Annotation {
  const title = `${test.verdict}: ${test.key}`;
  if (error?.file === undefined) return { title, message, file: test.file, line: test.line };
  return { title, message, file: error.file, line: error.line, column: error.column };
}

function bounded(kind: "error" | "warning", all: readonly Annotation[]): readonly Annotation[] {
  if (all.length <= SHOWN_MAX) return all;
  const shown = all.slice(0, SHOWN_MAX - 1);
  const rest = all.length - shown.length;
  const message = `GitHub shows ${SHOWN_MAX} ${kind}s of a step; the log of this step has all`;
  return [...shown, { title: `and ${rest} more`, message }];
}

function commandLine(
  kind: "error" | "warning",
  { title, message, file, line, column }: Annotation,
  { placeOf }: AnnotationOptions,
): string {
  const place = file === undefined ? undefined : placeOf(file);
  // A file outside the workspace has no line to stand beside: then the message names it.
  const named =
    file !== undefined && place === undefined ? `${message}\nat ${file}:${line ?? 1}` : message;
  const properties = Object.entries({
    file: place,
    line: place === undefined ? undefined : line,
    col: place === undefined ? undefined : column,
    title: cut(inertLine(title), TITLE_LENGTH_MAX),
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const data = escapeData(cut(inertText(named), MESSAGE_LENGTH_MAX));
  return `::${kind} ${properties.join(",")}::${data}`;
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** As actions/runner takes it apart again (ActionCommand.cs): `%` first. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(inertLine(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
