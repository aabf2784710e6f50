/** `expect` and `save` on a page: looked at again and again until it holds or the step's bound is reached. */
import type { Json, Matcher } from "#proto/matcher.ts";
import type { Demand, Subject } from "#proto/steps/subject.ts";
import { StepError } from "../driver.ts";
import { describeTime } from "../guard.ts";
import {
  checkMatcher,
  collapse,
  describeMatcher,
  type MatchOptions,
  showValue,
} from "../matcher.ts";
import { toUrlMatcher } from "../url.ts";
import { describeLocator } from "./locate.ts";
import { lookUntil } from "./look-until.ts";
import { isOfElement, isState, type Observation, observe } from "./observe.ts";
import type { Scene } from "./scene.ts";

const NOT_SEEN: Observation = { fault: "nothing: the page did not answer", isAbsent: false };

/** Waits until a demand on the page is met; the text of its failure, or undefined. */
export async function expectOnPage(scene: Scene, demand: Demand): Promise<string | undefined> {
  const { subject } = demand;
  const isRetried = subject.of !== "that";
  const isMet = (seen: Observation) => checkSeen(demand, seen) === undefined;
  const look = () => observe(scene, subject);
  const { seen = NOT_SEEN, tookMs } = await lookUntil(scene, { look, isMet, isRetried });
  const missed = checkSeen(demand, seen);
  if (missed === undefined) return undefined;
  const text = `Expected ${describeSubject(subject)} ${missed}`;
  if (!isRetried) return `${text}, got ${describeSeen(subject, seen)}`;
  const time = describeTime(tookMs, scene.context.timeoutMs);
  return `${text}, last seen ${describeSeen(subject, seen)}, tried for ${time}`;
}

/**
 * Reads a value once it can be read.
 *
 * @throws {StepError} `save` when it could not be read in time.
 */
export async function saveFromPage(scene: Scene, subject: Subject): Promise<Json> {
  const isMet = (seen: Observation) => valueToSave(subject, seen) !== undefined;
  const look = () => observe(scene, subject);
  const { seen = NOT_SEEN, tookMs } = await lookUntil(scene, { look, isMet });
  const value = valueToSave(subject, seen);
  if (value !== undefined) return value;
  const time = describeTime(tookMs, scene.context.timeoutMs);
  const text = `Cannot save ${describeSubject(subject)}: ${describeSeen(subject, seen)}, tried for ${time}`;
  throw new StepError("failed", "save", text);
}

/** Waits until the page's address meets a matcher; the text of its failure, or undefined. */
export function expectUrl(scene: Scene, matcher: Matcher): Promise<string | undefined> {
  return expectOnPage(scene, { subject: { of: "url" }, matcher });
}

/** Saved text is as it is compared: whitespace collapsed and trimmed. */
function valueToSave(subject: Subject, seen: Observation): Json | undefined {
  if ("fault" in seen) return subject.of === "visible" && seen.isAbsent ? false : undefined;
  const { value } = seen;
  const isText = subject.of === "text" || subject.of === "textContent";
  return isText && typeof value === "string" ? collapse(value) : value;
}

/** What a look misses, as `to equal "1"`; undefined when the demand is met. */
function checkSeen(demand: Demand, seen: Observation): string | undefined {
  const { subject } = demand;
  if (isState(subject)) {
    const isWanted = demand.matcher?.equals !== false;
    if ("value" in seen && seen.value === isWanted) return undefined;
    return `${isWanted ? "" : "not "}to be ${describeState(subject)}`;
  }
  const options = optionsFor(subject);
  const matcher = matcherFor(demand, seen);
  if ("value" in seen) {
    const result = checkMatcher(matcher, seen.value, options);
    return result.ok ? undefined : result.text;
  }
  // Without an element only a matcher that asks for its existence can hold; `exists` of an attribute asks for the
  // attribute, so a locator that finds nothing must not pass there.
  const isAnswered = seen.isAbsent && matcher.exists !== undefined && subject.of !== "attribute";
  if (isAnswered && checkMatcher(matcher, undefined, options).ok) return undefined;
  return describeMatcher(matcher, options);
}

function matcherFor(demand: Demand, seen: Observation): Matcher {
  const matcher = demand.matcher ?? { exists: true };
  if (demand.subject.of === "class") return toClassMatcher(matcher);
  if (demand.subject.of !== "url" || !("value" in seen)) return matcher;
  return toUrlMatcher(matcher, String(seen.value));
}

/** Names of classes may be written as HTML writes them: `a b` is the list of both. */
function toClassMatcher(matcher: Matcher): Matcher {
  const toList = (value: Json): Json =>
    typeof value === "string" ? value.split(/\s+/).filter((name) => name !== "") : value;
  return {
    ...matcher,
    ...(matcher.equals !== undefined && { equals: toList(matcher.equals) }),
    ...(matcher.in !== undefined && { in: matcher.in.map(toList) }),
    ...(matcher.not !== undefined && { not: toClassMatcher(matcher.not) }),
  };
}

const TEXT_SUBJECTS: ReadonlySet<string> = new Set([
  "text",
  "textContent",
  "value",
  "url",
  "title",
  "attribute",
  "header",
  "id",
  "css",
  "role",
  "accessibleName",
  "accessibleDescription",
]);

function optionsFor(subject: Subject): MatchOptions {
  const isCollapsed = [
    "text",
    "textContent",
    "texts",
    "accessibleName",
    "accessibleDescription",
  ].includes(subject.of);
  return { asText: TEXT_SUBJECTS.has(subject.of), collapse: isCollapsed };
}

function describeSubject(subject: Subject): string {
  if (!isOfElement(subject)) return subject.of === "that" ? "the value" : subject.of;
  const element = describeLocator(subject.locator);
  if (isState(subject)) return element;
  const name = "name" in subject ? ` ${subject.name}` : "";
  return `${NAMES[subject.of] ?? subject.of}${name} of ${element}`;
}

/** Words for what one word does not say. */
const NAMES: Readonly<Record<string, string>> = {
  class: "classes",
  values: "chosen values",
  accessibleName: "accessible name",
  accessibleDescription: "accessible description",
};

const STATE_NAMES: Readonly<Record<string, string>> = { inViewport: "in the viewport" };

function describeState(subject: Subject): string {
  const ratio = "ratio" in subject && subject.ratio !== undefined ? ` by ${subject.ratio}` : "";
  return (STATE_NAMES[subject.of] ?? subject.of) + ratio;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  visible: "hidden",
  hidden: "visible",
  enabled: "disabled",
  disabled: "enabled",
  checked: "unchecked",
  unchecked: "checked",
};

function describeSeen(subject: Subject, seen: Observation): string {
  if ("fault" in seen) return seen.fault;
  if (!isState(subject)) return showValue(seen.value);
  if (seen.value === true) return describeState(subject);
  return OPPOSITES[subject.of] ?? `not ${describeState(subject)}`;
}
