/**
 * Decides whether a value meets a matcher, and says in words what did not hold. Pure; shared by all platforms.
 *
 * A condition holds, fails, does not apply (`above` on the text "abc", a bad regular expression), or is undecided (a
 * regular expression that would take too long). The last two fail under `not` too: a report never claims a comparison
 * that could not be made.
 */

import type { Json, Matcher } from "#proto/matcher.ts";
import { parsePattern } from "#shared/pattern/text-pattern.ts";

export type MatchOptions = {
  /** The subject is text by nature: expectations are turned into text before they are compared. */
  readonly asText?: boolean;
  /** Whitespace of both sides is collapsed and trimmed before they are compared. */
  readonly collapse?: boolean;
};

export type MatchResult =
  | { readonly ok: true }
  /** What was expected, without what was seen: `to equal "1" and to be below 5`. */
  | { readonly ok: false; readonly text: string };

/** What a value is compared with; `undefined` is "there is nothing", which is not `null`. */
export type Subject = Json | undefined;

type Outcome = "holds" | "fails" | "inapplicable" | "undecided";
type Condition = (subject: Subject, expected: never, options: MatchOptions) => Outcome;

const SHOWN_CHARACTERS_MAX = 300;
const UNDECIDED =
  " (which cannot be decided: the pattern has too many ways to match a text this long)";
const NUMERIC = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Checks every condition of `matcher`; `text` names those that do not hold. */
export function checkMatcher(
  matcher: Matcher,
  subject: Subject,
  options: MatchOptions = {},
): MatchResult {
  const seen = options.collapse && subject !== undefined ? collapseIn(subject) : subject;
  const missed = conditionsOf(matcher).flatMap((one) => {
    const outcome = judge(one, seen, options);
    return outcome === "holds"
      ? []
      : [describe(one, options) + (outcome === "undecided" ? UNDECIDED : "")];
  });
  return missed.length === 0 ? { ok: true } : { ok: false, text: missed.join(" and ") };
}

/** What a matcher demands, in words: `to equal "1" and to be below 5`. */
export function describeMatcher(matcher: Matcher, options: MatchOptions = {}): string {
  return conditionsOf(matcher)
    .map((one) => describe(one, options))
    .join(" and ");
}

/** A value as a failure text shows it: JSON, cut when it is long; `nothing` when there is none. */
export function showValue(value: Subject): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  if (text.length <= SHOWN_CHARACTERS_MAX) return text;
  return `${text.slice(0, SHOWN_CHARACTERS_MAX)}… (${text.length} characters)`;
}

