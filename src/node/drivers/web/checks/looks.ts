/**
 * `expect: { screenshot }`: the picture of a page or an element beside its baseline. Pictures are taken as all others are,
 * with secrets covered (mask.ts): a baseline never holds one, and what is covered is equal on both sides.
 */
import type { Looks } from "#proto/steps/page-checks.ts";
import { pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { type Baseline, StepError } from "../../driver.ts";
import { describeLocator, toPageLocator } from "../locate.ts";
import { orEnded } from "../look-until.ts";
import { takePicture } from "../mask.ts";
import type { Scene } from "../scene.ts";
import { type Comparison, comparePictures } from "./compare-pictures.ts";

/** Between two pictures that must be alike before one counts. */
const STILL_PAUSE_MS = 100;
/** A page that has not changed for so long will not come to look as it should. */
const UNCHANGED_MS = 1_000;
const CONCLUDE_MS_MAX = 2_000;
/** Where nothing else is said: what two nodes draw differently of one page is far below it, what a person would see above. */
const RATIO_MAX_DEFAULT = 0.002;

type Difference = Exclude<Comparison, { kind: "same" }>;

/**
 * Waits until the page looks as its baseline; the text of its failure, or undefined.
 *
 * @throws {StepError} `no_baseline` when there is none.
 */
export async function checkLooks(scene: Scene, subject: Looks): Promise<string | undefined> {
  const { baselines } = scene.options;
  const baseline = await baselines?.read(subject.name);
  if (baselines?.isUpdating === true) return update(scene, subject, baseline);
  if (baseline === undefined) return refuse(scene, subject);
  const expected = baseline.bytes;
  const startMs = scene.clock.monotonicMs();
  const { actual, difference } = await lookFor(scene, subject, expected);
  if (difference === undefined) return undefined;
  if (actual === undefined) return `${describe(subject)}, but no picture could be taken`;
  await attachPictures(scene, subject, { expected, actual, difference });
  const tookMs = Math.round(scene.clock.monotonicMs() - startMs);
  return `${describe(subject)}, but ${describeDifference(subject, difference)}, tried for ${tookMs} ms; if it is right as it is: run --update-baselines`;
}

/** Makes a baseline, or makes it anew where the page no longer looks as it. */
async function update(
  scene: Scene,
  subject: Looks,
  baseline: Baseline | undefined,
): Promise<string | undefined> {
  const { picture, isStill } = await takeStill(scene, subject);
  const difference = baseline && (await compare(subject, baseline.bytes, picture));
  if (baseline !== undefined && difference === undefined) return undefined;
  const name = JSON.stringify(subject.name);
  if (!isStill)
    return `Cannot make the baseline ${name}: the page does not stand still; mask what moves`;
  if (baseline?.isOfAttempt === true)
    return `Cannot make the baseline ${name}: this test takes two pictures of that name, which differ`;
  scene.options.baselines?.learn(subject.name, picture);
  scene.options.attach({ name: `${subject.name}.baseline.png`, kind: "baseline", bytes: picture });
  scene.options.warn(`${baseline === undefined ? "Made" : "Changed"} the baseline ${name}`);
  return undefined;
}

async function refuse(scene: Scene, subject: Looks): Promise<never> {
  const { picture } = await takeStill(scene, subject);
  const file = `${subject.name}-actual.png`;
  scene.options.attach({ name: file, kind: "screenshot", bytes: picture });
  const text = `There is no baseline ${JSON.stringify(subject.name)} of this test for this browser and system: look at ${file}, and accept it by run --update-baselines`;
  throw new StepError("failed", "no_baseline", text);
}

type LookedFor = {
  /** The last picture; undefined when none could be taken in time. */
  readonly actual: Uint8Array | undefined;
  /** Undefined when it looks as it should. */
  readonly difference: Difference | undefined;
};

/** Until a picture will do, the page stands still, or time is over: each picture that is new is compared. */
async function lookFor(scene: Scene, subject: Looks, expected: Uint8Array): Promise<LookedFor> {
  const { clock, signal, context } = scene;
  const startMs = clock.monotonicMs();
  let last: Uint8Array | undefined;
  let difference: Difference | undefined;
  let changedMs = startMs;
  for (;;) {
    const picture = await orEnded(shoot(scene, subject), signal);
    if (picture !== undefined && (last === undefined || Buffer.compare(picture, last) !== 0)) {
      last = picture;
      changedMs = clock.monotonicMs();
      difference = await compare(subject, expected, picture);
      if (difference === undefined) return { actual: last, difference };
    }
    const nowMs = clock.monotonicMs();
    const leftMs = lookingMs(context.timeoutMs) - (nowMs - startMs);
    if (signal.aborted || leftMs <= 0 || nowMs - changedMs >= UNCHANGED_MS) break;
    await orEnded(pause(clock, Math.min(leftMs, STILL_PAUSE_MS), signal), signal);
  }
  return { actual: last, difference: difference ?? NOTHING_SEEN };
}

const NOTHING_SEEN: Difference = { kind: "sizes", expected: "a picture", actual: "none" };

/** What is left of the step's bound is for comparing and drawing the difference. */
const lookingMs = (timeoutMs: number): number =>
  timeoutMs - Math.min(CONCLUDE_MS_MAX, timeoutMs / 4);

/** What is too much of a difference; undefined when it is within the bounds. */
async function compare(
  subject: Looks,
  expected: Uint8Array,
  actual: Uint8Array,
): Promise<Difference | undefined> {
  const found = await comparePictures(expected, actual, subject.threshold).catch(
    (thrown: unknown) => {
      const text = `Cannot compare the screenshot ${JSON.stringify(subject.name)}: ${messageOf(thrown)}`;
      throw new StepError("failed", "expect", text);
    },
  );
  if (found.kind === "same") return undefined;
  if (found.kind === "sizes") return found;
  const { ratio, pixels } = boundsOf(subject);
  return found.ratio > ratio || found.count > pixels ? found : undefined;
}

function boundsOf({ maxDiffRatio, maxDiffPixels }: Looks) {
  const ratio = maxDiffRatio ?? (maxDiffPixels === undefined ? RATIO_MAX_DEFAULT : 1);
  return { ratio, pixels: maxDiffPixels ?? Number.POSITIVE_INFINITY };
}

/** Takes pictures until two in a row are alike, or time is over. */
async function takeStill(
  scene: Scene,
  subject: Looks,
): Promise<{ readonly picture: Uint8Array; readonly isStill: boolean }> {
  const { clock, signal, context } = scene;
  const startMs = clock.monotonicMs();
  let last = await shoot(scene, subject);
  for (;;) {
    await orEnded(pause(clock, STILL_PAUSE_MS, signal), signal);
    const isOver = clock.monotonicMs() - startMs > lookingMs(context.timeoutMs);
    if (signal.aborted || isOver) return { picture: last, isStill: false };
    const next = await orEnded(shoot(scene, subject), signal);
    if (next === undefined) return { picture: last, isStill: false };
    if (Buffer.compare(next, last) === 0) return { picture: next, isStill: true };
    last = next;
  }
}

function shoot({ page, options, signal, clock }: Scene, subject: Looks): Promise<Uint8Array> {
  return takePicture(page, {
    ...{ redactor: options.redactor, signal, clock, format: "png", quality: 100 },
    locator: subject.locator && toPageLocator(page, subject.locator),
    fullPage: subject.fullPage,
    still: { masks: subject.mask.map((one) => toPageLocator(page, one)) },
  });
}

type Pictures = {
  readonly expected: Uint8Array;
  readonly actual: Uint8Array;
  readonly difference: Difference;
};

async function attachPictures(
  { options }: Scene,
  { name }: Looks,
  { expected, actual, difference }: Pictures,
): Promise<void> {
  const kind = "screenshot";
  options.attach({ name: `${name}-expected.png`, kind, bytes: expected });
  options.attach({ name: `${name}-actual.png`, kind, bytes: actual });
  if (difference.kind === "pixels")
    options.attach({ name: `${name}-diff.png`, kind, bytes: await difference.diff() });
}

function describeDifference(subject: Looks, difference: Difference): string {
  if (difference.kind === "sizes")
    return `it is ${difference.actual} pixels instead of ${difference.expected}`;
  const { ratio, pixels } = boundsOf(subject);
  const bounds = [
    ...(ratio < 1 ? [percentOf(ratio)] : []),
    ...(Number.isFinite(pixels) ? [`${pixels} pixels`] : []),
  ];
  return `${difference.count} pixels differ (${percentOf(difference.ratio)}, at most ${bounds.join(" and ")}): see ${subject.name}-diff.png`;
}

/** `1.04 %`; never 0 of something. */
function percentOf(ratio: number): string {
  return ratio > 0 && ratio < 0.0001 ? "less than 0.01 %" : `${Math.round(ratio * 10_000) / 100} %`;
}

function describe({ name, locator }: Looks): string {
  const place = locator === undefined ? "" : ` of ${describeLocator(locator)}`;
  return `Expected the screenshot ${JSON.stringify(name)}${place} to look as its baseline`;
}
