/** Brings a run's report from the gateway to a folder: report.json, junit.xml, report.html and the artifacts. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { reportHtml } from "#gateway/reports/html/report-html.ts";
import { junitXml } from "#gateway/reports/junit.ts";
import type { Report, ReportArtifact } from "#proto/report.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { type PlacedArtifact, placeArtifacts } from "./artifact-paths.ts";
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
};

/** Reads the report, waiting for artifacts that nodes still upload. */
export async function fetchReport(options: FetchOptions): Promise<Report> {
  const { client, runId, clock, pendingMsMax } = options;
  const untilMs = clock.monotonicMs() + pendingMsMax;
  for (;;) {
    const report = await client.report(runId);
    if (!hasPending(report) || clock.monotonicMs() >= untilMs) return report;
    await pause(clock, PENDING_POLL_MS);
  }
}

function hasPending(report: Report): boolean {
  return report.tests.some((test) =>
    test.attempts.some((attempt) => attempt.artifacts.some(({ state }) => state === "pending")),
  );
}

export type WriteOptions = {
  readonly client: ApiClient;
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
  { client, forJunit }: WriteOptions,
): Promise<Report> {
  let written = report;
  await replaceFolder(out, async (folder) => {
    const changes = await saveArtifacts(placeArtifacts(report), folder, client);
    written = withArtifacts(report, changes);
    writeFileSync(join(folder, "report.json"), `${JSON.stringify(written, undefined, 2)}\n`);
    writeFileSync(join(folder, "junit.xml"), junitXml(forJunit(written)));
    const texts = readTexts(written, folder);
    writeFileSync(join(folder, "report.html"), reportHtml(written, { texts }));
  });
  return written;
}

type Changes = ReadonlyMap<ReportArtifact, ReportArtifact>;

async function saveArtifacts(
  placed: readonly PlacedArtifact[],
  folder: string,
  client: ApiClient,
): Promise<Changes> {
  const changes = new Map<ReportArtifact, ReportArtifact>();
  const bySha = Map.groupBy(placed, ({ sha256 }) => sha256);
  const queue = [...bySha.entries()];
  const takeNext = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [sha256, copies] = next;
      const fault = await saveCopies(await download(client, sha256), copies, folder);
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

type Download = { readonly bytes: Uint8Array } | { readonly fault: string };

async function download(client: ApiClient, sha256: string): Promise<Download> {
  try {
    return { bytes: await client.blob(sha256) };
  } catch (thrown) {
    return { fault: `Cannot fetch it from the gateway: ${messageOf(thrown)}` };
  }
}

/** The first copy is written, the others are copied from it. */
async function saveCopies(
  got: Download,
  copies: readonly PlacedArtifact[],
  folder: string,
): Promise<string | undefined> {
  if ("fault" in got) return got.fault;
  const [first, ...others] = copies.map(({ path }) => join(folder, path));
  if (first === undefined) return undefined;
  mkdirSync(dirname(first), { recursive: true });
  writeFileSync(first, got.bytes);
  for (const other of others) {
    mkdirSync(dirname(other), { recursive: true });
    copyFileSync(first, other);
  }
  return undefined;
}

function withArtifacts(report: Report, changes: Changes): Report {
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
