/**
 * Writes the report of merged slices with the artifacts of all of them: copied into its own folder and compared with
 * their sha256, since nobody knows what became of the folders on their way here.
 */
import { createHash } from "node:crypto";
import { constants, createReadStream, mkdirSync } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Report, ReportArtifact } from "#proto/report.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { type PlacedArtifact, placeArtifacts } from "./artifact-paths.ts";
import { replaceFolder } from "./out-folder.ts";
import { fileInside } from "./read-report.ts";
import { withArtifacts, writeReportFiles } from "./write-report.ts";

export type MergedWriting = {
  readonly out: string;
  /** Where an artifact of the merged report comes from: its slice's folder. */
  readonly folderOf: (artifact: ReportArtifact) => string | undefined;
  /** The report with the paths that the reader of junit.xml wants. */
  readonly forJunit: (report: Report) => Report;
};

/**
 * Writes the folder as a whole; an artifact that is not there is shown as missing, with the reason.
 *
 * @returns The report as it was written.
 * @throws {MeshError} `report_failed` when the folder cannot be written.
 */
export async function writeMerged(report: Report, writing: MergedWriting): Promise<Report> {
  let written = report;
  await replaceFolder(writing.out, async (folder) => {
    const changes = await takeArtifacts(report, folder, writing);
    written = withArtifacts(report, changes);
    writeReportFiles(written, folder, writing.forJunit);
  });
  return written;
}

async function takeArtifacts(
  report: Report,
  folder: string,
  { folderOf }: MergedWriting,
): Promise<ReadonlyMap<ReportArtifact, ReportArtifact>> {
  const changes = new Map<ReportArtifact, ReportArtifact>();
  for (const artifact of allArtifacts(report)) changes.set(artifact, withoutBytes(artifact));
  for (const placed of placeArtifacts(report)) {
    const { artifact, path } = placed;
    const fault = await takeOne(placed, { from: folderOf(artifact), to: join(folder, path) });
    changes.set(artifact, fault === undefined ? { ...artifact, path } : missing(artifact, fault));
  }
  return changes;
}

function allArtifacts(report: Report): readonly ReportArtifact[] {
  return report.tests.flatMap(({ attempts }) => attempts.flatMap(({ artifacts }) => artifacts));
}

/** What a slice's report does not have will not come any more. */
function withoutBytes(artifact: ReportArtifact): ReportArtifact {
  if (artifact.state === "missing") return missing(artifact, artifact.reason ?? "Nobody says why");
  return missing(artifact, "It was not there when the report of its slice was written");
}

function missing({ path: _gone, ...artifact }: ReportArtifact, reason: string): ReportArtifact {
  return { ...artifact, state: "missing", reason };
}

type Way = { readonly from: string | undefined; readonly to: string };

/** Returns why the artifact is not there. */
async function takeOne(
  { artifact, sha256 }: PlacedArtifact,
  { from, to }: Way,
): Promise<string | undefined> {
  const source =
    from === undefined || artifact.path === undefined ? undefined : fileInside(from, artifact.path);
  if (source === undefined) return "Its file is not in the folder of its slice";
  mkdirSync(dirname(to), { recursive: true });
  await copy(source, to);
  const hash = createHash("sha256");
  for await (const piece of createReadStream(to)) hash.update(piece);
  if (hash.digest("hex") === sha256) return undefined;
  await rm(to, { force: true });
  return "Its file in the folder of its slice has other bytes than the report says";
}

async function copy(source: string, to: string): Promise<void> {
  try {
    await copyFile(source, to, constants.COPYFILE_FICLONE);
  } catch (cause) {
    throw new MeshError("report_failed", `Cannot copy ${source}: ${messageOf(cause)}`, { cause });
  }
}
