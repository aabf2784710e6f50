/**
 * `panoptic merge`: the reports of a run's slices become one. What belongs together and how the whole ended is decided
 * in gateway/reports/merge-slices.ts; this file has the folders and the words.
 */
import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { type FoundReport, mergeSlices, type Slice } from "#gateway/reports/merge-slices.ts";
import type { Report, ReportArtifact } from "#proto/report.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { junitForm } from "../ci/gitlab-places.ts";
import { tellCi } from "../ci/tell-ci.ts";
import type { Context } from "../context.ts";
import { EXIT_INCOMPLETE } from "../exit-code.ts";
import { mergeHistories, readHistoryFile, writeHistoryFile } from "../history/history-file.ts";
import { historiesIn } from "../history/report-outcomes.ts";
import { forPeople, fromCaller } from "../paths.ts";
import { rememberReport } from "../report/last-report.ts";
import { checkOutFolder } from "../report/out-folder.ts";
import { readReportFolder } from "../report/read-report.ts";
import { writeMerged } from "../report/write-merged.ts";
import { totalsLine } from "../run/progress-text.ts";
import { summaryOf } from "../run/run-summary.ts";
import { standardStream } from "../terminal.ts";

export type MergeOptions = {
  readonly out: string;
  /** The file of histories that the tests' outcomes are added to. */
  readonly history?: string;
  readonly json?: boolean;
};

/** Returns the exit code of the whole run; 3 when its slices cannot be merged. */
export async function mergeReports(
  words: readonly string[],
  options: MergeOptions,
  context: Context,
): Promise<number> {
  const { config, terminal } = context;
  const out = fromCaller(config.callerDir, options.out);
  const folders = words.map((word) => ({ word, folder: fromCaller(config.callerDir, word) }));
  const read = folders.map(({ word, folder }) => ({ word, folder, ...readReportFolder(folder) }));
  for (const { folder, word } of folders) refuseOwnInput(folder, { word, out });
  checkOutFolder(out);
  const learn = learningInto(options.history, context);
  const faults = read.flatMap((one) => (one.kind === "read" ? [] : [`${one.word} ${one.why}`]));
  const found = read.flatMap((one): (FoundReport & { readonly folder: string })[] =>
    one.kind === "read" ? [{ place: one.word, folder: one.folder, report: one.report }] : [],
  );
  const outcome = mergeSlices(found);
  if (outcome.kind === "refused" || faults.length > 0) {
    const all = outcome.kind === "refused" ? [...faults, ...outcome.faults] : faults;
    for (const fault of all) terminal.warn(`panoptic: ${fault}`);
    terminal.warn("panoptic: Cannot merge: nothing was written");
    if (options.json) terminal.say(JSON.stringify({ faults: all }));
    return EXIT_INCOMPLETE;
  }
  for (const sentence of outcome.missing) terminal.warn(`panoptic: ${sentence}`);
  const report = await writeMerged(outcome.report, {
    out,
    folderOf: placesOf(outcome.slices, found),
    forJunit: junitForm(config, out),
  });
  rememberReport(out, context);
  learn(outcome.report);
  tell(report, { out, isJson: options.json === true, context });
  return report.run.exitCode;
}

/** A folder that is read must not be replaced meanwhile. @throws {MeshError} `usage` */
function refuseOwnInput(
  folder: string,
  { word, out }: { readonly word: string; readonly out: string },
): void {
  const real = realpathSync(folder);
  const place = realOrSame(out);
  if (real !== place && !real.startsWith(place + sep)) return;
  throw new MeshError(
    "usage",
    `Cannot write the merged report to ${out}: ${word} is read from there; choose another folder by --out`,
  );
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is to be made.
    return path;
  }
}

/**
 * Reads the file of histories before anything is written; the answer adds a report's outcomes to it.
 *
 * @throws {MeshError} `usage` when it cannot be read.
 */
function learningInto(
  file: string | undefined,
  { config, terminal }: Context,
): (report: Report) => void {
  if (file === undefined) return () => undefined;
  const path = fromCaller(config.callerDir, file);
  const known = readHistoryFile(path) ?? [];
  return (report) => {
    try {
      writeHistoryFile(path, mergeHistories(known, historiesIn(report)));
    } catch (thrown) {
      terminal.warn(`panoptic: The history of the slices is lost: ${messageOf(thrown)}`);
    }
  };
}

type Found = FoundReport & { readonly folder: string };

/** Artifacts pass through a merge as they are: each is found again by itself. */
function placesOf(
  slices: readonly Slice[],
  found: readonly Found[],
): (artifact: ReportArtifact) => string | undefined {
  const folders = new Map<ReportArtifact, string>();
  for (const { report } of slices) {
    const folder = found.find((one) => one.report === report)?.folder;
    if (folder === undefined) continue;
    for (const { attempts } of report.tests)
      for (const artifact of attempts.flatMap(({ artifacts }) => artifacts))
        folders.set(artifact, folder);
  }
  return (artifact) => folders.get(artifact);
}

type Telling = { readonly out: string; readonly isJson: boolean; readonly context: Context };

function tell(report: Report, { out, isJson, context }: Telling): void {
  const stream = standardStream(isJson ? 2 : 1);
  tellCi({ report, out, command: (line) => stream.write(`${line}\n`), context });
  const place = forPeople(context.config.callerDir, out);
  stream.print([[...totalsLine(report.run, report.totals), `; report: ${place}`]]);
  if (isJson) context.terminal.say(JSON.stringify(summaryOf(report, out)));
}
