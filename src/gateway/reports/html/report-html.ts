/**
 * P: a report as `report.html`: one page without anything from elsewhere.
 *
 * Texts of people's files reach the page as JSON in a data block only, where `<` is escaped so that no text can end the
 * block; the page's own code (page/) draws them as text. Script and style are allowed by their hashes and nothing else
 * is: a text that became an element after all could still not run.
 */
import type { Report } from "#proto/report.ts";
import { packReport } from "../packed/pack.ts";
import type { ArtifactText, PackedReport } from "../packed/packed.ts";
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH, PAGE_STYLE, PAGE_STYLE_HASH } from "./page-bundle.ts";
import { verdictSentence } from "./verdict-sentence.ts";

export type ReportExtras = {
  /** What text artifacts of failed attempts say, by sha256. */
  readonly texts?: ReadonlyMap<string, ArtifactText>;
  /** Whether the artifacts lie beside the page, where their `path` says. Default: they do. */
  readonly hasArtifacts?: boolean;
};

/** What the page may load: pictures and videos beside it, and nothing from any other place. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src '${PAGE_SCRIPT_HASH}'`,
  `style-src '${PAGE_STYLE_HASH}'`,
  "img-src 'self' file: data:",
  "media-src 'self' file:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Writes the page. */
export function reportHtml(report: Report, extras: ReportExtras = {}): string {
  const { texts = new Map(), hasArtifacts = true } = extras;
  const packed = packReport(report, { texts, hasArtifacts });
  const { verdict, rest } = verdictSentence({ ...packed, nodeCount: packed.nodes.length });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Panoptic">
<title>${escapeText(titleOf(packed, verdict))}</title>
<link rel="icon" href="${iconOf(verdict)}">
<style>${PAGE_STYLE}</style>
</head>
<body>
<div id="page"></div>
<noscript><p><b>${verdict}:</b> ${escapeText(rest)} The page needs JavaScript to show more; report.json and junit.xml beside it hold the same.</p></noscript>
<script type="application/json" id="report-data">${inertJson(packed)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function titleOf({ run, totals }: PackedReport, verdict: string): string {
  const bad = totals.failed + totals.lost;
  const count = bad === 0 ? totals.planned : `${bad} of ${totals.planned}`;
  return `${verdict}: ${count} · Panoptic ${run.id}`;
}

const ICON_COLOURS = {
  Passed: "1a7f37",
  Failed: "c62828",
  Incomplete: "8e3aa8",
  Running: "1f5fbf",
} as const;

function iconOf(verdict: keyof typeof ICON_COLOURS): string {
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23${ICON_COLOURS[verdict]}'/%3E%3C/svg%3E`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** JSON that holds no `<`, and no line ends that old readers of scripts do not know. */
function inertJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}
