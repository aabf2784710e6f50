/** Pure: which entries a quarantine list does not take, each refused by name. */
import type { QuarantineEntry } from "#proto/quarantine.ts";
import type { Limits } from "#shared/limits.ts";
import { parsePattern } from "#shared/pattern/text-pattern.ts";
import { isPatternKey } from "./quarantine.ts";

const DAY_MS = 24 * 3_600_000;

export type ListBounds = {
  readonly limits: Pick<Limits, "quarantineMax" | "quarantineMsMax">;
  readonly nowWallMs: number;
};

/** @param entries What is to be put on the list. @param keys The keys that are on it. @returns A sentence each; none when all is well. */
export function refuseEntries(
  entries: readonly QuarantineEntry[],
  keys: ReadonlySet<string>,
  { limits, nowWallMs }: ListBounds,
): string[] {
  const refusals = entries.flatMap((entry) => refuseEntry(entry, { limits, nowWallMs }) ?? []);
  const count = new Set([...keys, ...entries.map(({ key }) => key)]).size;
  if (count > limits.quarantineMax)
    refusals.push(
      `Cannot quarantine ${count} tests: the list has at most ${limits.quarantineMax} entries (quarantineMax); mend or remove some`,
    );
  return refusals;
}

function refuseEntry(
  { key, expiresAt }: QuarantineEntry,
  { limits, nowWallMs }: ListBounds,
): string | undefined {
  const aheadMs = Date.parse(expiresAt) - nowWallMs;
  if (aheadMs > limits.quarantineMsMax)
    return `Cannot quarantine ${key} until ${expiresAt}: an entry expires after at most ${Math.round(limits.quarantineMsMax / DAY_MS)} days, this one after ${Math.ceil(aheadMs / DAY_MS)}`;
  if (!isPatternKey(key)) return undefined;
  const pattern = parsePattern(key);
  return typeof pattern === "string" ? `Cannot quarantine ${key}: ${pattern}` : undefined;
}
