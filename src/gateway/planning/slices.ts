/**
 * Pure: static slices of a run for machines without a mesh between them (`--shard 2/4`). Every machine computes all
 * slices from the same tests and the same history, so each knows what the others have, and `merge` what is missing.
 *
 * What belongs together stays together: the tests of a group, those that wait for each other by `after`, and those of a
 * suite with a beforeAll or afterAll, which is once for all of them.
 */
import { createHash } from "node:crypto";
import type { TestDefinition } from "#proto/test.ts";
import { byCodeUnit } from "#suite/reading/order.ts";
import { medianOf } from "../history/estimate.ts";

export type SliceableTest = Pick<TestDefinition, "key" | "name" | "suite" | "schedule" | "skip"> & {
  /** What its history lets expect, milliseconds; undefined: nothing is known. */
  readonly expectedMs?: number | undefined;
};

/**
 * Splits tests into slices of about equal time: the longest first, each to the lightest slice (Graham 1969, LPT): the
 * longest slice of independent tests is at most 4/3 of the best possible. A test that nobody knows weighs what the
 * median of the known does, 1 when none is known; one that is skipped weighs nothing.
 *
 * @param tests Of distinct keys, in any order; the result does not depend on it.
 * @param count At least 1.
 * @returns Exactly `count` slices of keys, each sorted by code unit; some empty when there are fewer units than slices.
 */
export function planSlices(
  tests: readonly SliceableTest[],
  count: number,
): readonly (readonly string[])[] {
  const units = unitsOf(tests).toSorted(
    (a, b) => b.weight - a.weight || byCodeUnit(a.keys[0] ?? "", b.keys[0] ?? ""),
  );
  const slices = Array.from(
    { length: count },
    (_, index): Growing => ({ index, weight: 0, keys: [] }),
  );
  const heap = [...slices];
  for (const unit of units) {
    const [lightest] = heap;
    if (lightest === undefined) break;
    lightest.weight += unit.weight;
    lightest.keys.push(...unit.keys);
    sink(heap);
  }
  return slices.map(({ keys }) => keys.toSorted(byCodeUnit));
}

type Unit = { readonly weight: number; readonly keys: readonly string[] };
type Growing = { readonly index: number; weight: number; readonly keys: string[] };

/** Brings the first of the heap, which has grown, to its place: the lightest is the first then. */
function sink(heap: Growing[]): void {
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const below = isLighter(heap[right], heap[left]) ? right : left;
    const [grown, lighter] = [heap[at], heap[below]];
    if (grown === undefined || lighter === undefined || !isLighter(lighter, grown)) return;
    heap[at] = lighter;
    heap[below] = grown;
    at = below;
  }
}

/** Tests are spread also where none weighs anything. */
function isLighter(a: Growing | undefined, b: Growing | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.weight !== b.weight) return a.weight < b.weight;
  return a.keys.length === b.keys.length ? a.index < b.index : a.keys.length < b.keys.length;
}

/** Equal for slicings that are equal. @returns sha256, hexadecimal. */
export function slicingSha256(slices: readonly (readonly string[])[]): string {
  return createHash("sha256").update(JSON.stringify(slices)).digest("hex");
}

/** What slices that belong together have in common before they are cut: the build, the count, the tests. */
export function slicingName(of: {
  readonly build?: string | undefined;
  readonly count: number;
  /** In any order. */
  readonly keys: readonly string[];
}): string {
  const text = JSON.stringify([of.build ?? "", of.count, of.keys.toSorted(byCodeUnit)]);
  return createHash("sha256").update(text).digest("hex");
}

/** Sets of tests that must not be torn apart, each with its keys in order. */
function unitsOf(tests: readonly SliceableTest[]): readonly Unit[] {
  const sorted = tests.toSorted((a, b) => byCodeUnit(a.key, b.key));
  const known = sorted.flatMap(({ expectedMs }) => expectedMs ?? []);
  const unknownMs = known.length === 0 ? 1 : medianOf(known);
  const weights = new Map(
    sorted.map(({ key, expectedMs, skip }) => [
      key,
      skip === undefined ? (expectedMs ?? unknownMs) : 0,
    ]),
  );
  const joined = joinTests(sorted);
  return [...Map.groupBy(sorted, ({ key }) => joined.rootOf(key)).values()].map((members) => ({
    keys: members.map(({ key }) => key),
    weight: members.reduce((sum, { key }) => sum + (weights.get(key) ?? 0), 0),
  }));
}

/** Tests of one group, and tests with those they come after, end up under one root. */
function joinTests(tests: readonly SliceableTest[]): Union {
  const union = new Union();
  const named = new Map<string, string>();
  const join = (place: readonly string[], key: string): void => {
    const text = JSON.stringify(place);
    const first = named.get(text);
    if (first === undefined) named.set(text, key);
    else union.join(first, key);
  };
  const awaited = new Set(
    tests.flatMap(({ suite, schedule }) =>
      (schedule?.after ?? []).map((name) => JSON.stringify(["after", suite, name])),
    ),
  );
  const framed = new Set(
    tests.filter(({ schedule }) => schedule?.role !== undefined).map(({ suite }) => suite),
  );
  for (const { key, name, suite, schedule } of tests) {
    if (framed.has(suite)) join(["suite", suite], key);
    if (schedule?.group !== undefined) join(["group", suite, schedule.group.name], key);
    for (const before of schedule?.after ?? []) join(["after", suite, before], key);
    const own = ["after", suite, name];
    if (awaited.has(JSON.stringify(own))) join(own, key);
  }
  return union;
}

/** Disjoint sets of keys, found by a root. */
class Union {
  readonly #parents = new Map<string, string>();

  rootOf(key: string): string {
    let root = key;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root))
      root = next;
    if (root !== key) this.#parents.set(key, root);
    return root;
  }

  join(a: string, b: string): void {
    const [first, second] = [this.rootOf(a), this.rootOf(b)];
    if (first !== second) this.#parents.set(second, first);
  }
}
