/** Tells the CI system of a finished run what it can show: annotations and a step summary on GitHub. */
import { appendFileSync, statSync } from "node:fs";
import type { Report } from "#proto/report.ts";
import { messageOf } from "#shared/errors.ts";
import type { Fault } from "#suite/source.ts";
import type { Context } from "../context.ts";
import { forPeople } from "../paths.ts";
import { standardStream } from "../terminal.ts";
import { annotationLines, faultLines } from "./github-annotations.ts";
import { githubSummary } from "./github-summary.ts";
import { suiteWithin } from "./report-place.ts";

export type TellOptions = {
  readonly report: Report;
  /** The report's folder, absolute; undefined when it could not be written. */
  readonly out: string | undefined;
  /** Writes a line that the CI system's log obeys. */
  readonly command: (line: string) => void;
  readonly context: Context;
};

/** GitHub's bound of a step's summary; one byte more, and it shows none of it. */
const SUMMARY_BYTES_MAX = 1024 * 1024;

/** Does nothing where no CI system is known. What cannot be told is a warning: the run is what it is. */
export function tellCi(options: TellOptions): void {
  const { github } = options.context.config.ci;
  if (github === undefined) return;
  const { report, command, context } = options;
  const { callerDir } = context.config;
  const placeOf = (file: string) => suiteWithin(github.workspaceDir, callerDir, file);
  for (const line of annotationLines(report, { placeOf })) command(line);
  if (github.summaryPath !== undefined) appendSummary(github.summaryPath, options);
}

/** Tells the CI system of suites that were refused; a person has read the same on stderr. */
export function tellRefusal(faults: readonly Fault[], { config }: Context): void {
  const { github } = config.ci;
  if (github === undefined) return;
  const placeOf = (file: string) => suiteWithin(github.workspaceDir, config.callerDir, file);
  const stream = standardStream(2);
  for (const line of faultLines(faults, { placeOf })) stream.write(`${line}\n`);
}

function appendSummary(path: string, { report, out, context }: TellOptions): void {
  const { config, terminal } = context;
  try {
    const bytesMax = SUMMARY_BYTES_MAX - sizeOf(path);
    const reportPlace = out === undefined ? undefined : forPeople(config.callerDir, out);
    const text = githubSummary(report, { reportPlace, bytesMax });
    if (text === "") throw new Error(`this step has written ${sizeOf(path)} bytes of it already`);
    appendFileSync(path, text);
  } catch (thrown) {
    terminal.warn(`panoptic: Cannot write the step summary: ${messageOf(thrown)}`);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
