/**
 * What the report's page shows of text files, within bounds: console, failed requests and answers of attempts that went
 * wrong, and the metrics of any.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ArtifactText } from "#gateway/reports/packed/packed.ts";
import type { Report, ReportArtifact, ReportAttempt } from "#proto/report.ts";

const Metrics = z.object({ pages: z.array(z.json()), processes: z.array(z.json()) });
const KINDS: ReadonlySet<string> = new Set(["console", "network", "response"]);
const ATTEMPT_BYTES_MAX = 16 * 1024;
const REPORT_BYTES_MAX = 4 * 1024 * 1024;

/** By sha256; what is not there has no room any more, and is in its file. */
export function readTexts(report: Report, folder: string): ReadonlyMap<string, ArtifactText> {
  const texts = new Map<string, ArtifactText>();
  let roomBytes = REPORT_BYTES_MAX;
  for (const attempt of report.tests.flatMap((test) => test.attempts))
    roomBytes -= readAttempt(attempt, { folder, texts, roomBytes });
  return texts;
}

type Reading = {
  readonly folder: string;
  readonly texts: Map<string, ArtifactText>;
  readonly roomBytes: number;
};

/** Returns how much room it took. */
function readAttempt(attempt: ReportAttempt, { folder, texts, roomBytes }: Reading): number {
  const startBytes = Math.min(ATTEMPT_BYTES_MAX, roomBytes);
  let leftBytes = startBytes;
  const wanted = attempt.artifacts.filter(
    (artifact) => isMetrics(artifact) || (attempt.status !== "passed" && isText(artifact)),
  );
  for (const artifact of wanted.toSorted((a, b) => Number(isMetrics(b)) - Number(isMetrics(a)))) {
    const { sha256, path, bytes } = artifact;
    if (sha256 === undefined || path === undefined || texts.has(sha256) || leftBytes === 0)
      continue;
    const file = join(folder, path);
    const head = isMetrics(artifact) ? readMetrics(file, leftBytes) : readHead(file, leftBytes);
    if (head === undefined) continue;
    texts.set(sha256, { text: head.text, isCut: !isMetrics(artifact) && head.bytes < bytes });
    leftBytes -= head.bytes;
  }
  return startBytes - leftBytes;
}

function isText({ kind, state }: ReportArtifact): boolean {
  return state === "stored" && KINDS.has(kind);
}

type Head = { readonly text: string; readonly bytes: number };

const METRICS_BYTES_MAX = 256 * 1024;

function isMetrics({ name, state, bytes }: ReportArtifact): boolean {
  return state === "stored" && name === "metrics.json" && bytes <= METRICS_BYTES_MAX;
}

/** Without its samples: they are for programs, and in the file. */
function readMetrics(path: string, bytesMax: number): Head | undefined {
  const whole = readFileSync(path, "utf8");
  try {
    const { pages, processes } = Metrics.parse(JSON.parse(whole));
    const text = JSON.stringify({ pages, processes });
    const bytes = Buffer.byteLength(text);
    return bytes > bytesMax ? undefined : { text, bytes };
  } catch {
    // A test may name a file of its own like that.
    return undefined;
  }
}

function readHead(path: string, bytesMax: number): Head {
  const buffer = new Uint8Array(bytesMax);
  const file = openSync(path, "r");
  try {
    const bytes = readSync(file, buffer, 0, bytesMax, 0);
    // As a stream: half a character at the end is left out, not shown as a wrong one.
    const text = new TextDecoder().decode(buffer.subarray(0, bytes), { stream: true });
    return { text, bytes };
  } finally {
    closeSync(file);
  }
}
