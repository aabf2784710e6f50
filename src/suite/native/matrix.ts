/** `matrix` of a suite or a test: lists of values by name, one test per combination. */
import type { Json } from "#proto/matcher.ts";
import type { Position } from "../reading/fault-log.ts";
import { describeFound, jsonOf, type Located, type LocatedEntry } from "../reading/located.ts";
import { opennessOf } from "../reading/openness.ts";
import { type Reading, refuse } from "../reading/shape.ts";
import { keyValueText } from "../test-key.ts";
import type { ValuesByName } from "./scope.ts";

/** Each is a choice of its own in every test. */
const NAMES_MAX = 100;
/** Fields of a test that no matrix can set, since they are what it multiplies. */
const REFUSED_NAMES = ["data", "matrix", "steps"];

export type Axis = {
  readonly name: string;
  readonly at: Position;
  readonly nodes: readonly Located[];
};

/** One choice of a value for each name. */
export type Combination = {
  readonly values: ValuesByName;
  readonly nodes: ReadonlyMap<string, Located>;
};

/** Reads a filled `matrix`; faulty names are left out, which the log then holds. */
export function readMatrix(node: Located | undefined, reading: Reading): readonly Axis[] {
  if (node === undefined) return [];
  if (node.kind !== "mapping") {
    refuse(
      node,
      "a mapping of names to lists of values such as { viewport: [desktop, phone] }",
      reading,
    );
    return [];
  }
  if (node.entries.length > NAMES_MAX) {
    const message = `Expected at most ${NAMES_MAX} names in a matrix, found ${node.entries.length}`;
    reading.log.error(node, message);
    return [];
  }
  return node.entries.flatMap((entry) => readAxis(entry, reading));
}

function readAxis(entry: LocatedEntry, reading: Reading): Axis[] {
  const { key, value } = entry;
  if (REFUSED_NAMES.includes(key)) {
    reading.log.error(
      entry.at,
      `Expected a name for values, found "${key}": a matrix cannot set that field of a test`,
    );
    return [];
  }
  // A list that comes from the environment is not known at load; one open value stands for it.
  if (opennessOf(value) === "static") return [{ name: key, at: entry.at, nodes: [value] }];
  if (value.kind !== "list" || value.items.length === 0) {
    refuse(value, `a list of at least one value for "${key}"`, reading);
    return [];
  }
  return [{ name: key, at: entry.at, nodes: distinctNodes(key, value.items, reading) }];
}

function distinctNodes(
  name: string,
  nodes: readonly Located[],
  reading: Reading,
): readonly Located[] {
  const distinct = new Map<string, Located>();
  for (const node of nodes) {
    const text = keyValueText(jsonOf(node));
    if (!distinct.has(text)) distinct.set(text, node);
    else
      reading.log.error(
        node,
        `Expected each value of "${name}" once, found ${describeFound(node)} again: both tests would have one key`,
      );
  }
  return [...distinct.values()];
}

/** How many combinations there are. */
export function combinationCount(axes: readonly Axis[]): number {
  return axes.reduce((count, axis) => count * axis.nodes.length, 1);
}

/** All combinations; the last name varies fastest. */
export function combinationsOf(axes: readonly Axis[]): readonly Combination[] {
  let combinations: { values: { [name: string]: Json }; nodes: Map<string, Located> }[] = [
    { values: {}, nodes: new Map() },
  ];
  for (const axis of axes) {
    combinations = combinations.flatMap(({ values, nodes }) =>
      axis.nodes.map((node) => ({
        values: Object.fromEntries([...Object.entries(values), [axis.name, jsonOf(node)]]),
        nodes: new Map([...nodes, [axis.name, node]]),
      })),
    );
  }
  return combinations;
}
