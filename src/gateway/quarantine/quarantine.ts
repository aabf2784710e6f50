/**
 * Pure: the quarantine list that held when a run was created, and what it says of the run's tests. It excuses failures
 * (and, where these fail a run, flaky tests); a lost test stays lost, since nothing is known of it.
 */
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { TestDefinition } from "#proto/test.ts";
import { parsePattern, type TextPattern } from "#shared/pattern/text-pattern.ts";

type Named = Pick<TestDefinition, "key" | "historyKey">;

export type Quarantine = {
  /** All that was on the list, expired or not. */
  readonly entries: readonly QuarantineEntry[];
  /** The entry that holds for a test. */
  readonly find: (test: Named) => QuarantineEntry | undefined;
};

/** Whether a key is written as a pattern: between slashes, perhaps with flags. */
export function isPatternKey(key: string): boolean {
  return /^\/.+\/[a-z]*$/s.test(key);
}

/** @param wallMs When the run was created: what had expired by then does not count. */
export function createQuarantine(entries: readonly QuarantineEntry[], wallMs: number): Quarantine {
  const valid = entries.filter((entry) => !isExpired(entry, wallMs));
  return { entries, find: createFinder(valid) };
}

/** What had expired by then and would have held for one of the tests: a sentence each. */
export function expiredWarnings(
  entries: readonly QuarantineEntry[],
  tests: readonly Named[],
  wallMs: number,
): string[] {
  return entries
    .filter((entry) => isExpired(entry, wallMs))
    .filter((entry) => tests.some(createFinder([entry])))
    .map(
      ({ key, owner, expiresAt, reason }) =>
        `The quarantine of ${key} has expired (${expiresAt}, owner ${owner}: ${reason}): its failures fail the run; mend it, or quarantine it anew`,
    );
}

function isExpired({ expiresAt }: QuarantineEntry, wallMs: number): boolean {
  return Date.parse(expiresAt) <= wallMs;
}

/** By the key, or by the name of the history: an entry of a test is one of its repetitions, too. */
function createFinder(
  entries: readonly QuarantineEntry[],
): (test: Named) => QuarantineEntry | undefined {
  const exact = new Map(entries.map((entry) => [entry.key, entry]));
  const patterns = entries.flatMap((entry) => {
    const pattern = patternOf(entry);
    return pattern === undefined ? [] : [{ entry, pattern }];
  });
  return ({ key, historyKey = key }) =>
    exact.get(key) ??
    exact.get(historyKey) ??
    patterns.find(({ pattern }) => pattern.test(key) === true)?.entry;
}

function patternOf({ key }: QuarantineEntry): TextPattern | undefined {
  if (!isPatternKey(key)) return undefined;
  const pattern = parsePattern(key);
  return typeof pattern === "string" ? undefined : pattern; // Refused when it was put there.
}
