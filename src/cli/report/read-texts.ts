/** What the console and the network of attempts that went wrong said, from their files, within bounds: for the report's page. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactText } from "#gateway/reports/packed/packed.ts";
import type { Report, ReportArtifact } from "#proto/report.ts";

const KINDS: ReadonlySet<string> = new Set(["console", "network", "response"]);
const ATTEMPT_BYTES_MAX = 16 * 1024;
const REPORT_BYTES_MAX = 4 * 1024 * 1024;

/** By sha256; what is not there has no room any more, and is in its file. */
export function readTexts(report: Report, folder: string): ReadonlyMap<string, ArtifactText> {
  const texts = new Map<string, ArtifactText>();
  let reportBytes = REPORT_BYTES_MAX;
  for (const test of report.tests) {
    for (const attempt of test.attempts) {
      if (attempt.status === "passed") continue;
      let attemptBytes = Math.min(ATTEMPT_BYTES_MAX, reportBytes);
      for (const { sha256, path, bytes } of attempt.artifacts.filter(isText)) {
        if (sha256 === undefined || path === undefined || texts.has(sha256) || attemptBytes === 0)
          continue;
        const head = readHead(join(folder, path), attemptBytes);
        texts.set(sha256, { text: head.text, isCut: head.bytes < bytes });
        attemptBytes -= head.bytes;
        reportBytes -= head.bytes;
      }
    }
  }
  return texts;
}

function isText({ kind, state }: ReportArtifact): boolean {
  return state === "stored" && KINDS.has(kind);
}

function readHead(path: string, bytesMax: number) {
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
