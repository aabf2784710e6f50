/**
 * What the tests of one suite say of one another: which wait for which, and what holds how many. Checked when all of
 * them are expanded, since names and locks may differ by row and combination.
 */
import { GROUP_NEEDS_MAX, type TestDefinition } from "#proto/test.ts";
import { displayTemplate } from "#shared/template.ts";
import { adviceFor, type FaultLog, type Position } from "../reading/fault-log.ts";
import { entryOf, type Located } from "../reading/located.ts";
import { opennessOf, textOpenness } from "../reading/openness.ts";
import { findCircles, type Waiting } from "./wait-circles.ts";

/** A field as it was set for one test, filled in. */
export type FieldPlace = {
  readonly node: Located;
  /** It is that of `defaults`. */
  readonly isShared: boolean;
};

type Named = { readonly name: string; readonly at: Located };
type Limit = { readonly limit: number; readonly at: Position };

type Group = {
  readonly fanned: Position[];
  plainCount: number;
  /** Different needs of its tests. */
  readonly needs: Set<string>;
};
/** Unknown names that are told with the nearest right one. */
const ADVISED_MAX = 50;
/** Places that are told of one group. */
const FANNED_MAX = 20;

export class ScheduleBook {
  readonly #log: FaultLog;
  /** Names of tests as they are written, also of those that have no rows; without those that values make. */
  readonly #written: ReadonlySet<string>;
  readonly #tests: Waiting[] = [];
  readonly #limits = new Map<string, Limit>();
  readonly #groups = new Map<string, Group>();

  constructor(written: readonly string[], log: FaultLog) {
    const closed = written.filter((name) => textOpenness(name) === "closed");
    this.#written = new Set(closed.map(displayTemplate));
    this.#log = log;
  }

  /** Takes a test down, in the order of the file; `placeOf` says where its fields stand. */
  note(test: TestDefinition, placeOf: (field: string) => FieldPlace | undefined): void {
    const { schedule } = test;
    const { name } = test;
    if (schedule === undefined) {
      this.#tests.push({ name, after: [] });
      return;
    }
    const named = namedIn(placeOf("after")?.node).filter((one) => opennessOf(one.at) !== "static");
    const waited = new Set(schedule.after);
    const after = named.filter((one) => waited.has(one.name));
    for (const { at } of after.filter((one) => one.name === name))
      this.#log.error(
        at,
        `Expected another test, found ${JSON.stringify(name)}: no test can wait for itself`,
      );
    this.#tests.push({
      name,
      after: after.filter((one) => one.name !== name),
      group: schedule.group?.name,
    });
    this.#noteGroup(test, {
      each: placeOf("each")?.node,
      other: placeOf("needs")?.node ?? placeOf("group")?.node ?? { line: test.line, column: 1 },
    });
    this.#noteLocks(test, namedIn(placeOf("locks")?.node));
  }

  #noteGroup(
    { schedule, platform, needs }: TestDefinition,
    { each, other }: { readonly each: Position | undefined; readonly other: Position },
  ): void {
    const name = schedule?.group?.name;
    if (name === undefined) return;
    const group = this.#groups.get(name) ?? { fanned: [], plainCount: 0, needs: new Set() };
    this.#groups.set(name, group);
    const isFanned = schedule?.each !== undefined && each !== undefined;
    if (!isFanned) group.plainCount += 1;
    else if (group.fanned.length < FANNED_MAX) group.fanned.push(each);
    // All of it runs on one node, which each of its tests asks for.
    group.needs.add(JSON.stringify([platform, needs]));
    if (group.needs.size > GROUP_NEEDS_MAX)
      this.#log.error(
        other,
        `Expected at most ${GROUP_NEEDS_MAX} different needs in a group, found more in ${JSON.stringify(name)}`,
      );
  }

  /** A fan-out makes a group of its own for each node, so all tests of a group take part, or none. */
  #tellFanOuts(): void {
    for (const [group, { fanned, plainCount }] of this.#groups)
      for (const at of plainCount === 0 ? [] : fanned)
        this.#log.error(
          at,
          `Expected "each" on all tests of a group or on none, found ${plainCount} without it in ${JSON.stringify(group)}`,
        );
  }

  #noteLocks({ schedule }: TestDefinition, named: readonly Named[]): void {
    for (const { name, limit } of schedule?.locks ?? []) {
      const at = named.find((one) => one.name === name)?.at;
      const known = this.#limits.get(name);
      if (at === undefined) continue;
      if (known === undefined) this.#limits.set(name, { limit, at });
      else if (known.limit !== limit) this.#tellLimits(name, known, { limit, at });
    }
  }

  /** Told at the later of the two places. */
  #tellLimits(name: string, one: Limit, other: Limit): void {
    const isLater =
      one.at.line > other.at.line ||
      (one.at.line === other.at.line && one.at.column > other.at.column);
    const [first, second] = isLater ? [other, one] : [one, other];
    this.#log.error(
      second.at,
      `Expected one limit of the lock ${JSON.stringify(name)} in a suite, found ${second.limit}: on line ${first.at.line} it is ${first.limit}`,
    );
  }

  /** Tells names that no test has and tests that wait for one another; once, when all tests are noted. */
  check(isEnvironmentRead: boolean): void {
    const names = new Set([...this.#written, ...this.#tests.map(({ name }) => name)]);
    // A name that the environment makes is not known yet; it is checked at the submit.
    const areNamesOpen =
      !isEnvironmentRead && this.#tests.some(({ name }) => textOpenness(name) === "static");
    if (!areNamesOpen) this.#tellUnknown([...names], names);
    this.#tellFanOuts();
    for (const { at, words } of findCircles(this.#tests))
      this.#log.error(at, `Expected no tests that wait for one another, found a circle: ${words}`);
  }

  /** One place may be that of thousands of tests, and to find the nearest of thousands of names takes its time. */
  #tellUnknown(words: readonly string[], names: ReadonlySet<string>): void {
    const unknown = new Map<Position, string>();
    for (const { after } of this.#tests)
      for (const { name, at } of after) if (!names.has(name)) unknown.set(at, name);
    for (const [index, [at, name]] of [...unknown].entries()) {
      if (this.#log.isFull) return;
      const advice = index < ADVISED_MAX ? adviceFor(name, words) : "no test here has that name";
      this.#log.error(at, `Unknown test ${JSON.stringify(name)} in "after": ${advice}`);
    }
  }
}

/** The names in a field that takes one, or a mapping with one, or a list of them. */
function namedIn(node: Located | undefined): readonly Named[] {
  if (node === undefined) return [];
  const known = read.get(node);
  if (known !== undefined) return known;
  const items = node.kind === "list" ? node.items : [node];
  const named = items.flatMap((at): Named[] => {
    const value = at.kind === "mapping" ? entryOf(at, "name")?.value : at;
    return value?.kind === "scalar" && typeof value.value === "string"
      ? [{ name: displayTemplate(value.value), at }]
      : [];
  });
  read.set(node, named);
  return named;
}

/** A field of `defaults` is that of every test. */
const read = new WeakMap<Located, readonly Named[]>();
