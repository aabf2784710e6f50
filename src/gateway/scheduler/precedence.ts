/**
 * Which tests of a run wait for others of it. Plain bookkeeping over verdicts; settle.ts asks it and acts.
 *
 * - G1 Of a group at most one test is queued or leased at a time, in the order of the ledger.
 * - G2 Its tests go to one node, as long as that node is there to take them; else all that follow go to another.
 * - G3 Of a serial group, what comes after a test that has not passed is skipped.
 * - A1 A test with `after` waits until every test of those names has its verdict; it is skipped when one has not passed.
 *   Names that are not in the run are not waited for.
 * - A2, A3 What is once before and after all tests of a suite: frames.ts.
 */
import type { TestState } from "#gateway/mesh/run-state.ts";
import type { NodeId } from "#proto/ids.ts";
import {
  type Frames,
  frameFollowers,
  frameTurn,
  noteInFrame,
  readFrames,
  reopenInFrame,
} from "./frames.ts";
import { createLine, type Line, noteInLine, reopenInLine, saidOf } from "./line.ts";

export type Group = Line & {
  readonly places: ReadonlyMap<TestState, number>;
  readonly isSerial: boolean;
  /** All before it are decided. */
  nextPlace: number;
  /** Where its last lease went (G2). */
  nodeId?: NodeId | undefined;
};

type Named = Line & { readonly followers: TestState[] };

export type Precedence = {
  readonly groups: ReadonlyMap<string, Group>;
  readonly named: ReadonlyMap<string, Named>;
  readonly frames: Frames;
  /** Tests that would be queued but for the others. */
  readonly held: Set<TestState>;
  /** Tests to be looked at again, in order; filled and emptied by settle.ts. */
  readonly due: TestState[];
};

export type TestTurn =
  | { readonly kind: "ready" }
  /** A test that it waits for. */
  | { readonly kind: "held"; readonly behind: TestState; readonly why: "group" | "after" }
  | { readonly kind: "skip"; readonly reason: string };

/** Reads groups and names out of the ledger, with the verdicts that are there already. */
export function createPrecedence(tests: readonly TestState[]): Precedence {
  const waiting = tests.filter(({ definition }) => definition.schedule?.after !== undefined);
  const named = readNames(tests, new Set(waiting.flatMap(namesBefore)));
  for (const test of waiting)
    for (const key of namesBefore(test)) named.get(key)?.followers.push(test);
  return {
    groups: readGroups(tests),
    named,
    frames: readFrames(tests),
    held: new Set(),
    due: [],
  };
}

function readGroups(tests: readonly TestState[]): ReadonlyMap<string, Group> {
  const grouped = tests.filter(({ definition }) => definition.schedule?.group !== undefined);
  const members = Map.groupBy(grouped, (test) => groupKey(test) ?? "");
  return new Map([...members].map(([key, all]) => [key, createGroup(all)]));
}

/** Nobody waits for most names of most runs: those are not looked at. */
function readNames(tests: readonly TestState[], wanted: ReadonlySet<string>): Map<string, Named> {
  if (wanted.size === 0) return new Map();
  const members = Map.groupBy(
    tests.filter((test) => wanted.has(nameKey(test))),
    nameKey,
  );
  return new Map([...members].map(([key, all]) => [key, { ...createLine(all), followers: [] }]));
}

function createGroup(tests: readonly TestState[]): Group {
  const group: Group = {
    ...createLine(tests),
    places: new Map(tests.map((test, place) => [test, place])),
    isSerial: tests.some((test) => test.definition.schedule?.group?.isSerial === true),
    nextPlace: 0,
    nodeId: tests.findLast((test) => test.leases.length > 0)?.leases.at(-1)?.nodeId,
  };
  advance(group);
  return group;
}

const groupKey = (test: TestState): string | undefined => {
  const name = test.definition.schedule?.group?.name;
  return name === undefined ? undefined : `${test.definition.suite}\n${name}`;
};
const nameKey = ({ definition }: TestState): string => `${definition.suite}\n${definition.name}`;

