/**
 * P: other people's text in GitHub's Markdown, where it must neither become markup nor break out of its place. Inline it
 * stands in a code span, in blocks in a fence; both are longer than every run of backticks in the text, so nothing in it
 * can end them, and nothing in them is markup, HTML, a link or a mention.
 */
import { inertLine, inertText } from "../screen/inert-text.ts";

/** Text inside a line. */
export function codeSpan(text: string): string {
  const line = inertLine(text).trim();
  if (line === "") return "";
  const fence = "`".repeat(longestRun(line) + 1);
  const space = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Text of several lines. */
export function codeBlock(text: string): string {
  const inert = inertText(text);
  const fence = "`".repeat(Math.max(3, longestRun(inert) + 1));
  return `${fence}text\n${inert}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
