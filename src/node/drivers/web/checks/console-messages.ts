/** `expect: { console }`: what the page said, and the errors that nothing in it caught. */
import type { Matcher } from "#proto/matcher.ts";
import type { ConsoleMessages } from "#proto/steps/page-checks.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import type { Scene } from "../scene.ts";
import { type Counted, countUntil } from "./count-until.ts";
import type { MessageRecord } from "./page-records.ts";

/** What a page says takes a moment to be heard. */
const QUIET_MS = 100;
const SHOWN_MAX = 5;
const SHOWN_LENGTH_MAX = 300;

/** Waits until the right number of such messages was said; the text of its failure, or undefined. */
export function checkConsole(
  scene: Scene,
  subject: ConsoleMessages,
  matcher: Matcher | undefined,
): Promise<string | undefined> {
  return countUntil(scene, {
    what: describe(subject),
    matcher,
    forMs: subject.forMs,
    quietMs: QUIET_MS,
    count: () => count(scene, subject),
  });
}

function count({ records }: Scene, subject: ConsoleMessages): Counted {
  const { items, dropped } = records.messages(subject.since);
  const ofLevel = items.filter(({ level }) => subject.levels?.includes(level) ?? true);
  const matching = ofLevel.filter(({ text }) => isTextMet(text, subject.text));
  const why = `the log keeps ${items.length} messages`;
  return {
    count: matching.length,
    undecided: dropped > 0 ? [{ count: dropped, why }] : [],
    seen: show(matching.length > 0 ? matching : ofLevel),
  };
}

function isTextMet(text: string, matcher: Matcher | undefined): boolean {
  return matcher === undefined || checkMatcher(matcher, text, { asText: true }).ok;
}

function show(messages: readonly MessageRecord[]): string {
  const lines = messages
    .slice(0, SHOWN_MAX)
    .map(({ level, text }) => `\n  [${level}] ${cut(text.split("\n")[0] ?? "")}`);
  const more = messages.length - lines.length;
  return (lines.length > 0 ? ":" : "") + lines.join("") + (more > 0 ? `\n  … ${more} more` : "");
}

const cut = (text: string): string =>
  text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;

function describe({ levels, text }: ConsoleMessages): string {
  const of = levels === undefined ? "" : ` of ${levels.join(" or ")}`;
  return `console messages${of}${text === undefined ? "" : ` with a text ${describeMatcher(text)}`}`;
}