const namesBefore = ({ definition }: TestState): readonly string[] =>
  (definition.schedule?.after ?? []).map((name) => `${definition.suite}\n${name}`);

const namedOf = ({ named }: Precedence, test: TestState): Named | undefined =>
  named.size === 0 ? undefined : named.get(nameKey(test));

/** The group of a test; undefined when it has none. */
export function groupOf(precedence: Precedence, test: TestState): Group | undefined {
  const key = groupKey(test);
  return key === undefined ? undefined : precedence.groups.get(key);
}

/** The tests that wait for this one by themselves: the next of its group, those after its name, those of its frame. */
export function followersOf(precedence: Precedence, test: TestState): readonly TestState[] {
  const group = groupOf(precedence, test);
  const next = group?.tests[(group.places.get(test) ?? -1) + 1];
  const after = namedOf(precedence, test)?.followers ?? [];
  const framed = frameFollowers(precedence.frames, test);
  if (next === undefined && framed.length === 0) return after;
  return [...(next === undefined ? [] : [next]), ...after, ...framed];
}

/** Whether a test that has no verdict and no lease may be queued now (G1, G3, A1 to A3). */
export function turnOf(precedence: Precedence, test: TestState): TestTurn {
  const framed = frameTurn(precedence.frames, test);
  if (framed !== undefined) return framed.kind === "held" ? { ...framed, why: "after" } : framed;
  for (const key of namesBefore(test)) {
    const turn = afterName(precedence.named.get(key));
    if (turn !== undefined) return turn;
  }
  const group = groupOf(precedence, test);
  const place = group?.places.get(test);
  if (group === undefined || place === undefined) return { kind: "ready" };
  const broken = group.isSerial ? firstBefore(group, place) : undefined;
  if (broken !== undefined)
    return { kind: "skip", reason: `Not run: ${saidOf(broken)}, before it in its serial group` };
  const head = group.tests[group.nextPlace];
  if (head === undefined || group.nextPlace >= place) return { kind: "ready" };
  return { kind: "held", behind: head, why: "group" };
}

function afterName(named: Named | undefined): TestTurn | undefined {
  if (named === undefined) return undefined;
  const [broken] = named.notPassed;
  if (broken !== undefined)
    return { kind: "skip", reason: `Not run: it comes after ${saidOf(broken)}` };
  const open = named.openCount > 0 && named.tests.find((one) => one.decided === undefined);
  return open ? { kind: "held", behind: open, why: "after" } : undefined;
}

/** G3: what is decided out of turn, such as a test that is skipped from the start, breaks only what comes after it. */
function firstBefore(group: Group, place: number): TestState | undefined {
  for (const test of group.notPassed) if ((group.places.get(test) ?? place) < place) return test;
  return undefined;
}

/** Notes a test's first verdict, or another one. @returns Tests that waited for it and may have their turn. */
export function noteDecided(
  precedence: Precedence,
  test: TestState,
  wasOpen: boolean,
): readonly TestState[] {
  const due: TestState[] = [...noteInFrame(precedence.frames, test, wasOpen)];
  const named = namedOf(precedence, test);
  if (named !== undefined) {
    noteInLine(named, test, wasOpen);
    if (named.openCount === 0 || named.notPassed.size > 0) due.push(...named.followers);
  }
  const group = groupOf(precedence, test);
  if (group !== undefined) {
    noteInLine(group, test, wasOpen);
    advance(group);
    const next = group.tests[group.nextPlace];
    if (next !== undefined) due.push(next);
  }
  return due.filter((one) => precedence.held.has(one));
}

/** Notes that a verdict was taken back: an outcome arrived after all (C1). */
export function noteReopened(precedence: Precedence, test: TestState): void {
  const group = groupOf(precedence, test);
  for (const line of [namedOf(precedence, test), group])
    if (line !== undefined) reopenInLine(line, test);
  reopenInFrame(precedence.frames, test);
  if (group !== undefined)
    group.nextPlace = Math.min(group.nextPlace, group.places.get(test) ?? group.nextPlace);
}

function advance(group: Group): void {
  while (group.tests[group.nextPlace]?.decided !== undefined) group.nextPlace += 1;
}
