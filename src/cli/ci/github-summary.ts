/**
 * P: a run as the summary of a GitHub step: totals, what failed with its error, what was lost or flaky, where the report
 * lies. Bounded in bytes: what has no room is counted, and the report has all of it.
 */
import type { Report, ReportTest, Verdict } from "#proto/report.ts";
import { durationText, placeText } from "../run/progress-text.ts";
import { isExcused, quarantineText } from "../run/quarantine-text.ts";
import { codeBlock, codeSpan } from "./markdown.ts";

export type SummaryOptions = {
  /** Where the report lies, for people; undefined when it could not be written. */
  readonly reportPlace: string | undefined;
  /** GitHub takes 1 MiB a step; what the step wrote before counts. */
  readonly bytesMax: number;
};

const VERDICTS: readonly Verdict[] = ["passed", "failed", "flaky", "skipped", "lost"];
const MARKS: Readonly<Record<string, string>> = { passed: "✅", failed: "❌", incomplete: "⚠️" };
const ERROR_LENGTH_MAX = 4_000;
const FLAKY_LENGTH_MAX = 200;
/** What the lines about the rest may take. */
const RESERVE_BYTES = 1_000;

/** Markdown, or an empty text when there is no room even for the totals. */
export function githubSummary(report: Report, options: SummaryOptions): string {
  const head = headOf(report);
  const tail = tailOf(options.reportPlace);
  const leftBytes = options.bytesMax - bytesOf(head) - bytesOf(tail) - RESERVE_BYTES;
  if (leftBytes < 0) return "";
  const sections = sectionsOf(report.tests);
  const body: string[] = [];
  let usedBytes = 0;
  for (const { title, items } of sections) {
    if (items.length === 0) continue;
    body.push(title);
    for (const [index, item] of items.entries()) {
      usedBytes += bytesOf(item) + 2;
      if (usedBytes > leftBytes) {
        body.push(`… and ${items.length - index} more in the report`);
        break;
      }
      body.push(item);
    }
  }
  return `\n${[head, ...body, tail].join("\n\n")}\n`;
}

function tailOf(place: string | undefined): string {
  if (place === undefined) return "The report could not be written.";
  return `Report: ${codeSpan(place)}, as an artifact when this workflow keeps it.`;
}

function headOf({ run, totals }: Report): string {
  const mark = MARKS[run.status] ?? "";
  const why = run.reason === undefined ? "" : `\n\n${codeSpan(run.reason)}`;
  const rows = [
    `| planned | ${VERDICTS.join(" | ")} | time |`,
    `| ${Array.from({ length: VERDICTS.length + 2 }, () => "---:").join(" | ")} |`,
    `| ${[totals.planned, ...VERDICTS.map((verdict) => totals[verdict])].join(" | ")} | ${durationText(run.durationMs)} |`,
  ];
  return `## ${mark} Panoptic: ${run.status}${why}\n\n${rows.join("\n")}`;
}

type Section = { readonly title: string; readonly items: readonly string[] };

function sectionsOf(tests: readonly ReportTest[]): Section[] {
  const those = (verdict: Verdict) => tests.filter((test) => test.verdict === verdict);
  const failed = those("failed");
  return [
    { title: "### Failed", items: failed.filter((test) => !isExcused(test)).map(wrongText) },
    { title: "### Lost", items: those("lost").map(wrongText) },
    { title: "### Flaky", items: those("flaky").map(flakyText) },
    { title: "### Quarantined", items: failed.filter(isExcused).map(wrongText) },
  ];
}

function wrongText(test: ReportTest): string {
  const attempt = test.attempts.findLast(({ counted, error }) => counted && error !== undefined);
  const step = attempt?.steps.find(({ status, optional }) => status === "failed" && !optional);
  // Of soft failures the attempt's error names all.
  const error = (step?.soft === true ? attempt?.error : step?.error) ?? attempt?.error;
  const where = placeText(error?.file === undefined ? test : error);
  const facts = [
    codeSpan(where),
    ...(step === undefined ? [] : [`step ${codeSpan(step.name)}`]),
    ...(attempt === undefined ? [] : [`attempt ${attempt.number} on ${codeSpan(attempt.node)}`]),
  ];
  const quarantine = test.quarantined && quarantineText(test.quarantined);
  const message = [quarantine, test.reason, error?.message]
    .filter((text) => text !== undefined)
    .join("\n");
  const block = message === "" ? "" : `\n\n${codeBlock(message.slice(0, ERROR_LENGTH_MAX))}`;
  return `**${codeSpan(test.key)}**  \n${facts.join(" · ")}${block}`;
}

/** A list, not a table: in cells no text with a bar is safe in every reader. */
function flakyText(test: ReportTest): string {
  const failed = test.attempts.find(({ counted, status }) => counted && status === "failed");
  const why = (failed?.error?.message ?? "").slice(0, FLAKY_LENGTH_MAX);
  const first = why === "" ? "" : `, the first failure: ${codeSpan(why)}`;
  return `- ${codeSpan(test.key)}: ${test.attempts.length} attempts${first}`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