/** Whitespace as a reader sees it: runs become one space, none at the ends. */
export function collapse(text: string): string {
  return text
    .replace(/[\u200b\u00ad]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

type ConditionName = keyof Matcher;
type OneCondition = { readonly name: ConditionName; readonly expected: unknown };

function conditionsOf(matcher: Matcher): OneCondition[] {
  return Object.entries(matcher)
    .filter(([, expected]) => expected !== undefined)
    .map(([name, expected]) => ({ name: name as ConditionName, expected }));
}

const CONDITIONS: Readonly<Record<ConditionName, Condition>> = {
  equals: (subject, expected: Json, options) =>
    verdictOf(isSameJson(subject, toSubjectsTerms(expected, options))),
  in: (subject, expected: readonly Json[], options) =>
    verdictOf(expected.some((one) => isSameJson(subject, toSubjectsTerms(one, options)))),
  contains: (subject, expected: Json, options) => judgeContains(subject, expected, options),
  startsWith: (subject, expected: string, options) =>
    judgePart(subject, expected, { ...options, test: (text, part) => text.startsWith(part) }),
  endsWith: (subject, expected: string, options) =>
    judgePart(subject, expected, { ...options, test: (text, part) => text.endsWith(part) }),
  matches: (subject, expected: string) => judgeMatches(subject, expected),
  above: (subject, expected: number) => judgeNumber(subject, (number) => number > expected),
  below: (subject, expected: number) => judgeNumber(subject, (number) => number < expected),
  atLeast: (subject, expected: number) => judgeNumber(subject, (number) => number >= expected),
  atMost: (subject, expected: number) => judgeNumber(subject, (number) => number <= expected),
  length: (subject, expected: Matcher) => judgeLength(subject, expected),
  type: (subject, expected: string) => judgeType(subject, expected),
  exists: (subject, expected: boolean) => verdictOf((subject !== undefined) === expected),
  not: (subject, expected: Matcher, options) => judgeNot(subject, expected, options),
};

function judge(condition: OneCondition, subject: Subject, options: MatchOptions): Outcome {
  return CONDITIONS[condition.name](subject, condition.expected as never, options);
}

function verdictOf(isHolding: boolean): Outcome {
  return isHolding ? "holds" : "fails";
}

/** Turns an expectation into what it is compared with: text when the subject is text. */
function toSubjectsTerms(expected: Json, options: MatchOptions): Json {
  const value = options.asText ? textOf(expected) : expected;
  return options.collapse ? collapseIn(value) : value;
}

/** A text, or the texts of a list. */
function collapseIn(value: Json): Json {
  if (typeof value === "string") return collapse(value);
  return Array.isArray(value) ? value.map((item: Json) => collapseIn(item)) : value;
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function judgeContains(subject: Subject, expected: Json, options: MatchOptions): Outcome {
  if (subject === undefined) return "fails";
  if (typeof subject === "string") {
    const part = toSubjectsTerms(expected, { ...options, asText: true });
    return verdictOf(subject.includes(String(part)));
  }
  if (Array.isArray(subject)) {
    const item = toSubjectsTerms(expected, options);
    return verdictOf(subject.some((one) => isSameJson(one, item)));
  }
  if (isMapping(subject)) return judgeMappingContains(subject, expected);
  return "inapplicable";
}

/** A mapping contains a key, or every entry of another mapping. */
function judgeMappingContains(subject: Mapping, expected: Json): Outcome {
  if (typeof expected === "string") return verdictOf(Object.hasOwn(subject, expected));
  if (!isMapping(expected)) return "inapplicable";
  const entries = Object.entries(expected);
  return verdictOf(
    entries.every(([key, value]) => Object.hasOwn(subject, key) && isSameJson(subject[key], value)),
  );
}

/** Equal by type and content, whatever the order of keys. */
function isSameJson(a: Subject, b: Subject): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return isSameList(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Mapping, b as Mapping];
  return keys.every((key) => Object.hasOwn(right, key) && isSameJson(left[key], right[key]));
}

function isSameList(a: Json, b: Json): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((item: Json, index) => isSameJson(item, b[index]));
}

type Mapping = { readonly [key: string]: Json };

function isMapping(value: Json): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function judgeMatches(subject: Subject, expected: string): Outcome {
  if (subject === undefined) return "fails";
  if (typeof subject === "object") return "inapplicable";
  const pattern = parsePattern(expected);
  if (typeof pattern === "string") return "inapplicable";
  const answer = pattern.test(String(subject));
  return answer === "undecided" ? "undecided" : verdictOf(answer);
}

type PartOptions = MatchOptions & {
  readonly test: (text: string, part: string) => boolean;
};

/** The beginning or the end of a text. */
function judgePart(subject: Subject, expected: string, options: PartOptions): Outcome {
  if (subject === undefined) return "fails";
  if (typeof subject !== "string") return "inapplicable";
  return verdictOf(options.test(subject, options.collapse ? collapse(expected) : expected));
}

/** Of a text its characters as people count them, of a list its items, of a mapping its keys. */
function judgeLength(subject: Subject, expected: Matcher): Outcome {
  const length = lengthOf(subject);
  if (length === undefined) return subject === undefined ? "fails" : "inapplicable";
  return verdictOf(checkMatcher(expected, length).ok);
}

function lengthOf(subject: Subject): number | undefined {
  if (typeof subject === "string") return [...subject].length;
  if (Array.isArray(subject)) return subject.length;
  return subject !== undefined && isMapping(subject) ? Object.keys(subject).length : undefined;
}

/** By the words of JSON Schema: an integer is a number, too. */
function judgeType(subject: Subject, expected: string): Outcome {
  if (subject === undefined) return "fails";
  if (expected === "integer") return verdictOf(Number.isInteger(subject));
  const plain = Array.isArray(subject) ? "array" : subject === null ? "null" : typeof subject;
  return verdictOf(plain === expected);
}

function judgeNumber(subject: Subject, isMet: (number: number) => boolean): Outcome {
  const number = toNumber(subject);
  return number === undefined ? "inapplicable" : verdictOf(isMet(number));
}

function toNumber(subject: Subject): number | undefined {
  if (typeof subject === "number") return subject;
  if (typeof subject !== "string") return undefined;
  const text = subject.trim();
  return NUMERIC.test(text) ? Number(text) : undefined;
}

function judgeNot(subject: Subject, inner: Matcher, options: MatchOptions): Outcome {
  const outcomes = conditionsOf(inner).map((one) => judge(one, subject, options));
  if (outcomes.includes("undecided")) return "undecided";
  if (outcomes.includes("inapplicable")) return "inapplicable";
  return verdictOf(outcomes.includes("fails"));
}

const PHRASES: Readonly<Record<Exclude<ConditionName, "exists" | "not" | "length">, string>> = {
  equals: "to equal",
  contains: "to contain",
  startsWith: "to start with",
  endsWith: "to end with",
  type: "to be of the type",
  matches: "to match",
  above: "to be a number above",
  below: "to be a number below",
  atLeast: "to be a number of at least",
  atMost: "to be a number of at most",
  in: "to be one of",
};

function describe(condition: OneCondition, options: MatchOptions): string {
  const { name, expected } = condition;
  if (name === "exists") return expected === true ? "to exist" : "not to exist";
  if (name === "length") return `to have a length (${describeMatcher(expected as Matcher)})`;
  if (name === "not") return `not (${describeMatcher(expected as Matcher, options)})`;
  if (name === "matches") return describePattern(String(expected));
  const isTurned = name === "equals" || name === "contains";
  const value = isTurned ? toSubjectsTerms(expected as Json, options) : (expected as Json);
  return `${PHRASES[name]} ${showValue(value)}`;
}

function describePattern(pattern: string): string {
  const fault =
    typeof parsePattern(pattern) === "string" ? " (which is no regular expression)" : "";
  return `${PHRASES.matches} ${pattern}${fault}`;
}
