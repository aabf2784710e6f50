/** `expect` and `save` on a page: looked at again and again until it holds or the step's bound is reached. */
import type { Json, Matcher } from "#proto/matcher.ts";
import type { Demand, Subject } from "#proto/steps/subject.ts";
import { pause } from "#shared/clock.ts";
import { StepError } from "../driver.ts";
import { describeTime, untilAborted } from "../guard.ts";
import {
  checkMatcher,
  collapse,
  describeMatcher,
  type MatchOptions,
  showValue,
} from "../matcher.ts";
import { toUrlMatcher } from "../url.ts";
import { describeLocator } from "./locate.ts";
import { isState, type Observation, observe } from "./observe.ts";
import type { Scene } from "./scene.ts";

/** Pauses between looks; the last one repeats. */
const PAUSES_MS = [20, 50, 100];

const NOT_SEEN: Observation = { fault: "nothing: the page did not answer", isAbsent: false };

/** Waits until a demand on the page is met; the text of its failure, or undefined. */
export async function expectOnPage(scene: Scene, demand: Demand): Promise<string | undefined> {
  const { subject } = demand;
  const isRetried = subject.of !== "that";
  const isMet = (seen: Observation) => checkSeen(demand, seen) === undefined;
  const result = await lookUntil(scene, { subject, isMet, isRetried });
  const missed = checkSeen(demand, result.seen);
  if (missed === undefined) return undefined;
  const text = `Expected ${describeSubject(subject)} ${missed}`;
  if (!isRetried) return `${text}, got ${describeSeen(subject, result.seen)}`;
  const time = describeTime(result.tookMs, scene.context.timeoutMs);
  return `${text}, last seen ${describeSeen(subject, result.seen)}, tried for ${time}`;
}

/**
 * Reads a value once it can be read.
 *
 * @throws {StepError} `save` when it could not be read in time.
 */
export async function saveFromPage(scene: Scene, subject: Subject): Promise<Json> {
  const isMet = (seen: Observation) => valueToSave(subject, seen) !== undefined;
  const { seen, tookMs } = await lookUntil(scene, { subject, isMet, isRetried: true });
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
  return subject.of === "text" && typeof value === "string" ? collapse(value) : value;
}

type Look = {
  readonly subject: Subject;
  readonly isMet: (seen: Observation) => boolean;
  readonly isRetried: boolean;
};

async function lookUntil(
  scene: Scene,
  look: Look,
): Promise<{ readonly seen: Observation; readonly tookMs: number }> {
  const { clock, signal, context } = scene;
  const startMs = clock.monotonicMs();
  let seen = NOT_SEEN;
  for (let count = 0; ; count += 1) {
    seen = (await orEnded(observe(scene, look.subject), signal)) ?? seen;
    const tookMs = clock.monotonicMs() - startMs;
    const isOver = signal.aborted || tookMs >= context.timeoutMs || !look.isRetried;
    if (look.isMet(seen) || isOver) return { seen, tookMs };
    const leftMs = Math.max(1, context.timeoutMs - tookMs);
    await orEnded(pause(clock, Math.min(leftMs, pauseMs(count)), signal), signal);
  }
}

function pauseMs(count: number): number {
  return PAUSES_MS[Math.min(count, PAUSES_MS.length - 1)] ?? 100;
}

/** The result of `work`, or undefined when the signal ended it first. */
async function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const ended = new Error("ended");
  try {
    return await untilAborted(work, signal, () => ended);
  } catch (thrown) {
    if (thrown === ended) return undefined;
    throw thrown;
  }
}

/** What a look misses, as `to equal "1"`; undefined when the demand is met. */
function checkSeen(demand: Demand, seen: Observation): string | undefined {
  const { subject } = demand;
  if (isState(subject)) return isTrue(seen) ? undefined : `to be ${subject.of}`;
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

function isTrue(seen: Observation): boolean {
  return "value" in seen && seen.value === true;
}

function matcherFor(demand: Demand, seen: Observation): Matcher {
  const matcher = demand.matcher ?? { exists: true };
  if (demand.subject.of !== "url" || !("value" in seen)) return matcher;
  return toUrlMatcher(matcher, String(seen.value));
}

function optionsFor(subject: Subject): MatchOptions {
  const isText = ["text", "value", "url", "title", "attribute", "header"].includes(subject.of);
  return { asText: isText, collapse: subject.of === "text" };
}

function describeSubject(subject: Subject): string {
  if (isState(subject)) return describeLocator(subject.locator);
  if (subject.of === "attribute") {
    return `attribute ${subject.name} of ${describeLocator(subject.locator)}`;
  }
  if ("locator" in subject) return `${subject.of} of ${describeLocator(subject.locator)}`;
  return subject.of === "that" ? "the value" : subject.of;
}

const OPPOSITES = {
  visible: "hidden",
  hidden: "visible",
  enabled: "disabled",
  disabled: "enabled",
  checked: "unchecked",
  unchecked: "checked",
} as const;

function describeSeen(subject: Subject, seen: Observation): string {
  if ("fault" in seen) return seen.fault;
  return isState(subject) ? OPPOSITES[subject.of] : showValue(seen.value);
}
