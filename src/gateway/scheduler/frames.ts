/**
 * P: what is once before and once after all tests of a suite. Plain bookkeeping over verdicts, for precedence.ts.
 *
 * - A2 Every test of a suite waits until each `beforeAll` of it has passed, and is skipped when one has not.
 * - A3 An `afterAll` waits until every other test of its suite has its verdict, whatever that is.
 */
import { isCounted, type TestState } from "#gateway/mesh/run-state.ts";
import { createLine, type Line, noteInLine, reopenInLine, saidOf } from "./line.ts";

/** Of one suite that has either. */
type Frame = {
  readonly opening: Line;
  /** All but `afterAll`. */
  readonly body: Line;
  /** Those that wait for the opening. */
  readonly inside: readonly TestState[];
  readonly closing: readonly TestState[];
};

/** By suite. */
export type Frames = ReadonlyMap<string, Frame>;

export type FrameTurn =
  | { readonly kind: "held"; readonly behind: TestState }
  | { readonly kind: "skip"; readonly reason: string };

/** Reads them out of a ledger; most have none. */
export function readFrames(tests: readonly TestState[]): Frames {
  const suites = new Set(
    tests.filter((test) => roleOf(test) !== undefined).map(({ definition }) => definition.suite),
  );
  if (suites.size === 0) return new Map();
  const framed = tests.filter(({ definition }) => suites.has(definition.suite));
  const members = Map.groupBy(framed, ({ definition }) => definition.suite);
  return new Map([...members].map(([suite, all]) => [suite, createFrame(all)]));
}

function createFrame(all: readonly TestState[]): Frame {
  return {
    opening: createLine(all.filter((test) => roleOf(test) === "beforeAll")),
    body: createLine(all.filter((test) => roleOf(test) !== "afterAll")),
    inside: all.filter((test) => roleOf(test) === undefined),
    closing: all.filter((test) => roleOf(test) === "afterAll"),
  };
}

const roleOf = ({ definition }: TestState) => definition.schedule?.role;

const frameOf = (frames: Frames, { definition }: TestState): Frame | undefined =>
  frames.size === 0 ? undefined : frames.get(definition.suite);

/** Why a test may not be queued because of its frame; undefined when it may (A2, A3). */
export function frameTurn(frames: Frames, test: TestState): FrameTurn | undefined {
  const frame = frameOf(frames, test);
  const role = roleOf(test);
  if (frame === undefined || role === "beforeAll") return undefined;
  const { body, opening } = frame;
  if (role === "afterAll") return body.openCount > 0 ? heldBehind(body) : undefined;
  const [broken] = opening.notPassed;
  if (broken !== undefined)
    return { kind: "skip", reason: `Not run: it comes after ${saidOf(broken)}${causeOf(broken)}` };
  return opening.openCount > 0 ? heldBehind(opening) : undefined;
}

function heldBehind({ tests }: Line): FrameTurn | undefined {
  const behind = tests.find(({ decided }) => decided === undefined);
  return behind && { kind: "held", behind };
}

const CAUSE_LENGTH_MAX = 300;

/** In the words of its error, so that nobody has to look for it. */
function causeOf({ leases, decided }: TestState): string {
  const message = leases.findLast(isCounted)?.attempt?.end?.error?.message ?? decided?.reason;
  const [line = ""] = (message ?? "").split("\n", 1);
  if (line === "") return "";
  return `: ${line.length > CAUSE_LENGTH_MAX ? `${line.slice(0, CAUSE_LENGTH_MAX)}…` : line}`;
}

/** The tests that wait for this one because of its frame. */
export function frameFollowers(frames: Frames, test: TestState): readonly TestState[] {
  const frame = frameOf(frames, test);
  const role = roleOf(test);
  if (frame === undefined || role === "afterAll") return [];
  return role === "beforeAll" ? [...frame.inside, ...frame.closing] : frame.closing;
}

/** The tests that whole suites wait for. */
export const openingsOf = (frames: Frames): readonly TestState[] =>
  [...frames.values()].flatMap(({ opening }) => opening.tests);

/** Notes a verdict. @returns Tests that may have their turn by it. */
export function noteInFrame(
  frames: Frames,
  test: TestState,
  wasOpen: boolean,
): readonly TestState[] {
  const frame = frameOf(frames, test);
  const role = roleOf(test);
  if (frame === undefined || role === "afterAll") return [];
  const { opening, body, inside, closing } = frame;
  noteInLine(body, test, wasOpen);
  if (role === "beforeAll") noteInLine(opening, test, wasOpen);
  const isOpened = role === "beforeAll" && (opening.openCount === 0 || opening.notPassed.size > 0);
  const closes = body.openCount === 0 ? closing : [];
  return isOpened ? [...inside, ...closes] : closes;
}

/** Notes that a verdict was taken back. */
export function reopenInFrame(frames: Frames, test: TestState): void {
  const frame = frameOf(frames, test);
  const role = roleOf(test);
  if (frame === undefined || role === "afterAll") return;
  reopenInLine(frame.body, test);
  if (role === "beforeAll") reopenInLine(frame.opening, test);
}
