/** Reads the entries of a suite's root: what is no mapping or no list where one is due is told. */
import { adviceFor } from "../reading/fault-log.ts";
import {
  describeFound,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import type { Reading } from "../reading/shape.ts";

/** Tells a key that a mapping does not have, with the nearest that it has. */
export function tellUnlessKnown(
  entry: LocatedEntry,
  place: { readonly what: string; readonly known: readonly string[] },
  reading: Reading,
): void {
  if (place.known.includes(entry.key)) return;
  reading.log.error(
    entry.at,
    `Unknown key ${JSON.stringify(entry.key)} in ${place.what}: ${adviceFor(entry.key, place.known)}`,
  );
}

/** The mapping behind a key; undefined when there is none. */
export function mappingOf(
  entry: LocatedEntry | undefined,
  expected: string,
  reading: Reading,
): LocatedMapping | undefined {
  if (entry === undefined) return undefined;
  if (entry.value.kind === "mapping") return entry.value;
  reading.log.error(entry.value, `Expected ${expected}, found ${describeFound(entry.value)}`);
  return undefined;
}

/** The items of the list behind a key; none when there is none. */
export function listOf(
  entry: LocatedEntry | undefined,
  expected: string,
  reading: Reading,
): readonly Located[] {
  if (entry === undefined) return [];
  if (entry.value.kind === "list") return entry.value.items;
  reading.log.error(entry.value, `Expected ${expected}, found ${describeFound(entry.value)}`);
  return [];
}
