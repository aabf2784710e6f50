/** Brings a run's report from the gateway to a folder: report.json, junit.xml, report.html and the artifacts. */
import { constants, mkdirSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reportHtml } from "#gateway/reports/html/report-html.ts";
import { junitXml } from "#gateway/reports/junit.ts";
import type { Report, ReportArtifact } from "#proto/report.ts";
import { type Clock, pause, systemClock } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { type PlacedArtifact, placeArtifacts } from "./artifact-paths.ts";
import { downloadBlob } from "./download-blob.ts";
import { replaceFolder } from "./out-folder.ts";
import { readTexts } from "./read-texts.ts";

const PENDING_POLL_MS = 250;
const DOWNLOADS_AT_ONCE = 4;

export type FetchOptions = {
  readonly client: ApiClient;
  readonly runId: string;
  readonly clock: Clock;
  /** How long artifacts that are still on their way are waited for (R3). */
  readonly pendingMsMax: number;
  /** How long the gateway may be away: one that was just started again has the report, too. */
  readonly awayMsMax: number;
};

/** Reads the report, waiting for artifacts that nodes still upload. @throws {MeshError} As `ApiClient.report`. */
export async function fetchReport(options: FetchOptions): Promise<Report> {
  const { clock, pendingMsMax } = options;
  const untilMs = clock.monotonicMs() + pendingMsMax;
  for (;;) {
    const report = await readReport(options);
    if (!hasPending(report) || clock.monotonicMs() >= untilMs) return report;
    await pause(clock, PENDING_POLL_MS);
  }
}

async function readReport({ client, runId, clock, awayMsMax }: FetchOptions): Promise<Report> {
  const untilMs = clock.monotonicMs() + awayMsMax;
  for (;;) {
    try {
      return await client.report(runId);
    } catch (thrown) {
      const isAway = thrown instanceof MeshError && thrown.code === "gateway_unreachable";
      if (!isAway || clock.monotonicMs() >= untilMs) throw thrown;
      await pause(clock, PENDING_POLL_MS);
    }
  }
}

function hasPending(report: Report): boolean {
  return report.tests.some((test) =>
    test.attempts.some((attempt) => attempt.artifacts.some(({ state }) => state === "pending")),
  );
}

export type WriteOptions = {
  readonly client: ApiClient;
  readonly clock?: Clock;
  /** The report with the paths that the reader of junit.xml wants. */
  readonly forJunit: (report: Report) => Report;
};

/**
 * Writes the report's folder as a whole. An artifact that cannot be fetched is shown as missing, with the reason.
 *
 * @returns The report as it was written.
 * @throws {MeshError} `report_failed` when the folder cannot be written.
 */
export async function writeReport(
  report: Report,
  out: string,
  { client, clock = systemClock, forJunit }: WriteOptions,
): Promise<Report> {
  let written = report;
  await replaceFolder(out, async (folder) => {
    const changes = await saveArtifacts(placeArtifacts(report), { folder, client, clock });
    written = withArtifacts(report, changes);
    writeReportFiles(written, folder, forJunit);
  });
  return written;
}

/** Writes the three forms of a report beside its artifacts. @param forJunit As in `WriteOptions`. */
export function writeReportFiles(
  report: Report,
  folder: string,
  forJunit: (report: Report) => Report,
): void {
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, "junit.xml"), junitXml(forJunit(report)));
  const texts = readTexts(report, folder);
  writeFileSync(join(folder, "report.html"), reportHtml(report, { texts }));
}

type Changes = ReadonlyMap<ReportArtifact, ReportArtifact>;

type Saving = {
  readonly folder: string;
  readonly client: ApiClient;
  readonly clock: Clock;
};

async function saveArtifacts(placed: readonly PlacedArtifact[], saving: Saving): Promise<Changes> {
  const changes = new Map<ReportArtifact, ReportArtifact>();
  const bySha = Map.groupBy(placed, ({ sha256 }) => sha256);
  const queue = [...bySha.entries()];
  const takeNext = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [sha256, copies] = next;
      const fault = await saveCopies(sha256, copies, saving);
      for (const { artifact, path } of copies) {
        changes.set(
          artifact,
          fault === undefined
            ? { ...artifact, path }
            : { ...artifact, state: "missing", reason: fault },
        );
      }
    }
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, takeNext));
  return changes;
}

/** The first copy is fetched, the others are copied from it. Returns why there is none. */
async function saveCopies(
  sha256: string,
  copies: readonly PlacedArtifact[],
  { folder, client, clock }: Saving,
): Promise<string | undefined> {
  const [first, ...others] = copies.map(({ path }) => join(folder, path));
  if (first === undefined) return undefined;
  mkdirSync(dirname(first), { recursive: true });
  try {
    await downloadBlob({ client, clock, sha256, path: first });
  } catch (thrown) {
    if (isOfDisk(thrown)) throw thrown;
    return `Cannot fetch it from the gateway: ${messageOf(thrown)}`;
  }
  for (const other of others) {
    mkdirSync(dirname(other), { recursive: true });
    await copyFile(first, other, constants.COPYFILE_FICLONE);
  }
  return undefined;
}

/** A folder that cannot be written is no fault of the gateway's: there is no report then. */
function isOfDisk(thrown: unknown): boolean {
  const origin = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = origin instanceof Error && "code" in origin ? String(origin.code) : "";
  return DISK_CODES.has(code);
}

const DISK_CODES = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EFBIG"]);

/** The report with those of its artifacts that have changed. */
export function withArtifacts(report: Report, changes: Changes): Report {
  return {
    ...report,
    tests: report.tests.map((test) => ({
      ...test,
      attempts: test.attempts.map((attempt) => ({
        ...attempt,
        artifacts: attempt.artifacts.map((artifact) => changes.get(artifact) ?? artifact),
      })),
    })),
  };
}
