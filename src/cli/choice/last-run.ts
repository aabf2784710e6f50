/**
 * The last run of a folder, for `run --last-failed`: by its report, where `open` finds it, else by the gateway, which
 * knows runs of many people: there it is the newest one that had any of the tests that are there now.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Report, ReportTest } from "#proto/report.ts";
import { MeshError } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { forPeople, fromCaller } from "../paths.ts";
import { lastReportHere } from "../report/last-report.ts";
import { readReportFolder } from "../report/read-report.ts";

export type LastRun = {
  readonly id: string;
  /** Where it is known from, for people. */
  readonly place: string;
  readonly tests: readonly ReportTest[];
};

const FOLDER_DEFAULT = "panoptic-report";
/** So many runs of a gateway are looked at, the newest first. */
const RUNS_MAX = 50;

/**
 * Reads the last report of the caller's folder: that of `--out`, the last one that a run from here wrote, the usual one.
 *
 * @returns Undefined when there is none.
 * @throws {MeshError} `usage` when there is one that cannot be read.
 */
export function readLastRun(out: string | undefined, context: Context): LastRun | undefined {
  const { config } = context;
  const named = out === undefined ? [] : [fromCaller(config.callerDir, out)];
  const usual = fromCaller(config.callerDir, FOLDER_DEFAULT);
  const folder = [...named, lastReportHere(config), usual].find(
    (one) => one !== undefined && existsSync(join(one, "report.json")),
  );
  if (folder === undefined) return undefined;
  const read = readReportFolder(folder);
  const place = forPeople(config.callerDir, folder);
  if (read.kind === "read") return lastRunOf(read.report, place);
  throw new MeshError("usage", `Cannot tell what failed in the last run: ${place} ${read.why}`);
}

/** The newest run of the gateway that has ended and had any test of these keys; undefined when there is none. */
export async function askLastRun(
  client: ApiClient,
  keys: ReadonlySet<string>,
): Promise<LastRun | undefined> {
  for (const { id, state } of await client.runs(RUNS_MAX)) {
    if (state !== "ended") continue;
    const report = await client.report(id);
    if (report.tests.some((test) => keys.has(keyOf(test))))
      return lastRunOf(report, "on the gateway");
  }
  return undefined;
}

/** What it goes by in its suite: a repetition, or its node, is no part of that. */
export const keyOf = ({ key, historyKey }: ReportTest): string => historyKey ?? key;

/** Failed, lost, or not run because others failed. */
export function isOpen({ verdict, skippedBy }: ReportTest): boolean {
  return verdict === "failed" || verdict === "lost" || skippedBy !== undefined;
}

const lastRunOf = ({ run, tests }: Report, place: string): LastRun => ({
  id: run.id,
  place,
  tests,
});
