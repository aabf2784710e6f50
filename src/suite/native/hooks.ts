/** Steps around each test, and before and after all tests of a suite: a list for every platform, or a list each. */
import type { Platform } from "#proto/test.ts";
import type { Position } from "../reading/fault-log.ts";
import { entryOf, type Located, type LocatedEntry } from "../reading/located.ts";
import type { Reading } from "../reading/shape.ts";
import { listOf, tellUnlessKnown } from "./root-entries.ts";

/** `isPlain`: one list for every platform, whose steps each must have. */
export type Hook = {
  readonly isPlain: boolean;
  readonly steps: Readonly<Record<Platform, readonly Located[]>>;
  /** Where it stands; undefined: the suite has none. */
  readonly at: Position | undefined;
};

/** Reads one; without an entry it has no steps. */
export function readHook(entry: LocatedEntry | undefined, reading: Reading): Hook {
  const expected = "a list of steps, or { web: […], http: […] }";
  const value = entry?.value;
  if (value?.kind !== "mapping") {
    const steps = listOf(entry, expected, reading);
    return { isPlain: true, steps: { web: steps, http: steps }, at: entry?.at };
  }
  for (const one of value.entries)
    tellUnlessKnown(one, { what: entry?.key ?? "", known: ["web", "http"] }, reading);
  const stepsFor = (platform: Platform): readonly Located[] =>
    listOf(entryOf(value, platform), "a list of steps", reading);
  return {
    isPlain: false,
    steps: { web: stepsFor("web"), http: stepsFor("http") },
    at: entry?.at,
  };
}
